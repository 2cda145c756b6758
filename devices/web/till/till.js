/**
 * A till that speaks the contract: it scans, identifies, totals and pays on its own. What the store answers
 * (receipts, suggestions) comes beside the sale and is never waited for.
 */

import { aisleOf } from "/web/aisle.js";
import { guard } from "/web/door.js";
import { byId, el, icon, picture, placeName, write } from "/web/element.js";
import { deviceInPath, Line } from "/web/line.js";
import { money, useMoney } from "/web/money.js";
import { showName } from "/web/nameplate.js";
import { uuid } from "/web/outbox.js";
import { SHELF } from "/web/till-shelf.js";
import { strip } from "/web/till-strip.js";

/** A suggestion that is later than this is of no use to anybody. */
const DEADLINE_MS = 100;

const device = deviceInPath();
/** All but a card's number is kept over a reload. */
const line = new Line(device, { durable: ({ data }) => data.loyalty === undefined });
let basket = null;

function scan(article) {
  basket ??= opened();
  const found = basket.lines.find((row) => row.sku === article.sku);
  if (found === undefined) basket.lines.push({ ...article, quantity: 1 });
  else found.quantity += 1;
  basket.scans += 1;
  tell("add", { lines: [{ ...wire(article, 1), line_id: String(basket.scans) }] });
  draw();
  void suggest();
}

function takeOut(row) {
  row.quantity -= 1;
  basket.lines = basket.lines.filter((other) => other.quantity > 0);
  tell("remove", { lines: [wire(row, 1)] });
  draw();
}

function opened() {
  const fresh = { id: uuid(), lines: [], shown: null, scans: 0 };
  void send({ basket_id: fresh.id, action: "open", lines: [] });
  return fresh;
}

function tell(action, more = {}) {
  void send({ basket_id: basket.id, action, lines: [], ...more });
}

async function send(data) {
  const told = line.send("basket", data);
  waiting();
  const receipt = await told;
  waiting();
  if (!receipt.accepted) write(byId("told"), `The store did not take “${data.action}”: ${receipt.reason}. The sale goes on.`);
}

function wire({ sku, price_cents: price }, quantity) {
  return { sku, quantity, price_cents: price };
}

/**
 * Asks beside the sale, by the last line that was scanned, which the question may overtake on its way. The answer is
 * used if the basket is still the one that was asked about.
 */
async function suggest() {
  const asked = basket;
  const show = await line.ask({ placement: "till-addon", limit: 3, deadline_ms: DEADLINE_MS, basket_id: asked.id, after_line_id: String(asked.scans) });
  if (basket !== asked) return;
  asked.shown = show !== null && strip(show, accept).length > 0 ? show : null;
  drawSuggestions();
}

function accept(item) {
  const { decision_id: decision } = basket.shown;
  void line.send("feedback", { decision_id: decision, item_id: item.item_id, action: "accept" });
  if (item.offer_id) basket.redeem = [...(basket.redeem ?? []), { decision, item }];
  scan({ sku: item.item_id, price_cents: item.price_cents ?? 0, name: item.headline });
}

function pay() {
  const total = sum();
  tell("total");
  for (const { decision, item } of basket.redeem ?? []) void line.send("feedback", { decision_id: decision, item_id: item.item_id, action: "redeem", value: item.offer_id });
  tell("complete", { lines: basket.lines.map((row) => wire(row, row.quantity)) });
  basket = null;
  draw();
  write(byId("told"), `Paid ${money(total)}. Thank you.`);
}

function drop() {
  tell("abandon");
  basket = null;
  draw();
  write(byId("told"), "Voided.");
}

function sum() {
  return (basket?.lines ?? []).reduce((total, row) => total + row.price_cents * row.quantity, 0);
}

function draw() {
  const rows = basket?.lines ?? [];
  byId("lines").replaceChildren(...rows.map((row) => el("li", {},
    el("span", { class: "quantity" }, `${row.quantity} ×`), el("span", { class: "what" }, row.name),
    el("span", { class: "sum" }, money(row.price_cents * row.quantity)),
    el("button", { class: "less", type: "button", "aria-label": `One less: ${row.name}`, on: { click: () => takeOut(row) } }, icon("minus")))));
  byId("nothing").hidden = rows.length > 0;
  byId("pay").disabled = rows.length === 0;
  byId("drop").disabled = basket === null;
  write(byId("total"), money(sum()));
  write(byId("told"), "");
  drawSuggestions();
}

function drawSuggestions() {
  const shown = basket?.shown ?? null;
  byId("addons").hidden = shown === null;
  byId("addons").replaceChildren(...(shown === null ? [] : strip(shown, accept)));
}

function drawShelf() {
  byId("shelf").replaceChildren(...SHELF.map((article) => el("li", {},
    el("button", { class: "article", type: "button", on: { click: () => scan(article) } },
      el("span", { class: `thumb aisle aisle-${aisleOf(article.name)}` }, picture(aisleOf(article.name))),
      el("span", { class: "what" }, article.name), el("span", { class: "quiet" }, money(article.price_cents))))));
}

function waiting() {
  const { unsent } = line;
  byId("unsent").className = unsent === 0 ? "pill good" : "pill warn";
  write(byId("unsent"), unsent === 0 ? "All on the store's disk" : `${unsent} waiting for a receipt`);
}

function onEnter(form, field, act) {
  byId(form).addEventListener("submit", (event) => {
    event.preventDefault();
    const value = byId(field).value.trim();
    byId(field).value = "";
    if (value !== "") act(value);
  });
}

onEnter("code", "sku", (sku) => scan(SHELF.find((article) => article.sku === sku) ?? { sku, price_cents: 100, name: `Article ${sku}` }));
onEnter("card", "loyalty", (loyalty) => {
  basket ??= opened();
  tell("identify", { loyalty });
  draw();
  write(byId("told"), "Card read.");
});
byId("pay").addEventListener("click", pay);
byId("drop").addEventListener("click", drop);
line.addEventListener("hello", ({ detail }) => {
  useMoney(detail);
  write(byId("where"), [placeName(detail.zone), device].filter(Boolean).join(" · "));
  drawShelf();
  draw();
});
line.addEventListener("cmd", ({ detail }) => {
  if (detail.command === "identify") showName(device);
  else if (detail.command === "clear" && basket !== null) Object.assign(basket, { shown: null });
  else if (detail.command !== "clear" && basket === null) location.reload();
  drawSuggestions();
});
line.addEventListener("state", waiting);

guard(line, { title: "Connect this till", label: "Password of the device" });
drawShelf();
draw();
waiting();
void line.open();
