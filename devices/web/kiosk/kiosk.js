/**
 * The kiosk: attract, a way in, what may be used, and the person's own tiles; then everything is cleared.
 * What belongs to a person lives in this page's memory and DOM only, in `session`, and goes with it.
 */

import { guard } from "/web/door.js";
import { byId, write } from "/web/element.js";
import { Idle } from "/web/idle.js";
import { deviceInPath, Line } from "/web/line.js";
import { useMoney } from "/web/money.js";
import { showName } from "/web/nameplate.js";
import { ASKED, LANGUAGES } from "/web/words.js";
import * as views from "/web/kiosk-views.js";

/** How long a person waits for the store before the kiosk offers to go on without. */
const PATIENCE_MS = 6_000;
/** A personal show follows an accepted sign-in on its own; past this it is asked for. */
const SHOW_WAIT_MS = 2_500;
const TILES = { placement: "kiosk-home", limit: 6, deadline_ms: 800 };

const device = deviceInPath();
const line = new Line(device, { durable: ({ type }) => type === "sign-out" });
const idle = new Idle({
  onWarn: (seconds) => views.warn(words(), seconds, { stay: () => {}, leave: () => end("person") }),
  onReturn: () => views.unwarn(),
  onEnd: () => end("idle"),
});

let home = { language: "en", daypart: "any", show: null, notice: "", asked: [] };
let language = "en";
let session = null;
/** While a sign-out is on its way, a late personal show belongs to whoever just left. */
let leaving = false;
let ending = 0;

function words() {
  return LANGUAGES[language];
}

/** Draws the view that fits the moment; `session` is null only in the attract loop. */
function draw() {
  document.documentElement.lang = language;
  views.languages(language, speak);
  views.leaveButton(session === null ? null : words(), () => end("person"));
  byId("view").replaceChildren(view());
  scrollTo(0, 0);
  if (session !== null) (byId("view").querySelector("[data-first]") ?? byId("view").querySelector("h1"))?.focus();
}

function view() {
  if (session === null) return views.attract(words(), home, { go: begin, guest });
  const say = words();
  switch (session.step) {
    case "code":
    case "card": return views.scanner(say, session.step, { back: () => end("person"), take: (value) => identify(methodOf(session.step, value), value) });
    case "pad": return views.typing(say, { back: () => end("person"), take: identify });
    case "ask": return views.consent(say, home.asked, { go: signIn, guest });
    case "wait": return views.waiting(say);
    case "failed": return views.failed(say, session.away, { again: () => begin(session.way), guest });
    default: return views.tiles(say, { ...session, locale: language }, { react, stop, codeOf });
  }
}

/** Where the store draws the code that opens the own page with this ticket. */
function codeOf(ticket) {
  return ticket ? `/v1/pages/${device}/codes/${encodeURIComponent(ticket)}` : null;
}

function methodOf(step, value) {
  return step === "card" || /^\d{6,20}$/.test(value) ? "loyalty" : "qr";
}

function begin(way) {
  session = { step: way, way, mine: false };
  idle.start();
  draw();
}

function identify(method, value) {
  session = { ...session, step: "ask", method, value };
  draw();
}

async function signIn(purposes) {
  const { method, value, way } = session;
  const asking = { step: "wait", way, mine: true };
  session = asking;
  draw();
  const told = line.send("sign-in", { method, value, purposes, notice_id: home.notice, locale: language === "es" ? "es-US" : "en-US" });
  const receipt = await Promise.race([told, after(PATIENCE_MS)]);
  if (session !== asking) return;
  if (receipt?.accepted) return welcome(asking);
  if (receipt === undefined) line.forget();
  session = { step: "failed", way, mine: receipt === undefined, away: receipt === undefined };
  draw();
}

/** Signed in: the personal show comes by itself, or is asked for once. */
async function welcome(asking) {
  await after(SHOW_WAIT_MS);
  if (session !== asking) return;
  const show = await line.ask(TILES);
  if (session === asking) put({ ...asking, show: show ?? home.show });
}

