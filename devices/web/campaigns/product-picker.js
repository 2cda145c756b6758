/** Finds products by their words and puts them on an offer; what is on it stands below, each with a way off. */

import { el, icon } from "/web/element.js";
import { money } from "/web/money.js";

/** Typing comes in bursts; the store is asked when it pauses. */
const PAUSE_MS = 250;
/** An offer of a whole department names hundreds: the first of them tell which it is. */
const SHOWN = 12;

/** Names of products by number, so that a form that is drawn anew need not ask again. */
const names = new Map();

/** The picker for `offer`; `picked(product)` after each change, with what was put on it or null. */
export function productPicker(line, offer, { name, picked }) {
  const results = el("ul", { class: "found", "aria-label": "Products found" });
  const chosen = el("ul", { class: "chips", "aria-label": "Products of this offer" });
  const told = el("p", { class: "quiet small", role: "status" });
  const field = el("input", { class: "field", id: name, type: "search", autocomplete: "off", placeholder: "Bread, milk, 1029743 …", maxlength: 80 });
  let asking = 0;
  const search = async () => {
    const words = field.value.trim();
    const { status, body } = words === "" ? { status: 200, body: [] } : await line.call("GET", `/v1/products?q=${encodeURIComponent(words)}`);
    if (words !== field.value.trim()) return;
    told.textContent = status !== 200 ? "The store cannot be reached just now." : words !== "" && body.length === 0 ? "Nothing is sold here under these words." : "";
    learn(body ?? []);
    results.replaceChildren(...(status === 200 ? body : []).map((product) => result(product)));
  };
  const draw = () => chosen.replaceChildren(...chips());
  const put = (product) => {
    if (offer.skus.includes(product.sku)) return;
    offer.skus = [...offer.skus, product.sku];
    field.value = "";
    results.replaceChildren();
    picked(product);
    draw();
    field.focus();
  };
  const result = (product) => el("li", {}, el("button", { class: "pick-one", type: "button", disabled: offer.skus.includes(product.sku), on: { click: () => put(product) } },
    el("strong", {}, product.name), el("span", { class: "quiet" }, product.category), el("span", {}, money(product.price_cents))));
  const chips = () => [...offer.skus.slice(0, SHOWN).map((sku) => el("li", { class: "chip", title: sku }, names.get(sku) ?? sku,
    el("button", { type: "button", "aria-label": `Take off: ${names.get(sku) ?? sku}`, on: { click: () => off(sku) } }, icon("close")))),
  offer.skus.length > SHOWN ? el("li", { class: "chip quiet" }, `and ${offer.skus.length - SHOWN} more`) : ""];
  const off = (sku) => {
    offer.skus = offer.skus.filter((one) => one !== sku);
    picked(null);
    draw();
  };
  field.addEventListener("input", () => {
    clearTimeout(asking);
    asking = setTimeout(() => void search(), PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    results.querySelector("button:not([disabled])")?.click();
  });
  draw();
  void ask(line, offer.skus.slice(0, SHOWN)).then((news) => news && draw());
  return el("div", { class: "entry" }, el("label", { for: name }, "Products: find them by name or number"), field, told, results, chosen);
}

/** Learns the names of products that are not known yet; whether there were any. */
async function ask(line, skus) {
  const unknown = skus.filter((sku) => !names.has(sku));
  if (unknown.length === 0) return false;
  const { body } = await line.call("GET", `/v1/products?${unknown.map((sku) => `sku=${encodeURIComponent(sku)}`).join("&")}`);
  learn(Array.isArray(body) ? body : []);
  return true;
}

function learn(products) {
  for (const { sku, name } of products) names.set(sku, name);
}
