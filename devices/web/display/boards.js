/** What a public board looks like: one offer in front, the others beside it; and the house's own board. */

import { aisleOf, nameAndSize } from "/web/aisle.js";
import { pictureOf, pitch, smallPrint } from "/web/creative.js";
import { el, picture } from "/web/element.js";
import { priceTag } from "/web/money.js";

/** Names longer than this get smaller type and a narrower column, clear of the picture. */
const LONG = 14;
/** More than this beside the leading offer would be too small to read from the aisle. */
const BESIDE = 2;

/** The elements of a board with `items[turn]` in front. */
export function board(items, turn) {
  const order = [...items.slice(turn), ...items.slice(0, turn)].slice(0, 1 + BESIDE);
  return order.map((item, at) => offer(item, at === 0 ? "lead" : "side"));
}

const GREETINGS = { morning: "Good morning.", midday: "Good day.", afternoon: "Good afternoon.", evening: "Good evening.", night: "Good evening." };

/** What a board without an offer is headed with. */
export function greeting(daypart) {
  return GREETINGS[daypart] ?? "Welcome.";
}

/** Without any offer: what this store buys now, as far as it is known. */
export function houseBoard({ trending = [] }) {
  const popular = trending.slice(0, 4).map((item) => el("li", {}, item.headline));
  return [
    el("article", { class: "offer lead aisle aisle-basket" },
      el("span", { class: "ring" }), picture("basket"),
      el("p", { class: "reason" }, "In this store"),
      el("div", { class: "words" },
        el("h2", {}, popular.length > 0 ? "Popular today" : "Come on in"),
        popular.length > 0 ? el("ul", { class: "list" }, popular) : null,
      )),
  ];
}

function offer(item, place) {
  const aisle = aisleOf(item.headline);
  const [name, size] = nameAndSize(item.headline);
  return el("article", { class: `offer ${place} aisle aisle-${aisle}`, data: { item: item.item_id, long: name.length > LONG } },
    place === "lead" ? el("span", { class: "ring" }) : null,
    pictureOf(item, aisle),
    el("p", { class: "reason" }, item.reason),
    item.badge ? el("p", { class: "badge" }, item.badge) : null,
    el("div", { class: "words" }, el("h2", {}, name), size ? el("p", { class: "size" }, size) : null, pitch(item), priceTag(item), smallPrint(item)),
  );
}
