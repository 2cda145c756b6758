/** The console: health first, then who is in the store, what was decided and why, and what came of it. */

import { drawOverview } from "/web/console-overview.js";
import { Feed } from "/web/console-feed.js";
import { Floor } from "/web/console-floor.js";
import { learnNames, openWhy } from "/web/console-why.js";
import { guard } from "/web/door.js";
import { byId, icon } from "/web/element.js";
import { Line } from "/web/line.js";
import { useMoney } from "/web/money.js";

const line = new Line("console", { stream: "/v1/stream" });
const why = (id, known) => void openWhy(line, id, known);
const floor = new Floor(why);
const feed = new Feed(why);
let overview = null;

/** Happenings come in bursts; the page is drawn once a frame. */
let drawing = false;
function soon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    floor.draw();
    feed.draw();
  });
}

function on(name, take) {
  line.addEventListener(name, ({ detail }) => {
    take(detail);
    soon();
  });
}

function draw() {
  if (overview === null) return;
  drawOverview(overview, line.state);
  floor.know(overview.devices.map(({ zone }) => zone));
  drawPause(overview.store.paused);
}

function drawPause(paused) {
  const button = byId("pause");
  byId("paused").hidden = !paused;
  if (button.getAttribute("aria-pressed") === String(paused) && !button.hidden) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(paused));
  button.replaceChildren(icon(paused ? "play" : "pause"), paused ? "Go on" : "Pause all");
}

async function pause() {
  const button = byId("pause");
  button.disabled = true;
  const paused = !overview.store.paused;
  if (await line.post("/v1/pause", { paused })) {
    overview = { ...overview, store: { ...overview.store, paused } };
    draw();
  }
  button.disabled = false;
}

on("overview", (detail) => {
  overview = detail;
  useMoney(detail.store);
  draw();
});
on("visit", (detail) => floor.visit(detail));
on("decision", (detail) => {
  learnNames(detail);
  floor.decision(detail);
  feed.decision(detail);
});
on("basket", (detail) => floor.basket(detail));
on("play", () => feed.count("plays"));
on("feedback", (detail) => feed.answer(detail));
on("consent", (detail) => floor.consent(detail));
line.addEventListener("state", async ({ detail }) => {
  document.body.dataset.line = detail;
  draw();
  if (detail !== "up") return;
  for (const row of (await line.get("/v1/visits")) ?? []) floor.found(row);
  soon();
});
byId("pause").addEventListener("click", () => void pause());

guard(line, { title: "Open the console", label: "Admin key of the store" });
void line.open();
