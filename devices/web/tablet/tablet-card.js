/** One person's card on the tablet: greeting, how recognised, what to say and not to say, three suggestions. */

import { aisleOf } from "/web/aisle.js";
import { pictureOf, smallPrint } from "/web/creative.js";
import { el, icon, placeName } from "/web/element.js";
import { initials, knownBy } from "/web/known-by.js";
import { priceTag } from "/web/money.js";
import { nudges } from "/web/nudges.js";

const ANSWERS = [["said", "speak", "Said it"], ["decline", "close", "Declined"], ["not-for-me", "flag", "Not relevant"]];

/** The card of `show`; `tell(item, action)` is called with each tap. It fades out as its `lifeMs` runs down. */
export function personCard(show, lifeMs, tell) {
  const { greeting, zone, talking_point: say, avoid } = show.slots ?? {};
  const node = el("li", { class: "person" },
    el("header", {},
      el("span", { class: "face", "aria-hidden": "true" }, initials(greeting)),
      el("div", {}, el("h2", {}, greeting ?? "A guest"), el("p", { class: "facts" }, how(show.slots?.method), zone ? el("span", { class: "pill" }, placeName(zone)) : null))),
    say ? hint("say", "speak", "Say", say) : null,
    avoid ? hint("avoid", "mute", "Avoid", [avoid].flat().join(" · ")) : null,
    ...nudges(show), aged(show.freshness),
    el("ul", { class: "ideas" }, show.items.map((item) => idea(item, (action) => tell(item, action)))),
    el("span", { class: "life", "aria-hidden": "true" }));
  node.querySelector(".life").style.animationDuration = `${lifeMs}ms`;
  return node;
}

function hint(kind, sign, label, words) {
  return el("p", { class: `hint ${kind}` }, icon(sign), el("span", {}, el("strong", {}, `${label}: `), words));
}

const INPUTS = { profile: "habits", trend: "what sells here", stock: "stock", prices: "prices", offers: "offers", promotions: "promotions", basket: "the basket", weather: "weather", clock: "the clock" };
const RUNGS = { degrade: "old, used with care", drop: "too old, left out" };

/** What the age of the inputs leaves to be said; nothing where all are fresh. */
function aged(freshness) {
  const told = Object.entries(freshness ?? {}).filter(([, rung]) => rung in RUNGS);
  return told.length === 0 ? null : el("p", { class: "aged quiet small" }, icon("clock"), told.map(([name, rung]) => `${INPUTS[name] ?? name}: ${RUNGS[rung]}`).join(" · "));
}

function how(method) {
  const [sign, words] = knownBy(method);
  return el("span", { class: "pill" }, icon(sign), words);
}

function idea(item, tell) {
  const aisle = aisleOf(item.headline);
  const buttons = ANSWERS.map(([action, sign, label]) => {
    const button = el("button", { class: "answer", type: "button", "aria-pressed": false, data: { action } }, icon(sign), label);
    button.addEventListener("click", () => {
      for (const other of buttons) other.disabled = true;
      button.setAttribute("aria-pressed", "true");
      tell(action);
    });
    return button;
  });
  return el("li", { class: "idea" },
    el("span", { class: `thumb aisle aisle-${aisle}` }, pictureOf(item, aisle)),
    el("div", { class: "words" }, el("strong", {}, item.headline), el("span", { class: "reason" }, item.reason), item.badge ? el("span", { class: "badge" }, item.badge) : null, smallPrint(item)),
    priceTag(item),
    el("div", { class: "answers", role: "group", "aria-label": item.headline }, buttons));
}
