/** What each step of the kiosk looks like. Every view is a plain function: words and reactions in, elements out. */

import { aisleOf, nameAndSize } from "/web/aisle.js";
import { attractLoop } from "/web/attract.js";
import { pictureOf, pitch, smallPrint } from "/web/creative.js";
import { byId, el, icon } from "/web/element.js";
import { keypad } from "/web/keypad.js";
import { priceTag } from "/web/money.js";
import { nudges } from "/web/nudges.js";
import { LANGUAGES } from "/web/words.js";

/** The language switch: first on the page, each language in its own words. */
export function languages(current, speak) {
  byId("languages").replaceChildren(...Object.entries(LANGUAGES).map(([code, { name }]) =>
    el("button", { class: "button", type: "button", lang: code, "aria-pressed": code === current, on: { click: () => speak(code) } }, name)));
}

/** "I'm done": there whenever somebody is, never in the attract loop. */
export function leaveButton(say, leave) {
  const button = say === null ? [] : [
    el("button", { class: "button done", type: "button", title: say.doneMore, on: { click: leave } }, icon("leave"), say.done),
  ];
  byId("leave").replaceChildren(...button);
}

export function attract(say, home, { go, guest }) {
  const ways = [["code", "qr"], ["card", "card"], ["pad", "keypad"]].map(([way, sign]) => wayIn(sign, say[way], say[`${way}More`], () => go(way)));
  return el("section", { class: "attract" },
    el("div", { class: "welcome" }, el("h1", {}, say.hello[home.daypart] ?? say.hello.any), el("p", { class: "lead" }, say.invitation)),
    attractLoop(say, home.show?.items ?? []),
    el("div", { class: "ways" }, ways, wayIn("walk", say.guest, say.guestMore, guest)));
}

/** A code or a card: the reader types like a keyboard into the field, and ends with Enter. */
export function scanner(say, step, { back, take }) {
  const field = el("input", { class: "field", "data-first": true, inputmode: "none", autocomplete: "off", spellcheck: "false", "aria-label": say.scanned, maxlength: 2048 });
  return el("section", { class: "step" },
    el("div", { class: "beam", "aria-hidden": "true" }, icon(step === "code" ? "phone" : "card"), el("span", { class: "ray" })),
    el("h1", { tabindex: "-1" }, say[`${step}Title`]), el("p", { class: "lead" }, say[`${step}How`]),
    entry(say, field, { back, take }));
}

export function typing(say, { back, take }) {
  let method = "loyalty";
  const field = el("input", { class: "field", "data-first": true, inputmode: "none", autocomplete: "off", spellcheck: "false", maxlength: 254 });
  const keys = el("div", { class: "keys" });
  const tabs = [["loyalty", say.number], ["phone", say.phone], ["email", say.email]].map(([kind, label]) =>
    el("button", { class: "button", type: "button", data: { kind }, on: { click: () => choose(kind, label) } }, label));
  const choose = (kind, label) => {
    method = kind;
    field.value = "";
    field.setAttribute("aria-label", label);
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.kind === kind));
    keys.replaceChildren(keypad(say, kind === "email" ? "letters" : "digits", field));
    field.focus();
  };
  choose("loyalty", say.number);
  return el("section", { class: "step typing" },
    el("h1", { tabindex: "-1" }, say.padTitle), el("p", { class: "lead" }, say.padHow),
    el("div", { class: "tabs", role: "group", "aria-label": say.padMore }, tabs), entry(say, field, { back, take: (value) => take(method, value) }, keys));
}

/** Each purpose with its benefit before its use; nothing is ticked, and every way on is equally big. */
export function consent(say, purposes, { go, guest }) {
  const boxes = purposes.map((purpose) => [purpose, el("input", { type: "checkbox", role: "switch", name: purpose })]);
  const [, ground] = boxes[0];
  const others = boxes.slice(1).map(([, box]) => box);
  const follow = () => {
    for (const box of others) {
      box.disabled = !ground.checked;
      if (!ground.checked) box.checked = false;
    }
  };
  ground.addEventListener("change", follow);
  follow();
  const chosen = () => boxes.filter(([, box]) => box.checked).map(([purpose]) => purpose);
  return el("section", { class: "step ask" },
    el("h1", { tabindex: "-1" }, say.askTitle), el("p", { class: "lead" }, say.askHow),
    el("div", { class: "purposes" }, boxes.map(([purpose, box]) => {
      const [title, benefit, use] = say.purposes[purpose];
      return el("label", { class: "purpose" }, box, el("span", { class: "words" },
        el("strong", {}, title), el("span", {}, benefit), el("span", { class: "quiet small" }, purpose === "recognise" ? `${use} ${say.needs}` : use)));
    })),
    el("div", { class: "choices" },
      big(say.withChoices, "check", () => go(chosen())), big(say.asBefore, "clock", () => go([])), big(say.without, "walk", guest)));
}

