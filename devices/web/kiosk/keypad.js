/** Keys on the glass: digits, or letters for an e-mail address. They type into a field, as a keyboard also may. */

import { el, icon } from "/web/element.js";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const LETTERS = ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm._@"];

/** A pad of `kind` "digits" or "letters" that writes into `field`. */
export function keypad(say, kind, field) {
  const typed = (text) => key(text, text, () => insert(field, text));
  const erase = key(icon("delete"), say.erase, () => change(field, field.value.slice(0, -1)));
  const clear = key(say.clear, say.clear, () => change(field, ""), "wide");
  const keys = kind === "digits"
    ? [...DIGITS.map(typed), clear, typed("0"), erase]
    : [...LETTERS.flatMap((row) => [...row].map(typed)), clear, key(".com", ".com", () => insert(field, ".com"), "wide"), erase];
  return el("div", { class: `pad ${kind}` }, keys);
}

function key(face, label, click, size = null) {
  return el("button", { class: size === null ? "key" : `key ${size}`, type: "button", "aria-label": label, on: { click } }, face);
}

function insert(field, text) {
  if (field.value.length + text.length <= field.maxLength) change(field, field.value + text);
}

function change(field, value) {
  field.value = value;
  field.focus();
}
