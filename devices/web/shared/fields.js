/**
 * The fields of a form. Each writes what is typed straight into the record it belongs to (`owner[key]`, in the wire's
 * own names and units) and says that something changed; labels, hints and faults belong to their field by id.
 */

import { el } from "/web/element.js";
import { amountOf, step, typed } from "/web/money.js";

/** A field with its label and hint around any control; `name` is the control's id. */
export function labelled(label, name, control, hint = null) {
  control.id = name;
  if (hint !== null) control.setAttribute("aria-describedby", `${name}-hint`);
  return el("div", { class: "entry" }, el("label", { for: name }, label), control, hint === null ? null : el("p", { class: "quiet small", id: `${name}-hint` }, hint));
}

/** A line of words. An optional one that is emptied is left out. */
export function words({ label, name, owner, key, changed, hint = null, optional = false, ...more }) {
  const field = el("input", { class: "field", type: "text", autocomplete: "off", ...more, value: owner[key] ?? "" });
  field.addEventListener("input", () => put(owner, key, optional && field.value === "" ? null : field.value, changed));
  return labelled(label, name, field, hint);
}

/** A whole number between `min` and `max`, or none. */
export function count({ label, name, owner, key, changed, hint = null, ...more }) {
  const field = el("input", { class: "field short", type: "number", inputmode: "numeric", step: 1, ...more, value: owner[key] ?? "" });
  field.addEventListener("input", () => put(owner, key, field.value === "" ? null : Math.round(Number(field.value)), changed));
  return labelled(label, name, field, hint);
}

/** An amount: typed in whole units with the currency's decimals, kept in its smallest units. */
export function amount({ label, name, owner, key, changed, hint = null, optional = false }) {
  const shown = Number.isFinite(owner[key]) ? typed(owner[key]) : "";
  const field = el("input", { class: "field short", type: "number", inputmode: "decimal", min: 0, step: step(), value: shown });
  field.addEventListener("input", () => put(owner, key, field.value === "" ? (optional ? null : 0) : amountOf(field.value), changed));
  return labelled(label, name, field, hint);
}

/** One of `options`, pairs of value and words, from a menu; the empty value is none. */
export function menu({ label, name, owner, key, options, changed, hint = null, take = (value) => value }) {
  const field = el("select", { class: "field" }, options.map(([value, says]) => el("option", { value, selected: String(value) === String(owner[key] ?? "") }, says)));
  field.addEventListener("change", () => put(owner, key, field.value === "" ? null : take(field.value), changed));
  return labelled(label, name, field, hint);
}

/** One of a few, all to be seen. */
export function radios({ label, name, owner, key, options, changed }) {
  return el("fieldset", { class: "entry" }, el("legend", {}, label), el("div", { class: "pills" }, options.map(([value, says]) =>
    pill("radio", `${name}-${value}`, name, owner[key] === value, says, () => put(owner, key, value, changed)))));
}

/** Any of a few; what is picked stays in the order of `options`. */
export function checks({ label, name, owner, key, options, changed }) {
  const flip = (value, on) => {
    const kept = new Set(owner[key] ?? []);
    kept[on ? "add" : "delete"](value);
    put(owner, key, options.map(([one]) => one).filter((one) => kept.has(one)), changed);
  };
  return el("fieldset", { class: "entry" }, el("legend", {}, label), el("div", { class: "pills" }, options.map(([value, says]) =>
    pill("checkbox", `${name}-${value}`, name, (owner[key] ?? []).includes(value), says, (box) => flip(value, box.checked)))));
}

/** A number on a slide, with its value beside it. */
export function slider({ label, name, owner, key, min, max, unit, changed, hint = null }) {
  const told = el("output", { for: name }, `${owner[key]} ${unit}`);
  const field = el("input", { type: "range", min: Math.min(min, owner[key]), max: Math.max(max, owner[key]), step: 1, value: owner[key] });
  field.addEventListener("input", () => {
    told.textContent = `${field.value} ${unit}`;
    put(owner, key, Number(field.value), changed);
  });
  const entry = labelled(label, name, field, hint);
  field.after(told);
  entry.classList.add("sliding");
  return entry;
}

function pill(type, id, group, checked, says, picked) {
  const box = el("input", { type, id, name: group, checked });
  box.addEventListener("change", () => picked(box));
  return el("label", { class: "choice", for: id }, box, el("span", {}, says));
}

function put(owner, key, value, changed) {
  if (value === null) delete owner[key];
  else owner[key] = value;
  changed(key);
}
