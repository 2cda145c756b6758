/**
 * The public screen: one board of up to three offers, never a name, never blank. When the line is cut it
 * keeps the last board; when personal content runs out it goes back to what is for everybody.
 */

import { board, greeting, houseBoard } from "/web/boards.js";
import { guard } from "/web/door.js";
import { byId, el, placeName, write } from "/web/element.js";
import { deviceInPath, Line } from "/web/line.js";
import { useMoney } from "/web/money.js";
import { showName } from "/web/nameplate.js";
import { PlayLog } from "/web/playlog.js";

/** How long one offer leads the board before the next one does. */
const TURN_MS = 8_000;
/** Everything moves by a few pixels once a minute, so that no edge burns into the panel. */
const SHIFT_MS = 60_000;
const SHIFTS = [[0, 0], [4, 2], [6, 6], [2, 8], [-4, 6], [-6, 0], [-2, -4], [2, -6]];

const device = deviceInPath();
const line = new Line(device, { durable: ({ type }) => type === "play" });
const plays = new PlayLog(line);

let shown = null;
let forEverybody = null;
let context = {};
let zone = "";
let turn = 0;
let turning = 0;
let ending = 0;

function take(show) {
  if (!Array.isArray(show.items) || show.items.length === 0) return;
  if (show.kind === "personal" && line.lifeMs(show) === 0) return;
  if (show.kind !== "personal") forEverybody = show;
  if (looksLike(show)) shown = show;
  else put(show);
  clearTimeout(ending);
  ending = setTimeout(() => void expire(show), line.lifeMs(show));
}

/** Whether the board says the same as `show`, under whatever decision: then it goes on without a start anew. */
function looksLike({ kind, slots, items }) {
  return shown !== null && shown.kind === kind && JSON.stringify([shown.slots, shown.items]) === JSON.stringify([slots, items]);
}

/** A board for everybody stays until a newer one comes, also without a line; a personal one goes. */
async function expire(show) {
  if (show.kind === "personal") withdraw();
  if (line.state === "down") return;
  const next = await line.ask({ placement: show.placement, limit: 3, deadline_ms: 500 });
  if (next !== null && shown === (show.kind === "personal" ? forEverybody : show)) take(next);
}

/** Takes personal content off and shows what is for everybody. */
function withdraw() {
  clearTimeout(ending);
  if (shown !== null && shown.kind !== "personal") return;
  put(forEverybody);
}

function put(show) {
  plays.end();
  shown = show;
  turn = 0;
  clearInterval(turning);
  draw();
  if (show === null) return;
  plays.begin(show, show.items.length * TURN_MS);
  turning = setInterval(next, TURN_MS);
}

function next() {
  turn = (turn + 1) % shown.items.length;
  if (turn === 0) {
    plays.end();
    plays.begin(shown, shown.items.length * TURN_MS);
  }
  if (shown.items.length > 1) draw();
}

function draw() {
  const stage = byId("board");
  const filled = shown === null ? houseBoard(context) : board(shown.items, turn);
  stage.className = shown === null ? "board house" : "board";
  stage.dataset.count = String(filled.length);
  stage.replaceChildren(...filled);
  write(byId("title"), shown?.slots?.title ?? shown?.title ?? greeting(context.daypart));
  write(byId("subtitle"), shown?.slots?.subtitle ?? "");
  drawSteps(shown?.items.length ?? 0);
}

function drawSteps(count) {
  const steps = Array.from({ length: count > 1 ? count : 0 }, (_, at) => el("li", { "aria-current": at === turn ? "step" : null }));
  byId("steps").replaceChildren(...steps);
}

function drawContext() {
  document.body.dataset.daypart = context.daypart ?? "";
  write(byId("weather"), context.weather?.value ?? "");
  if (shown === null) draw();
}

function command({ command: order }) {
  if (order === "clear") withdraw();
  else if (order === "identify") showName(zone === "" ? device : `${device} · ${placeName(zone)}`);
  else location.reload();
}

function shift() {
  const step = Math.floor(Date.now() / SHIFT_MS) % SHIFTS.length;
  const [x, y] = SHIFTS[step];
  byId("stage").style.translate = `${x}px ${y}px`;
}

line.addEventListener("hello", ({ detail }) => {
  useMoney(detail);
  zone = detail.zone ?? "";
  document.documentElement.lang = detail.locale ?? "en";
  write(byId("store"), detail.name ?? "Storeside");
  write(byId("place"), placeName(zone));
  if (shown !== null) draw();
});
line.addEventListener("show", ({ detail }) => take(detail));
line.addEventListener("context", ({ detail }) => {
  context = detail;
  drawContext();
});
line.addEventListener("cmd", ({ detail }) => command(detail));
line.addEventListener("state", ({ detail }) => { document.body.dataset.line = detail; });

guard(line, { title: "Connect this display", label: "Password of the device" });
draw();
shift();
setInterval(shift, SHIFT_MS);
void line.open();
