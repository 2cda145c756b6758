/** The overview of the console: health strip, figures, devices, the line to the centre, consents, refusals. */

import { chart, ratio } from "/web/chart.js";
import { byId, el, icon, ownAddress, placeName, write } from "/web/element.js";

/** Past this the queue to the centre is worth a look, though nothing is lost. */
const OLD_S = 60;
const GOOD_STATES = new Set(["ready", "sleeping", "init"]);
/** A clock that is further off should be set. */
const CLOCK_ALARM_S = 60;
const COUNTS = [["visits", "visits"], ["identified", "known"], ["decisions", "decisions"], ["personal", "personal"], ["shows", "shows"], ["plays", "plays"], ["answers", "answers"], ["receipts", "receipts"]];
const history = { decision: [], screen: [] };

/** Draws everything of `overview`; `lineState` is this page's own line to the service. */
export function drawOverview(overview, lineState) {
  remember(overview);
  drawHead(overview.store);
  byId("health").replaceChildren(...health(overview, lineState));
  byId("rate").replaceChildren(...hitRate(overview.hit_rate_at_10));
  byId("complement").replaceChildren(...complementRate(overview.complement_rate));
  byId("counts").replaceChildren(...COUNTS.map(([key, label]) => el("li", {}, el("strong", {}, number(overview.counts[key])), el("span", { class: "quiet" }, label))));
  drawDevices(overview.devices);
  byId("centre").replaceChildren(...centre(overview));
  byId("consents").replaceChildren(...bars(overview.consents, "Nobody has agreed to anything yet."));
  byId("rungs").replaceChildren(...Object.entries(overview.rungs).flatMap(([input, rung]) => pair(placeName(input), rungPill(rung))));
  byId("refusals").replaceChildren(...bars(overview.refusals, "Nothing refused."));
  drawPages(overview.pages);
}

function remember({ latency_ms: latency }) {
  keep(history.decision, latency.decision.p50);
  keep(history.screen, latency.signal_to_screen.p50);
}

function keep(values, value) {
  if (Number.isFinite(value)) values.push(value);
  if (values.length > 120) values.shift();
}

function drawHead(store) {
  write(byId("store"), store.name);
  byId("market").hidden = false;
  write(byId("market"), String(store.market).toUpperCase());
  byId("demo").hidden = !store.demo;
  write(byId("clock"), storeTime(store));
  write(byId("speed"), store.speed > 0 && store.speed !== 1 ? `× ${store.speed}` : "");
}

/** The store's own wall clock; in UTC, and saying so, where the store does not tell its time zone. */
function storeTime({ clock, timezone }) {
  const at = new Date(clock);
  if (Number.isNaN(at.getTime())) return "";
  const parts = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  return `${at.toLocaleString("en-GB", { ...parts, timeZone: timezone ?? "UTC" })}${timezone ? "" : " UTC"}`;
}

function health({ devices, outbox, hub, model, latency_ms: latency }, lineState) {
  const ready = devices.filter(({ state }) => GOOD_STATES.has(state)).length;
  const queue = outbox.parked + outbox.dropped > 0 ? "bad" : outbox.oldest_s > OLD_S ? "warn" : "good";
  return [
    cell("pulse", "Service", lineState === "up" ? "good" : "bad", lineState === "up" ? "Running" : "Not reached", lineState === "up" ? "live" : "last known state below"),
    cell("screen", "Devices", ready === devices.length ? "good" : "warn", `${ready} of ${devices.length}`, "ready"),
    cell("hub", "Hub", hub.state === "up" ? "good" : "bad", hub.state === "up" ? "Connected" : "Cut off", hub.state === "up" ? `heard ${ago(hub.last_contact_s)}` : "the store goes on alone"),
    cell("box", "Outbox", queue, number(outbox.pending), outbox.pending === 0 ? "all sent" : `waiting, oldest ${span(outbox.oldest_s)}`),
    cell("brain", "Model", modelState(model), model.label, modelWords(model)),
    cell("clock", "Decision", "good", ms(latency.decision.p50), `p99 ${ms(latency.decision.p99)}`, chart(history.decision)),
    cell("target", "Signal to screen", "good", ms(latency.signal_to_screen.p50), `p99 ${ms(latency.signal_to_screen.p99)}`, chart(history.screen)),
  ];
}

function modelState({ fallback, active, label, night }) {
  return (fallback && active !== label) || night === "kept-back" ? "warn" : "good";
}

function modelWords({ fallback, active, label, known, lines_known: lines, night }) {
  const answers = fallback ? (active === label ? "the store's own counts answer" : `its own counts answer for ${active}`) : null;
  const share = known == null ? null : `knows ${percent(known)} of the goods${lines == null ? "" : `, ${percent(lines)} of last week's lines`}`;
  return [answers, share, night == null ? null : `last night: ${night}`].filter(Boolean).join("; ");
}

