/** The suggestions beside a sale: what goes with the basket, each one press away from it. */

import { aisleOf } from "/web/aisle.js";
import { pictureOf } from "/web/creative.js";
import { el } from "/web/element.js";
import { priceTag } from "/web/money.js";
import { nudges } from "/web/nudges.js";

/** The elements of `show`; `accept(item)` is called with what is pressed. */
export function strip(show, accept) {
  const items = show.items.length === 0 ? [] : [el("h3", {}, show.slots?.title ?? "Before you pay"), el("ul", {}, show.items.map((item) => el("li", {}, addon(item, accept))))];
  return [...nudges(show), ...items];
}

function addon(item, accept) {
  const aisle = aisleOf(item.headline);
  return el("button", { class: "addon", type: "button", on: { click: () => accept(item) } },
    el("span", { class: `thumb aisle aisle-${aisle}` }, pictureOf(item, aisle)),
    el("span", { class: "words" }, el("strong", {}, item.headline), el("span", { class: "quiet" }, item.badge ?? item.reason)), priceTag(item));
}