export function waiting(say) {
  return el("section", { class: "step center", "aria-busy": "true" }, el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), el("h1", { tabindex: "-1" }, say.moment));
}

/** The same words whatever was wrong: the kiosk tells nobody which numbers are known. */
export function failed(say, away, { again, guest }) {
  return el("section", { class: "step center" },
    el("h1", { tabindex: "-1", role: "alert" }, away ? say.away : say.failed), el("p", { class: "lead" }, away ? say.awayHow : say.failedHow),
    el("div", { class: "choices" }, big(say.again, "back", again), big(say.without, "walk", guest)));
}

export function tiles(say, { show, mine, locale = "en" }, { react, stop, codeOf }) {
  const personal = show?.kind === "personal";
  const items = show?.items ?? [];
  const title = personal ? show.slots?.title ?? say.forYou : say.forAll;
  const greeting = personal ? show.slots?.greeting : null;
  return el("section", { class: personal ? "own personal" : "own" },
    el("div", { class: "greeting" }, el("h1", { tabindex: "-1" }, title), greeting ? el("p", { class: "hello" }, `${say.hi} ${greeting}`) : null),
    el("div", { class: "challenges" }, nudges(show, locale)),
    items.length === 0 ? el("p", { class: "lead" }, say.nothing) : el("ul", { class: "grid", "data-count": items.length }, items.map((item) => tile(say, item, personal, react))),
    personal || mine ? mineSide(say, codeOf(show?.slots?.ticket), stop) : null);
}

/** The idle warning; `leave` and `stay` are equally big. */
export function warn(say, seconds, { stay, leave }) {
  const box = byId("warning");
  if (!box.open) {
    box.replaceChildren(
      el("h2", { id: "warning-title" }, say.idle),
      el("p", {}, `${say.idleHow} `, el("strong", {}, String(seconds)), ` ${say.seconds}.`),
      el("div", { class: "choices" }, big(say.here, "person", stay), big(say.done, "leave", leave)));
    box.showModal();
  }
  box.querySelector("strong").textContent = String(seconds);
}

export function unwarn() {
  byId("warning").close();
}

/** Closed and emptied: what was in it may be a person's. */
export function closeDetail() {
  byId("detail").close();
  byId("detail").replaceChildren();
}

export function closeAll() {
  unwarn();
  closeDetail();
}

function wayIn(sign, title, more, click) {
  return el("button", { class: "way", type: "button", on: { click } }, icon(sign), el("strong", {}, title), el("span", {}, more));
}

function big(label, sign, click) {
  return el("button", { class: "button big", type: "button", on: { click } }, icon(sign), label);
}

function entry(say, field, { back, take }, keys = null) {
  const submit = (event) => {
    event.preventDefault();
    const value = field.value.trim();
    field.value = "";
    if (value !== "") take(value);
  };
  return el("form", { class: "entry", autocomplete: "off", on: { submit } }, el("div", { class: "line" },
    el("button", { class: "button big", type: "button", on: { click: back } }, icon("back"), say.back), field,
    el("button", { class: "button big main", type: "submit" }, say.next, icon("next"))), keys);
}

function tile(say, item, personal, react) {
  const aisle = aisleOf(item.headline);
  const [name, size] = nameAndSize(item.headline);
  const open = () => {
    if (personal) react(item, "touch");
    detail(say, item, personal, react);
  };
  return el("li", {}, el("button", { class: "tile", type: "button", data: { item: item.item_id }, on: { click: open } },
    el("span", { class: `field-of aisle aisle-${aisle}` }, pictureOf(item, aisle), item.badge ? el("span", { class: "badge" }, item.badge) : null),
    el("span", { class: "words" }, el("strong", {}, name), size ? el("span", { class: "quiet" }, size) : null, el("span", { class: "reason" }, item.reason)),
    priceTag(item)));
}

function detail(say, item, personal, react) {
  const box = byId("detail");
  const aisle = aisleOf(item.headline);
  const answers = personal ? [big(say.accept, "check", () => react(item, "accept")), big(say.notForMe, "close", () => react(item, "not-for-me"))] : [];
  box.replaceChildren(
    el("div", { class: `field-of aisle aisle-${aisle}` }, pictureOf(item, aisle), item.badge ? el("span", { class: "badge" }, item.badge) : null),
    el("div", { class: "words" }, el("h2", { id: "detail-title" }, item.headline), priceTag(item),
      pitch(item), el("h3", {}, say.why), el("p", {}, item.reason), smallPrint(item),
      el("div", { class: "choices" }, answers, big(say.close, "back", closeDetail))));
  box.showModal();
}

function mineSide(say, code, stop) {
  return el("aside", { class: "mine" },
    code ? el("div", { class: "take" }, el("img", { class: "qr", src: code, alt: say.take }), el("h2", {}, say.take), el("p", { class: "quiet" }, say.takeHow)) : null,
    el("button", { class: "button", type: "button", on: { click: stop } }, icon("shield"), say.stop));
}