/** Something for everybody to look at, for as long as the store has not sent anything by itself. */
async function attract() {
  const show = await line.ask(TILES);
  if (home.show === null && show !== null && show.kind !== "personal" && show.items.length > 0) take(show);
}

async function guest() {
  const mine = session?.mine ?? false;
  if (mine) signOut("person");
  const here = { step: "tiles", mine: false, show: home.show };
  session = here;
  idle.start();
  draw();
  const show = await line.ask(TILES);
  if (session === here && show !== null && show.kind !== "personal") put({ ...here, show });
}

function put(next) {
  session = { ...next, step: "tiles" };
  idle.start();
  draw();
  clearTimeout(ending);
  const { show } = session;
  if (show === null) return;
  if (show.kind === "personal") void line.send("feedback", { decision_id: show.decision_id, action: "view" });
  ending = setTimeout(() => void renew(show), line.lifeMs(show));
}

/** Personal content may not stay past its time: it is renewed for whoever is still here, or goes. */
async function renew(show) {
  const next = await line.ask(TILES);
  if (session?.show?.decision_id !== show.decision_id) return;
  if (next !== null) put({ ...session, show: next });
  else if (show.kind === "personal") put({ ...session, show: home.show });
}

function take(show) {
  if (show.kind !== "personal") {
    home = { ...home, show };
    if (session === null) draw();
    return;
  }
  if (leaving || line.lifeMs(show) === 0) return;
  put({ way: session?.way, mine: session?.mine ?? false, show });
}

/** One tap on a tile's answer; "not for me" takes the tile away at once. */
function react(item, action) {
  const { show } = session;
  void line.send("feedback", { decision_id: show.decision_id, item_id: item.item_id, action });
  if (action === "touch") return;
  views.closeDetail();
  write(byId("told"), words().noted);
  if (action !== "not-for-me") return;
  session = { ...session, show: { ...show, items: show.items.filter((other) => other !== item) } };
  draw();
}

/** Consent taken back here: nothing of the person is used from now on, and the screen is cleared. */
function stop() {
  void line.send("consent", { action: "withdraw", purposes: home.asked });
  end("person", words().stopped);
}

function signOut(reason) {
  leaving = true;
  void line.send("sign-out", { reason }).then(() => { leaving = false; });
}

/** The end of every session: DOM, memory, address and what was not yet sent, all at once. */
function end(reason, farewell = null) {
  const signedIn = session?.mine ?? false;
  const last = words();
  clear();
  if (signedIn) signOut(reason);
  write(byId("told"), farewell ?? last.ended);
}

function clear() {
  clearTimeout(ending);
  idle.stop();
  session = null;
  language = home.language;
  line.forget();
  views.closeAll();
  write(byId("told"), "");
  history.replaceState(null, "", location.pathname);
  performance.clearResourceTimings();
  draw();
}

function speak(code) {
  language = code;
  draw();
}

function after(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

line.addEventListener("hello", ({ detail }) => {
  useMoney(detail);
  const code = String(detail.locale).slice(0, 2);
  const asked = ASKED.filter((purpose) => detail.purposes.includes(purpose));
  home = { ...home, language: code in LANGUAGES ? code : "en", notice: detail.notice, asked };
  if (home.show === null) void attract();
  if (session !== null) return;
  language = home.language;
  draw();
});
line.addEventListener("context", ({ detail }) => {
  home = { ...home, daypart: detail.daypart ?? "any" };
  if (session === null) draw();
});
line.addEventListener("show", ({ detail }) => take(detail));
line.addEventListener("cmd", ({ detail }) => {
  if (detail.command === "clear") clear();
  else if (detail.command === "identify") showName(device);
  else if (session === null) location.reload();
});
addEventListener("pagehide", () => { if (session !== null) clear(); });
addEventListener("pageshow", (event) => { if (event.persisted) clear(); });

guard(line, { title: "Connect this kiosk", label: "Password of the device" });
draw();
void line.open();
