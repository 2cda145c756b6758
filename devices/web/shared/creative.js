/** The modules of an offer's creative on any page: its own picture where it can be had, its words, code and small print. */

import { el, picture } from "/web/element.js";

const HASH = /^[0-9a-f]{64}$/;

/** The creative's picture; the aisle's own where there is none, or where it cannot be loaded: never a gap. */
export function pictureOf(item, aisle) {
  if (!HASH.test(item.image ?? "")) return picture(aisle);
  const photo = el("img", { class: "picture photo", src: `/assets/${item.image}`, alt: "", decoding: "async" });
  photo.addEventListener("error", () => photo.replaceWith(picture(aisle)), { once: true });
  return photo;
}

/** The creative's line of text, if it has one. */
export function pitch(item) {
  return item.text ? el("p", { class: "pitch" }, item.text) : null;
}

/** The code to show at the till and the disclaimer, as far as there are any. */
export function smallPrint(item) {
  const code = item.code ? el("p", { class: "code" }, "Code ", el("strong", {}, item.code)) : null;
  const disclaimer = item.disclaimer ? el("p", { class: "disclaimer" }, item.disclaimer) : null;
  return [code, disclaimer].filter(Boolean);
}