function cell(sign, title, state, value, more, line = null) {
  return el("div", { class: `cell ${state}` }, el("p", { class: "cell-title" }, icon(sign), title, el("span", { class: "dot", role: "img", "aria-label": STATE_WORDS[state] })),
    el("p", { class: "cell-value" }, value), el("p", { class: "quiet small" }, more), line);
}

const STATE_WORDS = { good: "in order", warn: "needs a look", bad: "not in order" };

function hitRate(told) {
  return rate(told, "Hit rate at 10", `of ${number(told.visits)} known visits bought what was picked at arrival`, "after the first known visit with a basket");
}

function complementRate(told) {
  return rate(told, "Complement rate", `of ${number(told.baskets)} baskets (${number(told.identified)} known) took what the till showed`, "after the first basket with an answer");
}

function rate({ value, baseline, popular }, title, words, before) {
  const known = Number.isFinite(value);
  return [
    el("div", { class: "big" }, el("p", { class: "quiet" }, title), el("strong", {}, known ? percent(value) : "–"), el("p", { class: "quiet small" }, known ? words : before)),
    el("div", { class: "versus" }, ratio("Storeside", value, "ours"), ratio("Own most bought", baseline, "theirs"), ratio("Best sellers", popular, "theirs")),
  ];
}

function drawDevices(devices) {
  byId("devices").replaceChildren(...devices.map((device) => {
    const state = device.state === "lost" || device.state === "disconnected" ? "bad" : GOOD_STATES.has(device.state) ? "good" : "warn";
    return el("tr", {}, el("th", { scope: "row" }, device.name, el("span", { class: "quiet small" }, ` ${device.class}`)), el("td", {}, el("span", { class: `pill ${state}` }, device.state)),
      el("td", {}, placeName(device.zone) || "–"), el("td", { class: "quiet" }, device.last_seen ? ago((Date.now() - Date.parse(device.last_seen)) / 1_000) : "never", clockOff(device.clock_off_s)));
  }));
}

/** A clock that somebody should set: its times are repaired, but nobody should have to. */
function clockOff(seconds) {
  if (Math.abs(seconds ?? 0) <= CLOCK_ALARM_S) return null;
  return el("span", { class: "pill warn" }, `clock ${span(Math.abs(seconds))} ${seconds > 0 ? "ahead" : "behind"}`);
}

function centre({ outbox, hub }) {
  const streams = Object.entries(hub.streams).flatMap(([name, { version, age_s: age }]) => pair(placeName(name), `${version ?? "–"} · ${ago(age)}`));
  return [
    ...pair("Sent up", number(outbox.sent)), ...pair("At the hub", hub.events === null ? "not told" : number(hub.events)),
    ...pair("Parked", number(outbox.parked)), ...pair("Dropped", number(outbox.dropped)), ...streams,
  ];
}

function drawPages(pages) {
  const links = pages.map(({ title, url }) => [title, ownAddress(url)]).filter(([, href]) => href !== null);
  const known = byId("pages").dataset.known;
  const now = JSON.stringify(links);
  if (known === now) return;
  byId("pages").dataset.known = now;
  byId("pages").replaceChildren(...links.map(([title, href]) => el("li", {}, el("a", { href, target: "_blank", rel: "noopener" }, icon("screen"), el("span", {}, title), icon("open")))));
}

function bars(values, none) {
  const rows = Object.entries(values).sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...rows.map(([, count]) => count));
  if (rows.length === 0) return [el("dt", { class: "quiet" }, none)];
  return rows.flatMap(([name, count]) => {
    const bar = el("span", { class: "bar" });
    bar.style.setProperty("--share", String(count / most));
    return [el("dt", {}, placeName(name)), el("dd", {}, bar, el("span", {}, number(count)))];
  });
}

function rungPill(rung) {
  const state = { use: "good", degrade: "warn", drop: "bad" }[rung] ?? "warn";
  const words = { use: "used", degrade: "with care", drop: "left out" }[rung] ?? rung;
  return el("span", { class: `pill ${state}` }, words);
}

function pair(name, value) {
  return [el("dt", {}, name), el("dd", {}, value)];
}

function number(value) {
  return Number.isFinite(value) ? value.toLocaleString("en-US") : "–";
}

function percent(value) {
  return `${(value * 100).toFixed(1)} %`;
}

function ms(value) {
  if (!Number.isFinite(value)) return "–";
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}

function span(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function ago(seconds) {
  return Number.isFinite(seconds) ? `${span(Math.max(0, seconds))} ago` : "never";
}
