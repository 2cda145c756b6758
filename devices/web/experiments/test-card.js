/** One test as a marketer reads it: how many people, whether they fell as meant, what each arm brings, and what each version brought. */

import { stateOf } from "/web/campaign-list.js";
import { el, icon } from "/web/element.js";
import { furthest, interval, percent, told } from "/web/interval.js";
import { money } from "/web/money.js";
import { dayOf } from "/web/store-time.js";

/** What is measured, in words. */
const METRICS = {
  "visit-spend-cents": "Spent a visit", "visit-items": "Its products a visit", "month-spend-cents": "Spent in four weeks", "month-trips": "Trips in four weeks",
  redeemed: "Redeemed in four weeks", "basket-spend-cents": "Spent a basket", "basket-items": "Its products a basket",
};
/** By which an arm wins. */
const FIRST = "visit-spend-cents";
const DESIGNS = { person: "people, drawn for good", switchback: "hours of this store, on and off" };

/** A test in the list. `open`: its report where it is opened, else null; `acts`: `{toggle(id), promote(test, arm)}`. */
export function testCard(test, open, zone, acts) {
  const body = el("div", { class: "test-body", id: `test-body-${test.id}`, hidden: open === null });
  if (open !== null) body.append(...report(open, zone));
  return el("li", { class: "panel test", data: { test: test.id } },
    el("div", { class: "test-head" }, el("h3", {}, el("button", { class: "link", type: "button", id: `test-${test.id}`, "aria-expanded": open !== null, "aria-controls": `test-body-${test.id}`, on: { click: () => acts.toggle(test.id) } }, test.name)),
      stateOf(test.state), test.lineage.length > 1 ? el("span", { class: "pill" }, `version ${test.iteration} of ${test.lineage.length}`) : null,
      el("span", { class: "quiet small" }, [DESIGNS[test.design] ?? test.design, test.starts_at ? `${test.state === "planned" ? "from" : "since"} ${dayOf(test.starts_at, zone)}` : null].filter(Boolean).join(" · "))),
    test.alarm ? alarm() : null, first(test), arms(test.people), open === null ? null : winner(open, acts), body);
}

function alarm() {
  return el("p", { class: "finding bad", role: "alert" }, icon("flag"), el("span", {}, "People did not fall into the arms as they were meant to. Until that is mended, believe no figure of this test."));
}

/** The first figure: the lift by spending, or the switchback's. */
function first({ headline, switched, people, state, alarm: isWrong }, scale = undefined) {
  if (switched === null && Object.values(people).every((count) => count === 0)) return el("p", { class: "quiet" }, state === "planned" ? "It has not begun." : "Nobody has come into it yet.");
  if (headline !== null) return lift(headline, { isWrong, scale });
  if (switched !== null) return switchback(switched);
  return el("p", { class: "quiet" }, "Nothing is measured yet.");
}

function lift(one, { isWrong = false, scale } = {}) {
  const kind = !one.stands || isWrong ? "" : one.relative.value > 0 ? "good" : "bad";
  return el("div", { class: "lift", data: { stands: one.stands } },
    el("span", { class: "what" }, METRICS[one.metric] ?? one.metric, one.segment === null ? null : el("span", { class: "pill" }, one.segment)),
    one.told ? interval(one.relative, kind, scale) : progress(one), one.told ? told(one.relative, percent) : el("span", { class: "quiet" }, "–"),
    el("p", { class: "says" }, one.words, one.settling > 0 ? el("span", { class: "quiet" }, ` ${one.settling.toLocaleString("en")} more are still settling.`) : null));
}

/** How far a test is from its first word. */
function progress({ people, control, least }) {
  const bar = el("span", { class: "bar" });
  bar.style.setProperty("--share", String(Math.min(1, (people + control) / Math.max(1, least))));
  return bar;
}

function switchback({ metric, running, pairs, without }) {
  const kind = running.low !== null && running.low > 0 ? "good" : running.high !== null && running.high < 0 ? "bad" : "";
  const plain = metric.endsWith("cents") ? money : (value) => value.toFixed(2);
  const digits = (value) => (value === null ? "–" : `${value > 0 ? "+" : ""}${plain(value)}`);
  const unit = metric.endsWith("cents") ? "" : " pieces";
  return el("div", { class: "lift", data: { stands: kind !== "" } }, el("span", { class: "what" }, METRICS[metric] ?? metric),
    running.low === null ? el("span", { class: "quiet" }, "No interval yet") : interval(running, kind), told(running, digits),
    el("p", { class: "says" }, `${pairs} pairs of stretches are compared; without it ${plain(without)}${unit}.`));
}

