/**
 * The associate's tablet: who is here and agreed to be helped, what to say, what not to. Cards are personal:
 * they live in this page only, for as long as the store lets them, and are never written down.
 */

import { guard } from "/web/door.js";
import { byId, placeName, write } from "/web/element.js";
import { Line } from "/web/line.js";
import { useMoney } from "/web/money.js";
import { showName } from "/web/nameplate.js";
import { personCard } from "/web/tablet-card.js";

const device = new URLSearchParams(location.search).get("device") ?? "tablet-1";
const line = new Line(device, { durable: ({ type }) => type === "feedback" });
/** Shown cards by visit, newest arrival first. */
const cards = new Map();

function take(show) {
  if (show.kind !== "personal" || line.lifeMs(show) === 0) return;
  const visit = show.slots?.visit ?? show.decision_id;
  const before = cards.get(visit);
  clearTimeout(before?.timer);
  if (before?.show.decision_id === show.decision_id) {
    before.timer = setTimeout(() => drop(visit), line.lifeMs(show));
    return;
  }
  const life = line.lifeMs(show);
  const node = personCard(show, life, (item, action) => tell(show, item, action));
  cards.set(visit, { show, node, timer: setTimeout(() => drop(visit), life) });
  if (before === undefined) byId("people").prepend(node);
  else before.node.replaceWith(node);
  count();
}

function tell(show, item, action) {
  const data = { decision_id: show.decision_id, action };
  if (item !== null) data.item_id = item.item_id;
  void line.send("feedback", data).then(waiting);
  waiting();
}

function drop(visit) {
  clearTimeout(cards.get(visit)?.timer);
  cards.get(visit)?.node.remove();
  cards.delete(visit);
  count();
}

function clear() {
  for (const { timer } of cards.values()) clearTimeout(timer);
  cards.clear();
  byId("people").replaceChildren();
  count();
}

function count() {
  const here = cards.size;
  write(byId("count"), here === 0 ? "Nobody to greet just now" : here === 1 ? "One person to greet" : `${here} people to greet`);
  byId("empty").hidden = here > 0;
}

function waiting() {
  byId("unsent").hidden = line.unsent === 0;
  write(byId("unsent"), `${line.unsent} not sent yet`);
}

function tellLine(up) {
  byId("line").className = up ? "pill good" : "pill bad";
  write(byId("line"), up ? "Connected" : "Not connected. Your taps are kept.");
}

line.addEventListener("hello", ({ detail }) => {
  useMoney(detail);
  write(byId("where"), [placeName(detail.zone), device].filter(Boolean).join(" · "));
  tellLine(detail.link !== "down");
  void resume();
});
line.addEventListener("link", ({ detail }) => tellLine(detail.link === "up"));
line.addEventListener("state", ({ detail }) => {
  tellLine(detail === "up");
  waiting();
});
line.addEventListener("show", ({ detail }) => take(detail));
line.addEventListener("cmd", ({ detail }) => {
  if (detail.command === "clear") detail.visit ? drop(detail.visit) : clear();
  else if (detail.command === "identify") showName(device);
  else location.reload();
});
addEventListener("pagehide", clear);

/** After a reload the cards are gone: the newest is asked for, the others come with their next decision. */
async function resume() {
  const show = await line.ask({ placement: "tablet-card", limit: 3, deadline_ms: 500 });
  if (show !== null && cards.size === 0) take(show);
}

guard(line, { title: "Connect this tablet", label: "Password of the device" });
count();
tellLine(false);
void line.open();
