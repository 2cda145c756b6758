/**
 * The shopper's own page, opened with the code of a signed-in kiosk: what the store knows, why it showed what
 * it showed, and the ways to take consent back, take the data along, or have it erased. Nothing is kept here.
 */

import { byId, el, icon, write } from "/web/element.js";

const PURPOSES = {
  recognise: ["Know that it is me", "You sign in once; screens and the till know you for this visit."],
  "personalise-private": ["Choose products for me", "On the kiosk after you signed in, and on this page."],
  "personalise-public": ["Fit the big screens to me", "Never with a name."],
  "associate-assist": ["Let staff help me better", "Staff see suggestions, not your purchases."],
  "checkout-offer": ["Offers at the till", "Before you pay."],
  measure: ["Count whether it helped", "What was shown and what was bought."],
  train: ["Learn from my purchases", "So that suggestions get better for everybody."],
  share: ["Share with partners", "With companies named in the notice."],
};

const FAILED = "That did not work. Please try again.";

async function open() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get("t");
  history.replaceState(null, "", location.pathname);
  if (ticket !== null) await posted("/v1/me/session", { ticket });
  await draw();
}

async function draw() {
  const me = await asked("/v1/me");
  byId("view").replaceChildren(...(me === null ? closed() : page(me)));
}

function page(me) {
  return [
    el("section", { class: "hero" }, el("p", { class: "quiet" }, "In this store you are"), el("h1", {}, me.alias),
      el("p", { class: "quiet" }, "An invented name. The store keeps no e-mail, phone or card number of yours.")),
    el("section", { class: "facts", "aria-label": "What the store knows" },
      fact(me.known.trips, "visits"), fact(me.known.items, "products"), fact(day(me.known.since, { year: "numeric", month: "short" }), "known since")),
    card("shield", "What may be used", el("ul", { class: "purposes" }, Object.entries(PURPOSES).map(([purpose, words]) => choice(purpose, words, me.consents[purpose] === true))),
      el("p", { class: "quiet small" }, "Switching off works at once, on every screen. To switch something on, use the kiosk: there you see the notice first.")),
    card("brain", "Why you saw what you saw", me.why.length === 0 ? el("p", { class: "quiet" }, "Nothing was chosen for you yet.") : el("ul", { class: "why" }, me.why.map((words) => el("li", {}, words)))),
    card("clock", "Your choices so far", el("ol", { class: "receipts" }, me.receipts.map(receipt))),
    el("section", { class: "rights" },
      el("button", { class: "button", type: "button", on: { click: takeAlong } }, icon("box"), "Take my data along"),
      el("button", { class: "button", type: "button", on: { click: () => sure("Use nothing of mine?", "Everything above is switched off at once. You can go on shopping as before.", "Switch everything off", withdrawAll) } }, icon("shield"), "Switch everything off"),
      el("button", { class: "button stop", type: "button", on: { click: () => sure("Erase everything?", "All that this store remembers of you is erased, and cannot be brought back.", "Erase my data", erase) } }, icon("erase"), "Erase my data")),
  ];
}

function closed() {
  return [el("section", { class: "hero alone" }, el("h1", {}, "This page is closed"),
    el("p", { class: "quiet" }, "For your safety it opens only with a fresh code, for 15 minutes. Sign in at the kiosk and point your camera at the code shown there."))];
}

function card(sign, title, ...content) {
  return el("section", { class: "card" }, el("h2", {}, icon(sign), title), ...content);
}

function fact(value, label) {
  return el("p", {}, el("strong", {}, String(value)), el("span", { class: "quiet small" }, label));
}

function choice(purpose, [title, words], given) {
  const box = el("input", { type: "checkbox", role: "switch", checked: given, disabled: !given });
  box.addEventListener("change", async () => {
    box.disabled = true;
    const taken = await posted("/v1/me/withdraw", { purposes: [purpose] });
    box.disabled = taken !== null;
    box.checked = taken === null;
    tell(taken === null ? FAILED : `“${title}” is off from now on.`);
  });
  return el("li", {}, el("label", {}, el("span", {}, el("strong", {}, title), el("span", { class: "quiet small" }, words)), box));
}

function receipt({ purpose, state, given_at: at, channel }) {
  const kind = state === "given" ? "good" : "bad";
  return el("li", {}, el("span", { class: `pill ${kind}` }, state), el("strong", {}, PURPOSES[purpose]?.[0] ?? purpose),
    el("span", { class: "quiet small" }, `${day(at)} · ${channel}`));
}

/** Asks once more before something that cannot be taken back; both answers are equally big. */
function sure(title, words, yes, act) {
  const box = byId("sure");
  const go = async () => {
    box.close();
    await act();
  };
  box.replaceChildren(el("h2", { id: "sure-title" }, title), el("p", {}, words),
    el("button", { class: "button main", type: "button", on: { click: go } }, yes),
    el("button", { class: "button", type: "button", on: { click: () => box.close() } }, "Leave it as it is"));
  box.showModal();
}

async function withdrawAll() {
  const taken = await posted("/v1/me/withdraw", { purposes: Object.keys(PURPOSES) });
  tell(taken === null ? FAILED : "Everything is switched off.");
  if (taken !== null) await draw();
}

async function erase() {
  const gone = await posted("/v1/me/erase", {});
  if (gone === null) return tell(FAILED);
  const rows = Object.values(gone.counts ?? {}).reduce((sum, count) => sum + count, 0);
  byId("view").replaceChildren(el("section", { class: "hero alone" }, el("h1", {}, "You are forgotten"),
    el("p", {}, `${rows} records were erased. This is your receipt:`), el("p", { class: "pill" }, String(gone.id)),
    el("p", { class: "quiet" }, "You can close this page.")));
}

/** Hands the person a file made in this page; nothing stays behind. */
async function takeAlong() {
  const all = await asked("/v1/me/export");
  if (all === null) return tell(FAILED);
  const url = URL.createObjectURL(new Blob([JSON.stringify(all, null, 2)], { type: "application/json" }));
  el("a", { href: url, download: "storeside-my-data.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
  tell("Your data is in your downloads.");
}

function tell(words) {
  byId("told").hidden = false;
  write(byId("told"), words);
}

function day(time, parts = { year: "numeric", month: "short", day: "numeric" }) {
  const at = new Date(time ?? "");
  return Number.isNaN(at.getTime()) ? "–" : at.toLocaleDateString(undefined, parts);
}

async function asked(path) {
  return answer(fetch(path));
}

async function posted(path, body) {
  return answer(fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));
}

/** The JSON of a good answer, `{}` for a good answer without one, null for every other. */
async function answer(request) {
  try {
    const response = await request;
    if (!response.ok) return null;
    return response.status === 204 ? {} : await response.json();
  } catch {
    return null;
  }
}

addEventListener("pagehide", () => byId("view").replaceChildren());
addEventListener("pageshow", (event) => { if (event.persisted) void draw(); });
void open();
