/** Tests as they run: what each has shown so far, the winner made the rule with one press, and the board of key figures. */

import { guard } from "/web/door.js";
import { byId, el, write } from "/web/element.js";
import { keyFigures, triggerBoard } from "/web/key-figures.js";
import { Line } from "/web/line.js";
import { useMoney } from "/web/money.js";
import { testCard } from "/web/test-card.js";

/** Results move with every sale; figures are worked out anew this often, and never while the last look is under way. */
const LOOK_MS = 5_000;

const line = new Line("console", { stream: "/v1/stream" });
const open = new Map();
let zone = "UTC";
let drawn = "";
let timer = 0;

async function look() {
  clearTimeout(timer);
  const tests = await line.get("/v1/experiments");
  const reports = await Promise.all([...open.keys()].map(async (id) => [id, await line.get(`/v1/experiments/${encodeURIComponent(id)}`)]));
  for (const [id, report] of reports) if (report !== null && open.has(id)) open.set(id, report);
  if (tests !== null) draw(tests);
  const [kpis, triggers] = [await line.get("/v1/kpis"), await line.get("/v1/triggers")];
  if (kpis !== null) replace("board", keyFigures(kpis));
  if (triggers !== null) replace("triggers", [triggerBoard(triggers)]);
  timer = setTimeout(() => void look(), LOOK_MS);
}

/** Draws the tests if anything changed, and leaves the focus where it was. */
function draw(tests) {
  const now = JSON.stringify([tests, [...open]]);
  if (now === drawn) return;
  drawn = now;
  replace("tests", tests.length === 0 ? [el("li", { class: "panel quiet" }, "No test runs yet. Every published campaign is one: some people are held out of it.")] :
    tests.map((test) => testCard(test, open.get(test.id) ?? null, zone, { toggle, promote: ask })));
  write(byId("looked"), `${tests.length === 1 ? "One test" : `${tests.length} tests`}, as of now`);
}

function replace(id, nodes) {
  const focus = byId(id).contains(document.activeElement) ? document.activeElement.id : "";
  byId(id).replaceChildren(...nodes);
  if (focus !== "") byId(focus)?.focus();
}

async function toggle(id) {
  if (!open.delete(id)) {
    const report = await line.get(`/v1/experiments/${encodeURIComponent(id)}`);
    if (report === null) return tell("The store cannot be reached just now.");
    open.set(id, report);
  }
  void look();
}

/** Asks once: from then on the arm is all that the campaign does. */
function ask({ id, name }, arm) {
  const box = byId("sure");
  const stop = arm === "held-out";
  const go = async () => {
    box.close();
    const { status, body } = await line.call("POST", `/v1/experiments/${encodeURIComponent(id)}/promote`, { arm });
    tell(status === 200 ? (stop ? `“${name}” is stopped. It is in the campaign’s versions, and can be taken back there.` : `“${arm}” is the rule of “${name}” now. It is in the campaign’s versions, and can be taken back there.`)
      : status === 0 ? "The store cannot be reached just now. Nothing was changed." : `Nothing was changed: ${body?.detail ?? body?.title ?? "the store did not take it"}.`);
    if (status === 200) open.set(id, body);
    void look();
  };
  box.replaceChildren(el("h2", { id: "sure-title" }, stop ? `Stop “${name}”?` : `Make “${arm}” the rule of “${name}”?`),
    el("p", {}, stop ? "No screen shows it from now on." : "Everybody but those held out gets this arm from now on; those held out stay, so that the rule goes on being measured."),
    el("div", { class: "row" }, el("button", { class: "button main", type: "button", on: { click: () => void go() } }, stop ? "Stop it" : "Make it the rule"),
      el("button", { class: "button", type: "button", on: { click: () => box.close() } }, "Go on testing")));
  box.showModal();
}

function tell(words) {
  byId("told").hidden = false;
  write(byId("told"), words);
}

line.addEventListener("overview", ({ detail }) => {
  zone = detail.store.timezone ?? "UTC";
  useMoney(detail.store);
  write(byId("store"), detail.store.name);
});
line.addEventListener("state", ({ detail }) => {
  document.body.dataset.line = detail;
  byId("away").hidden = detail === "up";
  if (detail === "up") void look();
});
const asked = /^#\/test\/(.+)$/.exec(location.hash);
if (asked !== null) open.set(decodeURIComponent(asked[1]), null);

guard(line, { title: "Open the console", label: "Admin key of the store" });
void line.open();
