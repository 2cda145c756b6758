/** The board of key figures, bounties, tablets, challenges and triggers: what the store has counted; nobody is named. */

import { el, placeName } from "/web/element.js";
import { money } from "/web/money.js";

/** The board of `GET /v1/kpis`. */
export function keyFigures({ days, figures, drivers, tablets, challenges }) {
  return [
    panel("figures", `Key figures of the last ${days} days`, el("dl", { class: "figures-grid" }, figures.map(figure))),
    el("div", { class: "pair" },
      panel("drivers", "Bounties", table(["Driver", "People", "Value", "One is worth"], drivers.map((one) => [placeName(one.driver), one.people, money(one.cents), money(one.value_cents)]), "Nothing was credited yet.")),
      panel("challenges", "Bonus challenges", table(["Challenge", "Cards", "Begun", "Rewarded"], challenges.map((one) => [placeName(one.challenge), one.cards, one.begun, one.rewarded]), "No challenge runs.")),
      panel("tablets", "Associates’ tablets", table(["Tablet", "Contacted", "Bought", "Share", "Sold"], tablets.map((one) => [one.device, one.contacted, one.sold_to, `${one.sold_pct} %`, money(one.cents)]), "No verified sale yet."))),
  ];
}

/** All triggers in force, each with what became of its messages. */
export function triggerBoard(triggers) {
  const inForce = triggers.filter(({ in_force: on }) => on);
  return panel("triggers", "Triggers", table(["Trigger", "On", "When", "Says", "Messages"], inForce.map((one) => [
    [el("strong", {}, placeName(one.id)), el("span", { class: "quiet small" }, ` v${one.version}`)], placeName(one.signal), one.when === "" ? "always" : el("code", {}, one.when), one.headline ?? "looks again",
    Object.keys(one.messages).length === 0 ? el("span", { class: "quiet" }, "none yet") : Object.entries(one.messages).map(([state, count]) => `${count} ${placeName(state).toLowerCase()}`).join(", "),
  ]), "No trigger is in force."));
}

function figure({ value, unit, n, says, name }) {
  return el("div", { title: says }, el("dt", {}, placeName(name)), el("dd", {}, el("strong", {}, amount(value, unit)), el("span", { class: "quiet small" }, value === null ? "too little to tell yet" : `of ${n.toLocaleString("en")}`)), el("dd", { class: "quiet small" }, says));
}

function amount(value, unit) {
  if (value === null) return "–";
  if (unit === "cents") return money(value);
  if (unit === "share") return `${(value * 100).toFixed(1)} %`;
  const count = value.toLocaleString("en", { maximumFractionDigits: 1 });
  return unit === "of five" ? `${count} of five` : count;
}

function panel(name, title, ...content) {
  return el("section", { class: "panel", "aria-labelledby": `${name}-title` }, el("h2", { id: `${name}-title` }, title), ...content);
}

function table(heads, rows, empty) {
  if (rows.length === 0) return el("p", { class: "quiet" }, empty);
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads[0] }, el("table", {}, el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((cell) => el("td", {}, cell instanceof Node ? cell : String(cell))))))));
}
