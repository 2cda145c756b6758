/** Who is in the store, zone by zone: one card a visit, from arrival to the receipt. */

import { byId, el, icon, placeName, write } from "/web/element.js";
import { initials, knownBy } from "/web/known-by.js";
import { money } from "/web/money.js";

/** A visit that has ended stays this long, so that its outcome can be read. */
const FAREWELL_MS = 6_000;
/** Names shown on a card before "+ n". */
const NAMES = 3;
/** Nobody stays longer on the page than this without a word. */
const STALE_MS = 900_000;
/** Where everybody starts and ends; all other zones lie between in the order they were named. */
const PLACES = { entrance: -1, checkout: 1, till: 1, tills: 1 };
const ENDS = { paid: "paid", "signed-out": "signed out", idle: "left", withdrawn: "took consent back", merged: "joined" };

export class Floor {
  #why;
  #guests = new Map();
  #zones = [];
  #lanes = new Map();

  /** `why(decisionId, decision)` opens the explanation of a decision. */
  constructor(why) {
    this.#why = why;
  }

  /** Zones in the order in which they were first named, the way in first and the tills last; empty ones stay. */
  know(zones) {
    for (const zone of zones) if (zone && !this.#zones.includes(zone)) this.#zones.push(zone);
    this.#zones.sort((a, b) => (PLACES[a] ?? 0) - (PLACES[b] ?? 0));
  }

  /** A visit that was here before this page was. */
  found({ visit, who, method, zone, ended_at: ended }) {
    if (ended || this.#guests.has(visit)) return;
    this.#at(visit, { who, method, zone });
  }

  visit({ visit, phase, who, method, zone, reason }) {
    const guest = this.#at(visit, { who, method, zone });
    if (phase !== "ended") return;
    guest.ended = ENDS[reason] ?? reason ?? "left";
    setTimeout(() => {
      this.#guests.delete(visit);
      this.draw();
    }, FAREWELL_MS);
  }

  decision(decision) {
    if (decision.visit === null || decision.visit === undefined) return;
    const guest = this.#at(decision.visit, { who: decision.who });
    guest.decisions += 1;
    guest.latest = decision;
    if (decision.placement === "arrival") guest.arrival = decision;
  }

  basket({ visit, who, action, lines, total_cents: total, hits }) {
    const guest = this.#at(visit, { who });
    guest.total = total;
    if (action === "complete") guest.paid = true;
    for (const line of lines) guest.names.set(line.sku, line.name);
    guest.hits = hits;
  }

  consent({ visit, action, purposes }) {
    const guest = this.#guests.get(visit);
    if (guest !== undefined) guest.note = `${action === "withdraw" ? "took back" : "allowed"} ${(purposes ?? []).length} purposes`;
  }

  draw() {
    const stale = performance.now() - STALE_MS;
    for (const [visit, { seen }] of this.#guests) if (seen < stale) this.#guests.delete(visit);
    const here = [...this.#guests.values()];
    const known = here.filter(({ who }) => who !== "anonymous").length;
    write(byId("present"), here.length === 0 ? "nobody just now" : `${here.length} here · ${known} known`);
    for (const zone of [...this.#zones, ""]) this.#lane(zone, here.filter((guest) => (guest.zone ?? "") === zone));
  }

  #at(visit, news) {
    const guest = this.#guests.get(visit) ?? { visit, names: new Map(), hits: [], decisions: 0, total: 0, node: el("li", {}), drawn: "" };
    for (const [key, value] of Object.entries(news)) if (value !== undefined && value !== null) guest[key] = value;
    guest.seen = performance.now();
    this.#guests.set(visit, guest);
    this.know([guest.zone]);
    return guest;
  }

  #lane(zone, guests) {
    const lane = this.#lanes.get(zone) ?? this.#openLane(zone);
    lane.root.hidden = zone === "" && guests.length === 0;
    write(lane.count, guests.length === 0 ? "" : guests.length);
    for (const guest of guests) this.#drawGuest(guest);
    const nodes = guests.map(({ node }) => node);
    for (const gone of [...lane.list.children].filter((node) => !nodes.includes(node))) gone.remove();
    nodes.forEach((node, at) => { if (lane.list.children[at] !== node) lane.list.insertBefore(node, lane.list.children[at] ?? null); });
  }

  #openLane(zone) {
    const list = el("ul", {});
    const count = el("span", { class: "quiet" });
    const root = el("section", { class: "lane", "aria-label": placeName(zone) || "Somewhere" }, el("h3", {}, placeName(zone) || "Somewhere", " ", count), list);
    this.#lanes.set(zone, { root, list, count });
    const order = [...this.#zones, ""].map((name) => this.#lanes.get(name)?.root).filter(Boolean);
    byId("lanes").replaceChildren(...order);
    return this.#lanes.get(zone);
  }

  /** Draws a card anew only when it says something else. */
  #drawGuest(guest) {
    const says = JSON.stringify([guest.who, guest.method, guest.ended, guest.paid, guest.total, guest.hits, guest.decisions, guest.note, guest.names.size]);
    if (guest.drawn === says) return;
    guest.drawn = says;
    guest.node.className = ["guest", guest.who === "anonymous" ? "anonymous" : "", guest.ended ? "ended" : ""].join(" ").trim();
    guest.node.replaceChildren(this.#card(guest));
  }

  #card(guest) {
    const [sign, , word] = knownBy(guest.method);
    const anonymous = guest.who === "anonymous";
    const shown = guest.arrival ?? guest.latest;
    const face = el("span", { class: "face", "data-tint": tint(guest.visit), "aria-hidden": "true" }, anonymous ? icon("person") : initials(guest.who));
    const outcome = guest.ended ?? guest.note ?? (guest.paid ? "paid" : null);
    const content = [
      face, el("strong", {}, anonymous ? "Anonymous" : guest.who), el("span", { class: "how quiet" }, icon(sign), word),
      shown ? this.#picks(guest, shown) : null,
      el("span", { class: "sums" }, guest.total > 0 ? el("span", {}, icon("basket"), money(guest.total)) : null,
        guest.hits.length > 0 ? el("span", { class: "hit" }, icon("check"), guest.hits.length === 1 ? "1 hit" : `${guest.hits.length} hits`) : null, outcome ? el("span", { class: "quiet" }, outcome) : null),
    ];
    if (!shown) return el("div", { class: "card" }, content);
    return el("button", { class: "card", type: "button", "aria-label": `${anonymous ? "Anonymous" : guest.who}: why this?`, on: { click: () => this.#why(shown.decision_id, shown) } }, content);
  }

  /** What was picked; what was then really bought comes first, with a tick. */
  #picks(guest, { items }) {
    const bought = new Set(guest.hits);
    const order = [...items.filter(({ sku }) => bought.has(sku)), ...items.filter(({ sku }) => !bought.has(sku))];
    const rest = order.length - NAMES;
    return el("span", { class: "picks" }, order.slice(0, NAMES).map(({ sku, headline }) =>
      el("span", { class: bought.has(sku) ? "pick bought" : "pick" }, bought.has(sku) ? icon("check", "bought") : null, headline)), rest > 0 ? el("span", { class: "pick quiet" }, `+ ${rest} more`) : null);
  }
}

/** One of six tints, the same for a visit each time. */
function tint(visit) {
  return [...String(visit)].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 6, 7);
}
