/** Shows over everything which device this is, for whoever stands in the aisle and has to find it. */

import { el } from "/web/element.js";

const SHOWN_MS = 10_000;

/** Covers the page with `name` for ten seconds. */
export function showName(name) {
  const plate = el("div", { class: "nameplate", role: "status" }, name);
  document.body.append(plate);
  setTimeout(() => plate.remove(), SHOWN_MS);
}
