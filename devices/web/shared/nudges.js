/**
 * What a shopper's own screens say beside the products: a message that has just fallen due (low stock, a basket left
 * behind, about to leave …) and bonus challenges, with what is there, what is missing, and what for. All of it comes
 * with the show's slots; where the store sends nothing, nothing is said.
 */

import { el, icon } from "/web/element.js";
import { money } from "/web/money.js";

const WORDS = {
  en: { of: "of", left: "One item left:", fresh: "new for you", points: (n) => `${n} points`, off: (sum) => `${sum} off`, full: "Done! It is yours when you pay.", given: "Done. It is yours." },
  es: { of: "de", left: "Falta uno:", fresh: "nuevo para usted", points: (n) => `${n} puntos`, off: (sum) => `${sum} menos`, full: "¡Completo! Es suyo al pagar.", given: "Completo. Es suyo." },
};

/** What stands beside the items of a show, in `locale`; none where it brings none, and on no screen that strangers see. */
export function nudges(show, locale = "en") {
  const { message, challenges } = show?.kind === "personal" ? show.slots ?? {} : {};
  const cards = Array.isArray(challenges) ? challenges.map((one) => card(one, WORDS[locale] ?? WORDS.en)) : [];
  return message?.headline ? [notice(message), ...cards] : cards;
}

function notice({ headline, text, reason }) {
  return el("section", { class: "notice", role: "status" }, icon("clock"), el("p", {}, el("strong", {}, headline), text ? [" ", text] : null, reason ? el("span", { class: "quiet small" }, ` ${reason}`) : null));
}

function card({ headline, items = [], left, reward, earned, given }, say) {
  const done = items.length - left;
  const missing = items.find((one) => !one.done);
  return el("section", { class: earned ? "challenge earned" : "challenge", "aria-label": headline },
    el("p", { class: "challenge-head" }, el("strong", {}, headline), el("span", { class: "pill" }, icon(earned ? "check" : "target"), `${done} ${say.of} ${items.length}`), prize(reward ?? {}, say)),
    el("progress", { max: items.length, value: done, "aria-label": `${done} ${say.of} ${items.length}` }),
    el("p", { class: "challenge-says", role: "status" }, given ? say.given : earned ? say.full : left === 1 ? [say.left, " ", el("strong", {}, missing?.name ?? "")] : null),
    el("ul", { class: "goals" }, items.map((one) => el("li", { class: one.done ? "done" : "" }, icon(one.done ? "check" : "basket", one.done ? "✓" : null), el("span", {}, one.name), one.new ? el("span", { class: "pill" }, say.fresh) : null))));
}

function prize({ points, cents }, say) {
  if (Number.isFinite(points)) return el("span", { class: "prize" }, say.points(points));
  return Number.isFinite(cents) ? el("span", { class: "prize" }, say.off(money(cents))) : null;
}
