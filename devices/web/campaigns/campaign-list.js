/** All campaigns at a glance: how many are where, how old, how fast, what comes next, and each with its next step. */

import { el } from "/web/element.js";
import { dayOf } from "/web/store-time.js";

/** State -> the kind of its pill and what it means for a shopper. */
export const STATES = {
  draft: ["", "being written"], approved: ["warn", "may be published"], scheduled: ["warn", "waits for its start"],
  live: ["good", "on screens now"], paused: ["bad", "stopped by hand"], ended: ["", "over"],
};

/** The list. `acts`: `{open(id), pause(id, paused), fresh()}`; `zone`: the store's. */
export function campaignList({ lines, glance }, zone, acts) {
  const names = new Map(lines.map(({ id, name }) => [id, name]));
  return [
    figures(glance),
    el("section", { class: "panel", "aria-labelledby": "all-title" },
      el("div", { class: "panel-head" }, el("h2", { id: "all-title" }, "Campaigns"), el("a", { class: "button main", href: "#/new" }, "New campaign")),
      lines.length === 0 ? el("p", { class: "quiet" }, "There is none yet. The first takes a few minutes.") : table(lines, glance, zone, acts)),
    el("div", { class: "pair" }, backlog(glance, lines, acts), lineage(glance, names)), gaps(glance),
  ].filter(Boolean);
}

/** A state as a pill. */
export function stateOf(state) {
  return el("span", { class: `pill ${STATES[state]?.[0] ?? ""}`, title: STATES[state]?.[1] ?? "" }, state);
}

function figures({ counts, age_days: ages, published_a_day: pace }) {
  const oldest = Object.entries(ages)[0];
  const cells = [...Object.keys(STATES).map((state) => [counts[state] ?? 0, state]), [pace.toFixed(1), "published a day, over four weeks"], [oldest ? `${oldest[1]} d` : "–", "the oldest one running"]];
  return el("ol", { class: "panel strip", "aria-label": "The portfolio in figures" }, cells.map(([value, label]) => el("li", {}, el("strong", {}, String(value)), el("span", { class: "quiet" }, label))));
}

function table(lines, { age_days: ages }, zone, acts) {
  const order = Object.fromEntries(["live", "paused", "scheduled", "approved", "draft", "ended"].map((state, at) => [state, at]));
  const ranked = [...lines].sort((one, other) => (order[one.state] ?? 9) - (order[other.state] ?? 9) || one.name.localeCompare(other.name));
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-labelledby": "all-title" }, el("table", {},
    el("thead", {}, el("tr", {}, ["Campaign", "State", "Runs", "Offers", "Held out", "Tries", "Age", ""].map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, ranked.map((one) => row(one, ages[one.id], zone, acts)))));
}

function row(one, age, zone, { open, pause }) {
  const running = one.state === "live" || one.state === "paused";
  return el("tr", { data: { campaign: one.id } },
    el("th", { scope: "row" }, el("button", { class: "link", type: "button", on: { click: () => open(one.id) } }, one.name), el("span", { class: "quiet small" }, one.id)),
    el("td", {}, stateOf(one.state), one.waiting === null ? null : el("span", { class: "pill warn" }, `version ${one.waiting} waits`)),
    el("td", {}, `${dayOf(one.starts_at, zone)} – ${dayOf(one.ends_at, zone)}`),
    el("td", {}, String(one.offers)), el("td", {}, `${one.holdout_pct} %`), el("td", {}, tries(one)),
    el("td", {}, age === undefined ? "" : age === 1 ? "1 day" : `${age} days`),
    el("td", {}, running ? el("button", { class: "button small-one", type: "button", on: { click: () => pause(one.id, one.state === "live") } }, one.state === "live" ? "Pause" : "Go on") : null));
}

function tries({ variants, bandit, design }) {
  if (bandit) return "learns";
  if (variants.length > 0) return `tests ${variants.length} ways`;
  return design === "switchback" ? "on and off by hours" : "";
}

function backlog({ backlog: ids }, lines, { open }) {
  const known = new Map(lines.map((one) => [one.id, one]));
  return el("section", { class: "panel", "aria-labelledby": "backlog-title" }, el("h2", { id: "backlog-title" }, "What comes next"),
    el("p", { class: "quiet small" }, "Not yet published, by impact × ease."),
    ids.length === 0 ? el("p", { class: "quiet" }, "Nothing waits.") : el("ol", { class: "ranked" }, ids.map((id) => {
      const one = known.get(id);
      return el("li", {}, el("button", { class: "link", type: "button", on: { click: () => open(id) } }, one?.name ?? id), one === undefined ? null : el("span", { class: "quiet" }, `${one.impact} × ${one.ease} = `, el("strong", {}, String(one.impact * one.ease))));
    })));
}

function lineage({ lines }, names) {
  return el("section", { class: "panel", "aria-labelledby": "lines-title" }, el("h2", { id: "lines-title" }, "Iterations"),
    lines.length === 0 ? el("p", { class: "quiet" }, "No campaign has a next version yet. What each version brought stands under Tests.") :
      el("ul", { class: "lines" }, lines.map((ids) => el("li", {}, ids.flatMap((id, at) => [at > 0 ? el("span", { class: "quiet", "aria-hidden": "true" }, "→") : null, el("a", { href: `/experiments#/test/${encodeURIComponent(id)}` }, `v${at + 1} `, names.get(id) ?? id)])))));
}

function gaps({ missing }) {
  const count = Object.keys(missing).length;
  return count === 0 ? null : el("p", { class: "panel warn-panel", role: "status" }, `${count === 1 ? "A picture is" : `${count} pictures are`} not in this store, for ${[...new Set(Object.values(missing).flat())].slice(0, 5).join(", ")}. Screens show the product’s own meanwhile.`);
}