function arms(people) {
  const all = Object.values(people).reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  return el("ul", { class: "arms", "aria-label": "People by arm" }, Object.entries(people).map(([arm, count]) => el("li", {}, el("strong", {}, count.toLocaleString("en")), el("span", { class: "quiet" }, arm))));
}

/** The arm that is ahead can be made the rule with one press; where those held out are, the campaign can be stopped. */
function winner({ experiment, compared }, { promote }) {
  const arm = experiment.alarm ? null : ahead(compared);
  if (arm === null) return null;
  const stop = arm === "held-out";
  return el("p", { class: "row" }, el("button", { class: stop ? "button stop" : "button main", type: "button", id: `promote-${experiment.id}`, on: { click: () => promote(experiment, arm) } }, icon(stop ? "pause" : "check"), stop ? "Stop it: without it is better" : `Make “${arm}” the rule`),
    el("span", { class: "quiet small" }, stop ? "Those held out do better." : "It is ahead of another and behind none. All but those held out then get it."));
}

/** The arm that beats some other and is beaten by none, by intervals without nought; null where there is none to choose. */
function ahead(compared) {
  const [won, lost] = [new Set(), new Set()];
  for (const { metric, told: isTold, stands, relative, arm, against, segment } of compared) {
    if (metric !== FIRST || !isTold || !stands || segment !== null) continue;
    won.add(relative.value > 0 ? arm : against);
    lost.add(relative.value > 0 ? against : arm);
  }
  return [...won].find((arm) => !lost.has(arm) && arm !== "treated") ?? null;
}

/** Whom it moves: thirds of the people by two learnt chances, or why that is not told. */
function moved(uplift) {
  if (uplift === null) return null;
  const { closed, words, average, groups, tells_apart: apart } = uplift;
  const rows = [["Everybody", average], ...groups.map(({ seen }, at) => [["The third moved most", "The third between", "The third moved least"][at], seen])];
  const scale = furthest(rows.map(([, seen]) => seen).filter(Boolean));
  return el("section", { class: "uplift", data: { closed: closed ?? "" } }, el("h4", {}, "Whom it moves"), el("p", { class: apart ? "" : "quiet" }, words),
    closed !== null ? null : rows.map(([who, seen]) => el("div", { class: "lift", data: { stands: seen.low > 0 || seen.high < 0 } }, el("span", { class: "what" }, who),
      interval(seen, seen.low > 0 ? "good" : seen.high < 0 ? "bad" : "", scale), told(seen, percent))),
    closed !== null ? null : el("p", { class: "quiet small" }, "How many more in a hundred buy one of its products for being shown it. Learnt of those shown and those held out."));
}

function report({ ratio, compared, segments, switched, iterations, experiment, uplift }, zone) {
  const isWrong = experiment.alarm;
  const scale = furthest([...compared, ...segments].map(({ relative }) => relative));
  const scaleOfVersions = furthest(iterations.flatMap(({ headline }) => (headline === null ? [] : [headline.relative])));
  return [
    ratio === null || ratio.alarm ? null : el("p", { class: "quiet" }, `People fell as they were meant to (${ratio.chance < 0.001 ? "chance below 0.1 %" : `chance ${(ratio.chance * 100).toFixed(1)} %`}).`),
    group("By each measure", compared.map((one) => [`${one.arm} beside ${one.against}`, lift(one, { isWrong, scale })])),
    group("By segment", segments.map((one) => [null, lift(one, { isWrong, scale })])), moved(uplift), group("By hours", switched.map((one) => [null, switchback(one)])),
    iterations.length < 2 ? null : el("section", {}, el("h4", {}, "Version by version"), el("ol", { class: "iterations" }, iterations.map((one) => el("li", { "aria-current": one.id === experiment.id ? "true" : null },
      el("strong", {}, `v${one.iteration} `, one.name), stateOf(one.state), first(one, scaleOfVersions))))),
    experiment.elsewhere > 0 ? el("p", { class: "quiet small" }, `${experiment.elsewhere} sales by e-mail or app named it, too; no figure here counts these.`) : null,
    experiment.ends_at === null ? null : el("p", { class: "quiet small" }, `Planned to end on ${dayOf(experiment.ends_at, zone)}. Intervals hold at every look, so you may stop when they are clear.`),
  ].filter(Boolean);
}

function group(title, rows) {
  return rows.length === 0 ? null : el("section", {}, el("h4", {}, title), rows.flatMap(([between, node]) => [between === null ? null : el("p", { class: "quiet small" }, between), node]));
}
