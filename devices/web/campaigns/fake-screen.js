/**
 * A screen that is none: draws what it is handed by the page around it with the same parts and styles as the real
 * page of its class, at the same size. It has no line and no password, and nothing on it can be pressed.
 */

import { board } from "/web/boards.js";
import { el } from "/web/element.js";
import { tiles } from "/web/kiosk-views.js";
import { useMoney } from "/web/money.js";
import { personCard } from "/web/tablet-card.js";
import { strip } from "/web/till-strip.js";
import { LANGUAGES } from "/web/words.js";

/** So that the card's line does not run down before one has looked. */
const LONG_MS = 86_400_000;
const nothing = () => {};

/** Class of device -> its style, and how its page draws a show. */
const SURFACES = {
  display: (show) => [el("main", { class: "stage" }, el("header", { class: "head" }, el("h1", {}, "In the store")), el("div", { class: "board", data: { count: show.items.length } }, board(show.items, 0)))],
  kiosk: (show, locale) => [el("header", { class: "top" }), el("main", { id: "view" }, tiles(LANGUAGES[locale] ?? LANGUAGES.en, { show, mine: false }, { react: nothing, stop: nothing, codeOf: () => null }))],
  tablet: (show) => [el("main", {}, el("ul", { class: "people" }, personCard({ ...show, slots: { greeting: "Quiet Otter", method: "app_beacon", zone: "entrance" } }, LONG_MS, nothing)))],
  till: (show) => [el("main", {}, el("section", { class: "basket" }, el("section", { class: "addons" }, strip(show, nothing))))],
};

const surface = new URLSearchParams(location.search).get("surface");
if (surface in SURFACES) {
  document.head.append(el("link", { rel: "stylesheet", href: `/web/${surface}.css` }));
  document.body.className = `${surface} fake`;
  document.body.inert = true;
  addEventListener("message", ({ origin, source, data }) => {
    if (origin !== location.origin || source !== parent) return;
    useMoney(data.money);
    document.body.replaceChildren(...(data.show === null ? [] : SURFACES[surface](data.show, data.locale)));
  });
  parent.postMessage({ ready: surface }, location.origin);
}
