// A till that speaks HTTP, from the published contract alone: Node 18 or newer, no packages.
//
//   node till.mjs ACCOUNT.json http://store:8080 LOYALTY-NUMBER SKU WEIGHED-SKU
//
// ACCOUNT.json is what `storeside device add lane-1 --class pos --json` printed. It plays a morning: somebody known buys
// and takes an offer off, brings something back, and a sale of yesterday is told late. What it said and heard is printed.
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";

const [file, store, loyalty, sku, weighed] = process.argv.slice(2);
const account = JSON.parse(await readFile(file, "utf8"));
const source = account.topics.event.replace(/\/event$/, "");
const basic = Buffer.from(`${account.username}:${account.password}`).toString("base64");

/** Say it until the store has answered: the same body again and again, so that it counts once. A real till does this beside the sale. */
async function post(path, body, headers = {}) {
  for (let wait = 200; ; wait = Math.min(2 * wait, 60_000)) {
    try {
      const response = await fetch(store + path, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Basic ${basic}`, ...headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(8_000),
      });
      if (![429, 503, 504].includes(response.status)) return await response.json();
    } catch { /* no line: it is said again */ }
    await new Promise((resolve) => { setTimeout(resolve, wait); });
  }
}

/** One step of a basket; its receipt means that it is on the store's disk. */
async function step(basket_id, action, data = {}) {
  const event = {
    specversion: "1.0", id: randomUUID(), source, type: "storeside.basket.v1",
    time: new Date().toISOString(), data: { basket_id, action, ...data },
  };
  const { results: [receipt] } = await post("/v1/events", event);
  return receipt;
}

/** A whole paid sale in one request, under a key of its own. */
function sold(sale) {
  return post("/v1/pos/transactions", sale, { "Idempotency-Key": sale.basket_id });
}

/** May this be taken off? The answer is the discount, or why not; the same question gets the same answer. */
function offer(verb, basket_id, { decision_id, offer_id }) {
  return post("/v1/pos/offers", { verb, basket_id, decision_id, offer_id }, { "Idempotency-Key": randomUUID() });
}

const number = () => `mjs-${randomUUID().slice(0, 8)}`;
const heard = { receipts: [] };

// 1. Somebody known, by the card; then goods by the piece and by weight, and one that is voided by its line.
const first = number();
const lines = [
  { line_id: "1", sku, quantity: 1, price_cents: 499 },
  { line_id: "2", sku: weighed, quantity: "0.432", unit: "kg", unit_price: 299, price_cents: 129 },
  { line_id: "3", sku, quantity: 1, price_cents: 499 },
];
heard.receipts.push(await step(first, "open"), await step(first, "identify", { loyalty }));
for (const line of lines) heard.receipts.push(await step(first, "add", { lines: [line] }));
heard.receipts.push(await step(first, "remove", { lines: [{ line_id: "3", kind: "void" }] }));

// 2. What goes with it? Past the deadline the till would go on without. What is offered is taken off.
const question = { placement: "till-addon", limit: 3, deadline_ms: 2_000, basket_id: first, after_line_id: "3" };
const answer = await post("/v1/decisions", question);
const item = answer.items.find(({ offer_id }) => offer_id);
if (item) {
  const asked = { decision_id: answer.decision_id, offer_id: item.offer_id };
  heard.inquired = await offer("inquire", first, asked);
  heard.redeemed = await offer("redeem", first, asked);
  if (heard.redeemed.granted) {
    const line = { line_id: "4", sku: item.item_id, quantity: 1, price_cents: item.was_cents ?? item.price_cents };
    const { kind, amount } = heard.redeemed.discount;
    lines.push({ ...line, discounts: [{ kind, amount, offer_id: item.offer_id }] });
  }
}
const paid = lines.filter(({ line_id }) => line_id !== "3");
heard.receipts.push(await step(first, "complete", { lines: paid, currency: "USD" }));

// 3. One of them comes back: a sale of its own, that names where it is from.
const back = { line_id: "1", kind: "return", sku, quantity: 1, price_cents: 499, of: { order_id: first, line_id: "1" } };
const after = { basket_id: number(), lines: [back], loyalty };
heard.returned = await sold(after);

// 4. Yesterday there was no line: the sale is booked to its own day, however often it is told.
const yesterday = new Date(Date.now() - 24 * 3_600_000).toISOString();
const late = { basket_id: number(), lines: [lines[0]], loyalty, sold_at: yesterday };
heard.late = [await sold(late), await sold(late)];

console.log(JSON.stringify({ baskets: [first, after.basket_id, late.basket_id], heard }));
