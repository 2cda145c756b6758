/** The attract loop: one product after another, silent, and paused by one button or by the wish for less motion. */

import { aisleOf, nameAndSize } from "/web/aisle.js";
import { el, icon, picture } from "/web/element.js";
import { priceTag } from "/web/money.js";

const TURN_MS = 6_000;

let running = 0;
/** Which product is in front; kept when the page is drawn anew. */
let at = 0;
let paused = matchMedia("(prefers-reduced-motion: reduce)").matches;

/** The loop over `items`, or a plain basket without any. */
export function attractLoop(say, items) {
  clearInterval(running);
  const frame = el("div", { class: "frame" });
  const show = () => frame.replaceChildren(items.length === 0 ? card("basket") : product(items[at % items.length]));
  const turn = () => {
    at += 1;
    show();
  };
  const button = el("button", { class: "button hold", type: "button" });
  const label = () => {
    button.replaceChildren(icon(paused ? "play" : "pause"));
    button.setAttribute("aria-label", paused ? say.play : say.pause);
  };
  const run = () => {
    clearInterval(running);
    if (!paused && items.length > 1) running = setInterval(() => (frame.isConnected ? turn() : clearInterval(running)), TURN_MS);
  };
  button.addEventListener("click", () => {
    paused = !paused;
    label();
    run();
  });
  show();
  label();
  run();
  return el("div", { class: "loop" }, frame, items.length > 1 ? button : null);
}

function product(item) {
  const [name, size] = nameAndSize(item.headline);
  return card(aisleOf(item.headline), el("div", { class: "words" },
    el("p", { class: "reason" }, item.badge ?? item.reason), el("h2", {}, name), size ? el("p", { class: "size" }, size) : null, priceTag(item)));
}

function card(aisle, words = null) {
  return el("div", { class: `slide aisle aisle-${aisle}` }, picture(aisle), words);
}
