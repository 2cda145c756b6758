/** What offers take off a basket: the store grants them, the till takes them off and says so in a line. */

import { el, icon } from "/web/element.js";
import { money } from "/web/money.js";

/** The money that `discount` takes off `cents`: the item's price, or the basket's sum. Never more than that. */
export function offOf(discount, cents) {
  const most = Math.min(cents, discount.max ?? cents);
  const wanted = { amount: discount.amount, percent: Math.floor((cents * discount.amount + 50) / 100), price: cents - discount.amount }[discount.kind] ?? 0;
  return Math.max(0, Math.min(wanted, most));
}

/** The row that an offer on an item takes something off. */
function rowOf(basket, offer) {
  return offer.discount.per === "item" ? basket.lines.find((row) => row.sku === offer.item) : undefined;
}

/** What a granted offer takes off the basket as it stands; nothing while its item is not there. */
export function taken(basket, offer) {
  if (offer.discount.per === "basket") return offOf(offer.discount, subtotal(basket));
  const row = rowOf(basket, offer);
  return row === undefined ? 0 : offOf(offer.discount, row.price_cents);
}

/** What the lines come to before any offer. */
export function subtotal(basket) {
  return basket.lines.reduce((sum, row) => sum + row.price_cents * row.quantity, 0);
}

/** What is to be paid. */
export function total(basket) {
  return basket.offers.reduce((sum, offer) => sum - taken(basket, offer), subtotal(basket));
}

/** The discounts of one row, or of the basket without one, as they go with the paid sale. */
export function discountsOf(basket, row = undefined) {
  return basket.offers
    .filter((offer) => (row === undefined ? offer.discount.per === "basket" : rowOf(basket, offer) === row) && taken(basket, offer) > 0)
    .map((offer) => ({ kind: "amount", amount: taken(basket, offer), offer_id: offer.discount.offer_id }));
}

/** The line of a granted offer; `putBack(offer)` is called when the cashier takes it out again. */
export function offerLine(basket, offer, putBack) {
  const words = saying(offer);
  return el("li", { class: "discount" },
    el("span", { class: "what" }, words), el("span", { class: "sum" }, money(-taken(basket, offer))),
    el("button", { class: "less", type: "button", "aria-label": `Put back: ${words}`, on: { click: () => putBack(offer) } }, icon("minus")));
}

function saying({ discount, badge }) {
  const kinds = { percent: `${discount.amount}% off`, points: `${discount.amount} points`, gift: "A gift with it" };
  return [badge ?? kinds[discount.kind] ?? "Offer", discount.code].filter(Boolean).join(" · ");
}
