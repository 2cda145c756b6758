/** Why this and why not those: one decision's record, told in words, choices, losers, inputs and time. */

import { byId, el, icon, placeName } from "/web/element.js";

const RULES = {
  "not-sold-here": "Not sold here", "in-basket": "Already in the basket", "just-bought": "Bought just now", "out-of-stock": "Out of stock",
  "sensitive-in-public": "Too private for a public screen", "substitute-bought": "Its like was bought just now", rejected: "They said it is not for them",
  "offer-quiet": "Its campaign is silent at this hour", "offer-spent": "The store has no more of it to give", "offer-given": "They had this offer already",
  "offer-audience": "Meant for other people", "offer-other-test": "They belong to another test", "offer-other-arm": "Another arm of its test shows it",
  "offer-capped": "Offer shown often enough", "offer-backed-off": "Shown less, since it was not taken up", "campaign-capped": "Enough of its campaign",
  "category-capped": "Enough offers of its category", "person-capped": "Enough offers of any kind", "offer-outdone": "A better offer on the same product",
  "offer-held-out": "Held out, to measure the effect",
  "offer-conflict": "Collides with an offer elsewhere", "too-much-alike": "Too much alike", "same-name": "Reads the same as something shown",
  "due-first": "Something due came first", "place-kept": "Its place is kept for something else", "lower-worth": "Worth less than the chosen",
};

/** Names of articles as the stream told them; records hold numbers only. The oldest go first. */
const names = new Map();
const NAMES_KEPT = 5_000;

/** Takes down what the articles of a decision are called. */
export function learnNames({ items }) {
  for (const { sku, headline } of items) names.set(sku, headline);
  for (const sku of names.keys()) {
    if (names.size <= NAMES_KEPT) return;
    names.delete(sku);
  }
}

/** Opens the drawer for one decision; `known` is what the stream told of it. */
export async function openWhy(line, id, known = null) {
  const box = byId("why");
  box.replaceChildren(head(known?.who ?? "", placeName(known?.placement ?? "decision")), el("p", { class: "quiet" }, "One moment …"));
  if (!box.open) box.showModal();
  const record = await line.get(`/v1/decisions/${encodeURIComponent(id)}`);
  if (!box.open) return;
  const body = record === null ? [el("p", { class: "quiet" }, "The store no longer has this decision, or cannot be reached.")] : told(record);
  box.replaceChildren(head(known?.who ?? "", placeName(record?.decision?.placement ?? known?.placement)), ...body);
}

function head(who, placement) {
  return el("header", {}, el("div", {}, el("p", { class: "quiet" }, who === "anonymous" ? "Anonymous" : who), el("h2", { id: "why-title" }, placement)),
    el("button", { class: "button", type: "button", "aria-label": "Close", on: { click: () => byId("why").close() } }, icon("close")));
}

function told({ decision, words, inputs, timing }) {
  for (const { sku, headline } of decision.slots ?? []) names.set(sku, headline);
  return [
    el("section", { class: "words" }, String(words).split("\n").filter(Boolean).map((line) => el("p", {}, line))),
    section("Why this", el("ol", { class: "choices" }, (decision.choices ?? []).map((choice) => row(choice, [...(choice.sources ?? []).map(placeName), ...terms(choice)].join(" · "))))),
    section("Why not that", losers(decision.losers ?? [])),
    section("What it looked at", facts(decision, inputs)),
    section("How long it took", times(timing ?? {})),
    el("details", {}, el("summary", {}, "The whole record"), el("pre", { tabindex: "0" }, JSON.stringify({ decision, inputs, timing }, null, 2))),
  ];
}

function section(title, content) {
  return el("section", {}, el("h3", {}, title), content);
}

/** What else is in its worth, as far as it says something, and which creative was drawn with what chance. */
function terms({ timeliness = 0, loss = 100, trust = 100, creative = null, propensity = null }) {
  return [
    timeliness > 0 ? `timely: +${timeliness} %` : null, loss > 100 ? `cost to privacy: ${loss - 100} %` : null, trust === 100 ? null : `trust: ${trust} %`,
    creative === null ? null : `said as “${creative}”${propensity === null ? "" : `, drawn with ${(propensity / 100).toFixed(1)} %`}`,
  ].filter(Boolean);
}

function row({ sku, points, offer }, more) {
  const bar = el("span", { class: "bar" });
  bar.style.setProperty("--share", String(Math.min(1, points / 10_000)));
  return el("li", {}, el("span", { class: "what" }, names.get(sku) ?? `Article ${sku}`), bar, el("span", { class: "share" }, `${(points / 100).toFixed(1)} %`),
    el("span", { class: "quiet small" }, [more, offer ? `offer ${offer}` : ""].filter(Boolean).join(" · ")));
}

function losers(all) {
  if (all.length === 0) return el("p", { class: "quiet" }, "Every candidate was chosen.");
  const byRule = new Map();
  for (const loser of all) byRule.set(loser.rule, [...(byRule.get(loser.rule) ?? []), loser]);
  return el("div", { class: "losers" }, [...byRule].map(([rule, lost]) => el("details", { open: byRule.size < 4 || lost.length < 3 },
    el("summary", {}, RULES[rule] ?? placeName(rule), " ", el("span", { class: "pill" }, String(lost.length))),
    el("ol", { class: "choices" }, lost.slice(0, 8).map((loser) => row(loser, ""))))));
}

function facts(decision, inputs) {
  const ages = Object.entries(inputs?.ages_s ?? {}).map(([input, age]) => [placeName(input), `${age} s old, ${decision.rungs?.[input] ?? "use"}`]);
  const rows = [["Kind", decision.kind], ["Zone", placeName(inputs?.zone) || "–"], ["Hour", `${inputs?.hour ?? "–"} h`], ["Basket", `${inputs?.basket?.length ?? 0} articles`],
    ["Purposes used", (decision.purposes ?? []).join(", ") || "none"], ["Group", decision.arm], ["Campaigns", Object.entries(decision.arms ?? {}).map((pair) => pair.join(": ")).join(", ") || "none"],
    ["Withheld", (decision.ghosts ?? []).join(", ") || "nothing"], ["Model", decision.model], ...ages];
  return el("dl", { class: "pairs" }, rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value ?? "–"))]));
}

function times(timing) {
  const rows = Object.entries(timing).filter(([, value]) => Number.isFinite(value));
  const most = Math.max(Number.EPSILON, ...rows.map(([, value]) => value));
  return el("dl", { class: "bars" }, rows.flatMap(([step, value]) => {
    const bar = el("span", { class: "bar" });
    bar.style.setProperty("--share", String(value / most));
    return [el("dt", {}, placeName(step.replace(/_(ms|us|s)$/, "").replaceAll("_", "-"))), el("dd", {}, bar, el("span", {}, `${value < 100 ? value.toFixed(2) : Math.round(value)} ${/_(ms|us|s)$/.exec(step)?.[1] ?? ""}`))];
  }));
}
