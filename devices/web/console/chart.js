/** The two small charts of the console, drawn as SVG by ourselves: a line of the last minutes, and a share bar. */

import { el, svg } from "/web/element.js";

const WIDTH = 120;
const HEIGHT = 28;

/** The last values as a line, scaled from zero; decorative, the figure beside it says the value. */
export function chart(values) {
  const top = Math.max(...values, Number.EPSILON);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, at) => `${(at * step).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`);
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("polyline", { points: points.join(" "), fill: "none", stroke: "currentColor", "stroke-width": 2, "vector-effect": "non-scaling-stroke" }));
}

/** A named share 0..1 as a bar with its figure; an unknown one says so. */
export function ratio(name, share, kind) {
  const known = Number.isFinite(share);
  const bar = el("span", { class: `bar ${kind}` });
  bar.style.setProperty("--share", String(known ? share : 0));
  return el("p", { class: "ratio" }, el("span", {}, name), bar, el("span", {}, known ? `${(share * 100).toFixed(1)} %` : "–"));
}
