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

/** `399` -> its parts `{sign, whole, dot, cents}` for big type. */
export function moneyParts(cents) {
  const parts = format().formatToParts(cents / 100);
  const of = (...types) => parts.filter((part) => types.includes(part.type)).map((part) => part.value).join("");
  return { sign: of("currency"), whole: of("minusSign", "integer", "group"), dot: of("decimal"), cents: of("fraction") };
}

/** `<price-tag cents="399">`: big units, raised cents; read aloud and copied as one price. */
export class PriceTag extends HTMLElement {
  static observedAttributes = ["cents"];

  attributeChangedCallback() {
    const cents = Number(this.getAttribute("cents"));
    if (!Number.isFinite(cents)) return this.replaceChildren();
    const part = moneyParts(cents);
    this.replaceChildren(
      el("span", { class: "sign" }, part.sign),
      el("span", {}, part.whole),
      el("span", { class: "dot" }, part.dot),
      el("span", { class: "cents" }, part.cents),
    );
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
