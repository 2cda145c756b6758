/**
 * Money as people read it. Amounts arrive in the currency's smallest units (names keep `cents`); how many digits stand
 * behind the point comes with the currency and the language, in `hello` or in the overview: never a guess by a language.
 */

import { el } from "/web/element.js";

let [currency, exponent, locale] = ["USD", 2, "en-US"];

/** Sets what all prices of this page are written in. Unknown values leave the old ones. */
export function useMoney({ currency: nextCurrency, currency_exponent: nextExponent, locale: nextLocale }) {
  try {
    format(nextCurrency, nextExponent, nextLocale);
    [currency, exponent, locale] = [nextCurrency, nextExponent, nextLocale];
  } catch {
    // A wrong code must not take the prices off a screen.
  }
}

/** What prices are written in now, for a frame that shows the same screen. */
export function moneyInUse() {
  return { currency, currency_exponent: exponent, locale };
}

/** `399` -> `$3.99`; `98` yen -> `¥98`. */
export function money(cents) {
  return format().format(whole(cents));
}

/** An amount as it is typed into a field, in whole units: `399` -> `3.99`. */
export function typed(cents) {
  return whole(cents);
}

/** What was typed, as an amount: `3.99` -> `399`; nothing smaller than the smallest unit. */
export function amountOf(text) {
  return Number(Number(text).toFixed(exponent).replace(".", "")) || 0;
}

/** The step of a field for amounts: `0.01`, for yen `1`. */
export function step() {
  return whole(1);
}

/** Which class of big type each part of a written amount gets; spaces get none and are left out. */
const TYPE = { currency: "sign", minusSign: "whole", integer: "whole", group: "whole", decimal: "dot", fraction: "cents" };

/** `399` -> `[["sign", "$"], ["whole", "3"], ["dot", "."], ["cents", "99"]]`, in the order of the language. */
export function moneyParts(cents) {
  return format().formatToParts(whole(cents)).filter(({ type }) => type in TYPE).map(({ type, value }) => [TYPE[type], value]);
}

/** `<price-tag cents="399" was="449">`: big units, raised cents, the price before crossed out; copied as one price. */
export class PriceTag extends HTMLElement {
  static observedAttributes = ["cents", "was"];

  attributeChangedCallback() {
    const cents = Number(this.getAttribute("cents"));
    const parts = Number.isFinite(cents) ? moneyParts(cents) : [];
    const was = this.getAttribute("was");
    const before = was === null ? [] : [el("s", { class: "was" }, money(Number(was)))];
    this.replaceChildren(...before, ...parts.map(([kind, text]) => el("span", { class: kind }, text)));
  }
}
customElements.define("price-tag", PriceTag);

/** The price tag of something shown: what it costs now, and before where an offer takes off it; nothing without a price. */
export function priceTag({ price_cents: cents, was_cents: was }) {
  return Number.isFinite(cents) ? el("price-tag", { cents, was }) : null;
}

/** The amount in whole units, in plain digits: the point is moved, never divided by. A mean keeps its fraction. */
function whole(cents) {
  const [, sign, digits, rest = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(Number.isInteger(cents) ? String(cents) : Number(cents).toFixed(4)) ?? [null, "", "0"];
  const padded = digits.padStart(exponent + 1, "0");
  const [units, fraction] = [padded.slice(0, padded.length - exponent), padded.slice(padded.length - exponent) + rest];
  return `${sign}${units}${fraction === "" ? "" : `.${fraction}`}`;
}

function format(inCurrency = currency, digits = exponent, inLocale = locale) {
  return new Intl.NumberFormat(inLocale, { style: "currency", currency: inCurrency, minimumFractionDigits: digits, maximumFractionDigits: digits });
}
