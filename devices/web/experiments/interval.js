/** An effect with its interval as a bar around nought, drawn by ourselves; the words beside it say the same. */

import { el, svg } from "/web/element.js";

const WIDTH = 240;
const HEIGHT = 26;
const MIDDLE = WIDTH / 2;
/** What is left free at both ends, as a part of the half. */
const AIR = 0.12;

/** The furthest from nought that any of `ranges` goes, so that bars beside each other have one scale. */
export function furthest(ranges) {
  return Math.max(...ranges.flatMap(({ value, low, high }) => [value, low, high]).filter((one) => one !== null).map(Math.abs), Number.EPSILON);
}

/** `{value, low, high}` in one unit; an open end (null) runs to the edge. `kind`: "good", "bad" or "" for not told apart. */
export function interval(range, kind, scale = furthest([range])) {
  const { value, low, high } = range;
  const reach = scale * (1 + AIR);
  const at = (amount, open) => (amount === null ? open : MIDDLE + (amount / reach) * MIDDLE);
  const [left, right] = [at(low, 0), at(high, WIDTH)];
  return svg("svg", { class: `interval ${kind}`, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    svg("line", { class: "nought", x1: MIDDLE, x2: MIDDLE, y1: 1, y2: HEIGHT - 1 }),
    svg("rect", { class: "range", x: left.toFixed(1), y: 8, width: Math.max(2, right - left).toFixed(1), height: HEIGHT - 16, rx: 5 }),
    svg("circle", { class: "value", cx: at(value, MIDDLE).toFixed(1), cy: HEIGHT / 2, r: 6 }));
}

/** `12.345` -> `+12.3 %`; how a share is written. */
export function percent(share) {
  return share === null || !Number.isFinite(share) ? "–" : `${share > 0 ? "+" : ""}${(share * 100).toFixed(1)} %`;
}

/** What an interval means at a glance: a figure, and its ends in brackets. */
export function told({ value, low, high }, write) {
  return el("span", { class: "told-interval" }, el("strong", {}, write(value)), low === null || high === null ? null : el("span", { class: "quiet" }, ` ${write(low)} … ${write(high)}`));
}
