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
import { discountsOf, offerLine, total } from "/web/till-offers.js";
import { SHELF } from "/web/till-shelf.js";
import { strip } from "/web/till-strip.js";

/** A suggestion that is later than this is of no use to anybody. */
const DEADLINE_MS = 100;
/** An offer is on the store's disk before it is granted. */
const OFFER_MS = 1_000;

const device = deviceInPath();
/** All but a card's number is kept over a reload. */
const line = new Line(device, { durable: ({ data }) => data.loyalty === undefined });
let basket = null;

/** What the store says that articles cost, by the code they were asked under; a reload asks anew. */
const prices = new Map();

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
  // With the last of its items an offer goes, here as in the store.
  if (row.quantity === 0) basket.offers = basket.offers.filter((offer) => offer.item !== row.sku);
  tell("remove", { lines: [wire(row, 1)] });
  draw();
}

function opened() {
  const fresh = { id: uuid(), lines: [], offers: [], shown: null, scans: 0 };
  fresh.known = send({ basket_id: fresh.id, action: "open", lines: [] });
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

/** Asks what articles cost; what the store does not sell stays without a price. */
async function price(codes) {
  const found = await line.get(`/v1/pages/${device}/prices?${new URLSearchParams(codes.map((code) => ["sku", code]))}`);
  for (const one of found?.items ?? []) prices.set(one.asked, { sku: one.item_id, name: one.name, price_cents: one.price_cents });
  drawShelf();
}

async function type(code) {
  if (!prices.has(code)) await price([code]);
  const article = prices.get(code);
  if (article === undefined) write(byId("told"), `The store has no price for ${code}.`);
  else scan(article);
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
  scan({ sku: item.item_id, price_cents: item.was_cents ?? item.price_cents ?? 0, name: item.headline });
  if (item.offer_id) void redeem({ decision_id: decision, offer_id: item.offer_id }, item.badge);
}

/** Asks the store for an offer, and takes it off where it is granted. The sale goes on meanwhile. */
async function redeem(by, badge = undefined) {
  const asked = basket;
  await asked.known;
  const answer = await line.ask({ verb: "redeem", basket_id: asked.id, deadline_ms: OFFER_MS, ...by }, "offer");
  // Paid or voided by now, or no answer: what nobody takes off must not count as given.
  if (answer === null || (answer.granted && basket !== asked)) return void putBack({ by }, asked);
  if (!answer.granted) return write(byId("told"), `The store does not give this offer: ${answer.reason}.`);
  const { discount, item_id: item } = answer;
  // Granted again is the same one again: it is taken off once.
  asked.offers = [...asked.offers.filter((offer) => offer.discount.offer_id !== discount.offer_id), { discount, item, by, badge }];
  draw();
}

async function putBack({ by }, asked = basket) {
  asked.offers = asked.offers.filter((offer) => offer.by !== by);
  if (asked === basket) draw();
  await line.ask({ verb: "reverse", basket_id: asked.id, deadline_ms: OFFER_MS, ...by }, "offer");
}

function pay() {
  const sum = total(basket);
  tell("total");
  const lines = basket.lines.map((row) => ({ ...wire(row, row.quantity), ...some("discounts", discountsOf(basket, row)) }));
  tell("complete", { lines, ...some("discounts", discountsOf(basket)) });
  basket = null;
  draw();
  write(byId("told"), `Paid ${money(sum)}. Thank you.`);
}

function some(name, found) {
  return found.length === 0 ? {} : { [name]: found };
}

function drop() {
  tell("abandon");
  basket = null;
  draw();
  write(byId("told"), "Voided.");
}

function draw() {
  const rows = basket?.lines ?? [];
  const offers = (basket?.offers ?? []).filter((offer) => offer.discount.per === "basket" || rows.some((row) => row.sku === offer.item));
  const under = (row) => offers.filter((offer) => offer.discount.per === "item" && offer.item === row.sku);
  const lined = (offer) => offerLine(basket, offer, putBack);
  byId("lines").replaceChildren(...rows.flatMap((row) => [saleLine(row), ...under(row).map(lined)]), ...offers.filter((offer) => offer.discount.per === "basket").map(lined));
  byId("nothing").hidden = rows.length > 0;
  byId("pay").disabled = rows.length === 0;
  byId("drop").disabled = basket === null;
  write(byId("total"), money(basket === null ? 0 : total(basket)));
  write(byId("told"), "");
  drawSuggestions();
}

function saleLine(row) {
  return el("li", {},
    el("span", { class: "quantity" }, `${row.quantity} ×`), el("span", { class: "what" }, row.name),
    el("span", { class: "sum" }, money(row.price_cents * row.quantity)),
    el("button", { class: "less", type: "button", "aria-label": `One less: ${row.name}`, on: { click: () => takeOut(row) } }, icon("minus")));
}

function drawSuggestions() {
  const shown = basket?.shown ?? null;
  byId("addons").hidden = shown === null;
  byId("addons").replaceChildren(...(shown === null ? [] : strip(shown, accept)));
}

function drawShelf() {
  byId("shelf").replaceChildren(...SHELF.map((article) => {
    const known = prices.get(article.sku);
    return el("li", {},
      el("button", { class: "article", type: "button", disabled: known === undefined, on: { click: () => scan({ ...known, name: article.name }) } },
        el("span", { class: `thumb aisle aisle-${aisleOf(article.name)}` }, picture(aisleOf(article.name))),
        el("span", { class: "what" }, article.name), el("span", { class: "quiet" }, known === undefined ? "–" : money(known.price_cents))));
  }));
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

onEnter("code", "sku", (code) => void type(code));
onEnter("offer", "offer-code", (code) => {
  basket ??= opened();
  draw();
  void redeem({ code });
});
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
  void price(SHELF.map((article) => article.sku));
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
