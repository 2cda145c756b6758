/** The decisions as they are made, newest first; each opens its explanation. */

import { byId, el, icon, placeName, write } from "/web/element.js";
import { money } from "/web/money.js";

/** Older ones are in the store's records; a page that keeps all of them only gets slow. */
const KEPT = 40;
const SURFACES = { display: "screen", kiosk: "keypad", tablet: "person", pos: "till", phone: "phone", none: "target" };
const ANSWERS = { accept: "accepted", decline: "declined", redeem: "redeemed", "not-for-me": "not for me", said: "said by staff", touch: "touched", dismiss: "dismissed", view: "seen" };

export class Feed {
  #why;
  #fresh = [];
  #rows = new Map();
  #answered = new Map();
  #made = [];
  #plays = 0;

  constructor(why) {
    this.#why = why;
  }

  decision(decision) {
    this.#made.push(performance.now());
    this.#fresh.push(decision);
    if (this.#fresh.length > KEPT) this.#fresh.shift();
  }

  answer({ decision_id: id, action }) {
    if (id && action !== "view") this.#answered.set(id, ANSWERS[action] ?? action);
  }

  count() {
    this.#plays += 1;
  }

  draw() {
    const list = byId("decisions");
    for (const decision of this.#fresh.splice(0)) {
      const row = this.#row(decision);
      this.#rows.set(decision.decision_id, row);
      list.prepend(row);
    }
    while (list.children.length > KEPT) list.lastElementChild.remove();
    this.#drawAnswers();
    this.#drawRhythm();
  }

  #drawAnswers() {
    for (const [id, words] of this.#answered) {
      const place = this.#rows.get(id)?.querySelector(".answered");
      if (place) write(place, words);
    }
    this.#answered.clear();
    for (const [id, row] of this.#rows) if (!row.isConnected) this.#rows.delete(id);
  }

  #drawRhythm() {
    const minute = performance.now() - 60_000;
    this.#made = this.#made.filter((at) => at > minute);
    write(byId("rhythm"), `${this.#made.length} in the last minute${this.#plays > 0 ? ` · ${this.#plays} plays` : ""}`);
  }

  #row(decision) {
    const { who, surface, placement, kind, items, losers, core_ms: took } = decision;
    const lost = Object.values(losers ?? {}).reduce((sum, count) => sum + count, 0);
    return el("li", {}, el("button", { class: `decision ${kind}`, type: "button", on: { click: () => this.#why(decision.decision_id, decision) } },
      el("span", { class: "decision-head" }, icon(SURFACES[surface] ?? "screen"), el("strong", {}, who === "anonymous" ? "Anonymous" : who),
        el("span", { class: "quiet" }, placeName(placement)), el("span", { class: `pill ${kind === "personal" ? "good" : ""}` }, kind)),
      el("span", { class: "chosen" }, items.slice(0, 3).map((item) => el("span", {}, el("span", { class: "what" }, item.headline), el("span", { class: "reason" }, item.reason),
        item.price_cents === undefined || item.price_cents === null ? null : el("span", { class: "price" }, money(item.price_cents))))),
      el("span", { class: "decision-foot quiet small" }, el("span", {}, lost > 0 ? `${lost} not chosen` : "nothing lost"), el("span", {}, Number.isFinite(took) ? `${took.toFixed(1)} ms` : ""),
        el("span", { class: "answered" }), el("span", { class: "more" }, "Why?"))));
  }
}
