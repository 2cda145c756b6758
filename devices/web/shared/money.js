/** Money as people read it. Amounts arrive as whole cents; the currency and language come with `hello`. */

import { el } from "/web/element.js";

let currency = "USD";
let locale = "en-US";

/** Sets what all prices of this page are written in. Unknown values leave the old ones. */
export function useMoney(nextCurrency, nextLocale) {
  try {
    new Intl.NumberFormat(nextLocale, { style: "currency", currency: nextCurrency });
    [currency, locale] = [nextCurrency, nextLocale];
  } catch {
    // A wrong code must not take the prices off a screen.
  }
}

/** `399` -> `$3.99`. */
export function money(cents) {
  return format().format(cents / 100);
}

/** Which class of big type each part of a written amount gets; spaces get none and are left out. */
const TYPE = { currency: "sign", minusSign: "whole", integer: "whole", group: "whole", decimal: "dot", fraction: "cents" };

/** `399` -> `[["sign", "$"], ["whole", "3"], ["dot", "."], ["cents", "99"]]`, in the order of the language. */
export function moneyParts(cents) {
  return format().formatToParts(cents / 100).filter(({ type }) => type in TYPE).map(({ type, value }) => [TYPE[type], value]);
}

/** `<price-tag cents="399">`: big units, raised cents; read aloud and copied as one price. */
export class PriceTag extends HTMLElement {
  static observedAttributes = ["cents"];

  attributeChangedCallback() {
    const cents = Number(this.getAttribute("cents"));
    const parts = Number.isFinite(cents) ? moneyParts(cents) : [];
    this.replaceChildren(...parts.map(([kind, text]) => el("span", { class: kind }, text)));
  }
}
customElements.define("price-tag", PriceTag);

/** A price tag, or nothing where the message has no price. */
export function priceTag(cents) {
  return Number.isFinite(cents) ? el("price-tag", { cents }) : null;
}

function format() {
  return new Intl.NumberFormat(locale, { style: "currency", currency });
}
