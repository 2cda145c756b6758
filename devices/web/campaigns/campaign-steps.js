/** A campaign's way from draft to live beside its form: one step after the other, each with its hand, and back again. */

import { el, icon } from "/web/element.js";
import { dayOf } from "/web/store-time.js";
import { stateOf } from "/web/campaign-list.js";

const HAND = "storeside-hand";

/** The name under which this tab's user acts, as the record takes it. */
export function hand() {
  try {
    return sessionStorage.getItem(HAND) ?? "";
  } catch {
    return "";
  }
}

/**
 * The panel. `at`: `{isDirty, lacks, version, line, versions, startsAt, now, zone, busy}` – `version` is the edition that the form
 * holds or null; `acts`: `{save, approve, publish, look(version), back(version), pause(paused), next,
 * discard}`.
 */
export function stepsPanel({ isDirty, lacks, version, line, versions, startsAt, now, zone, busy }, acts) {
  const state = version?.state ?? null;
  const waits = Date.parse(startsAt) > now.getTime();
  const steps = [
    ["Save draft", acts.save, (isDirty || (state === null && line === null)) && lacks === 0, state !== null && !isDirty],
    ["Approve", acts.approve, state === "draft" && !isDirty, ["approved", "live"].includes(state) && !isDirty],
    [waits ? `Publish: starts ${dayOf(startsAt, zone)}` : "Publish", acts.publish, state === "approved" && !isDirty, state === "live" && !isDirty],
  ];
  return [
    el("h2", {}, "From draft to live"),
    el("ol", { class: "steps" }, steps.map(([label, act, ready, done]) => el("li", { class: done ? "done" : ready ? "next" : "" },
      el("button", { class: ready ? "button main" : "button", type: "button", disabled: !ready || busy, on: { click: act } }, done ? icon("check", "done") : null, label)))),
    lacks > 0 ? el("p", { class: "quiet small" }, lacks === 1 ? "One thing is still missing." : `${lacks} things are still missing.`) : null,
    isDirty ? el("button", { class: "link", type: "button", disabled: busy, on: { click: acts.discard } }, "Throw away what is not saved") : null,
    named(), line === null ? null : standing(line, acts, busy), versions.length === 0 ? null : history(versions, version, zone, acts, busy),
  ].filter(Boolean);
}

function named() {
  const field = el("input", { class: "field", type: "text", id: "hand", maxlength: 40, pattern: "[A-Za-z0-9._\\-]{1,40}", autocomplete: "off", value: hand(), placeholder: "anna" });
  field.addEventListener("input", () => {
    try {
      if (field.validity.valid) sessionStorage.setItem(HAND, field.value);
    } catch {
      // Then the record says "console".
    }
  });
  return el("div", { class: "entry" }, el("label", { for: "hand" }, "Your name, for the record"), field);
}

function standing({ state }, { pause, next }, busy) {
  return el("div", { class: "row" }, el("span", {}, "Now: ", stateOf(state)),
    state === "live" ? el("button", { class: "button stop", type: "button", disabled: busy, on: { click: () => pause(true) } }, icon("pause"), "Pause at once") : null,
    state === "paused" ? el("button", { class: "button", type: "button", disabled: busy, on: { click: () => pause(false) } }, icon("play"), "Go on") : null,
    el("button", { class: "button", type: "button", on: { click: next } }, "Next version as a new test"));
}

function history(versions, shown, zone, { look, back }, busy) {
  return el("section", { "aria-labelledby": "versions-title" }, el("h3", { id: "versions-title" }, "Versions"), el("ol", { class: "versions" }, versions.map((one) => el("li", { "aria-current": one.version === shown?.version ? "true" : null },
    el("span", {}, el("strong", {}, `${one.version}`), " ", el("span", { class: `pill ${one.state === "live" ? "good" : ""}` }, one.state)),
    el("span", { class: "quiet small" }, `${one.why}, ${(one.published ?? one.approved ?? one.drafted).by}, ${dayOf((one.published ?? one.approved ?? one.drafted).at, zone)}`),
    el("span", { class: "row" }, el("button", { class: "link", type: "button", on: { click: () => look(one) } }, `Look at ${one.version}`),
      one.state === "ended" ? el("button", { class: "link", type: "button", disabled: busy, on: { click: () => back(one) } }, `Go back to ${one.version}`) : null)))));
}
