/** The card "Model": which one answers, what it knows of the goods, and what the store learnt last night. */

import { ratio } from "/web/chart.js";
import { byId, el, svg, write } from "/web/element.js";
import { dayOf } from "/web/store-time.js";

const VERDICTS = {
  activated: ["good", "Activated", ({ label }) => `${label}, made of the store's own sales, came into use.`],
  "kept-back": ["warn", "Kept back", (night) => `${night.label} was made and not used: ${lost(night)}. What answered before goes on.`],
  centre: ["good", "Model from outside", () => "It did better than what the store made itself, and came into use."],
  "too-little": ["warn", "Too little sold yet", ({ baskets }) => `${number(baskets)} ${baskets === 1 ? "basket is" : "baskets are"} too little to learn from. The store's own counts answer.`],
};
const RIVALS = { own: "Made that night", active: "What was in use", centre: "Model from outside", fallback: "The store's own counts" };
const WORSE_THAN = { active: "what was in use", centre: "the model from outside", fallback: "the store's own counts" };
const ODD = { crowded: "far more baskets than usual", unlike: "goods unlike those of other days" };
/** The drawing of an interval, in its own units. */
const WIDTH = 120;
const HEIGHT = 14;

/** Which kind of answer the store gives now: by what, its name, and what stands behind it. */
export function answerOf({ fallback, own, active, label }) {
  if (!fallback) return own ? { by: "own", name: "The store's own model", why: "Made of its own sales." } : { by: "outside", name: "A model from outside", why: "Not made of this store's sales." };
  const unknown = active != null && active !== label;
  return { by: "counts", name: "The store's own counts", why: unknown ? `${active} knows too little of the goods to answer.` : "No model is in use; it counts what is sold, from the first hour on." };
}

/** Whether somebody should look: a model that may not answer, or a night that kept its work back. */
export function modelState({ fallback, active, label, night }) {
  const mute = fallback && active != null && active !== label;
  return mute || night?.verdict === "kept-back" ? "warn" : "good";
}

/** Draws the card anew where something of it changed, so that whoever reads it is left in peace. */
export function drawModel(model, { timezone }) {
  const told = JSON.stringify([model, timezone]);
  const card = byId("model");
  if (card.dataset.told === told) return;
  card.dataset.told = told;
  const zone = timezone ?? "UTC";
  write(byId("model-when"), model.night == null ? "" : `learnt ${moment(model.night.at, zone)}`);
  card.replaceChildren(part("Answers now", ...answer(model)), part("Knows", ...knows(model)), part("Last night", lastNight(model.night)));
}

function part(title, ...content) {
  return el("section", {}, el("h3", {}, title), ...content);
}

function answer(model) {
  const { by, name, why } = answerOf(model);
  return [el("p", { class: "answer", data: { by } }, name), el("p", { class: "label" }, model.label), el("p", { class: "quiet small" }, why)];
}

function knows({ known, lines_known: lines, active, label }) {
  if (known == null && lines == null) return [el("p", { class: "quiet" }, "There is no model yet that could know the goods.")];
  return [active === label ? null : el("p", { class: "quiet small" }, `What ${active} knows`), el("div", { class: "versus" }, ratio("Goods on sale", known, "ours"), ratio("Last week's lines", lines, "ours"))];
}

function lastNight(night) {
  if (night == null) return el("p", { class: "quiet" }, "No night yet. Once it has sold enough, the store makes a model of its own every night.");
  const [state, title, words] = VERDICTS[night.verdict] ?? ["warn", night.verdict, () => ""];
  const verdict = el("div", { class: "verdict", data: { verdict: night.verdict } }, el("p", { class: `pill ${state}` }, title), el("p", {}, words(night)), daysOut(night.left_out));
  const judged = [lists(night.trial, "Judged"), lists(night.fresh, "With tables of that night, judged")].filter((table) => table !== null);
  return el("div", { class: "night" }, verdict, judged.length === 0 ? null : el("div", { class: "judged" }, judged));
}

function lost({ trial, fresh, beaten_by: rivals }) {
  const judged = [trial, fresh].some((days) => days?.lists.length > 0);
  if (!judged) return "there was no trip to judge it by";
  return `its lists were worse than those of ${rivals.map((name) => WORSE_THAN[name] ?? name).join(" and ")}`;
}

function daysOut(days) {
  const rows = Object.entries(days ?? {});
  if (rows.length === 0) return null;
  return el("div", { class: "days-out" }, el("p", { class: "quiet" }, rows.length === 1 ? "One day was left out:" : `${rows.length} days were left out:`),
    el("ul", {}, rows.map(([day, why]) => el("li", {}, `${dayOf(day, "UTC")}: ${ODD[why] ?? why}`))));
}

/** Rivals of the same trips, each with its figure, its interval in words and as a bar. */
function lists(days, how) {
  if (days == null || days.lists.length === 0) return null;
  const [low, high] = [Math.min(...days.lists.map((one) => one.low)), Math.max(...days.lists.map((one) => one.high))];
  const head = el("tr", {}, ["Lists of", "NDCG@10", "95 % interval"].map((name, at) => el("th", { scope: "col", class: at ? "num" : null }, name)), el("td", { "aria-hidden": "true" }));
  const rows = days.lists.map((one) => el("tr", { class: one.name === "own" ? "own" : null, data: { list: one.name } }, el("th", { scope: "row" }, RIVALS[one.name] ?? one.name), el("td", { class: "num" }, figure(one.ndcg)),
    el("td", { class: "num" }, `${figure(one.low)} – ${figure(one.high)}`), el("td", { class: "range", "aria-hidden": "true" }, range(one, low, high))));
  return el("table", { class: "lists" }, el("caption", {}, `${how} on ${number(days.trips)} real trips, ${span(days)}; higher is better`), el("thead", {}, head), el("tbody", {}, rows));
}

function range({ ndcg, low, high }, least, most) {
  const at = (value) => (most > least ? ((value - least) / (most - least)) * (WIDTH - HEIGHT) + HEIGHT / 2 : WIDTH / 2);
  return svg("svg", { class: "interval", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    svg("rect", { x: at(low).toFixed(1), y: 4, width: Math.max(2, at(high) - at(low)).toFixed(1), height: HEIGHT - 8, rx: 3 }), svg("circle", { cx: at(ndcg).toFixed(1), cy: HEIGHT / 2, r: 4.5 }));
}

function span({ first, last }) {
  return first === last ? dayOf(first, "UTC") : `${dayOf(first, "UTC")} to ${dayOf(last, "UTC")}`;
}

function figure(value) {
  return Number.isFinite(value) ? value.toFixed(3) : "–";
}

function number(value) {
  return Number.isFinite(value) ? value.toLocaleString("en-US") : "–";
}

function moment(instant, zone) {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? "" : at.toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: zone });
}
