/** The words and the picture of an offer: one or more creatives, each in one or more languages. */

import { el, icon } from "/web/element.js";
import { words } from "/web/fields.js";
import { pictureOf } from "/web/creative.js";

/** What can be said, and how it is asked for. All but the headline may stay empty. */
const MODULES = [
  ["headline", "Headline", "20 cents off crusty rolls", 200],
  ["text", "One more line", "Baked here this morning.", 200],
  ["badge", "Badge", "2 for $3", 40],
  ["code", "Code to show at the till", "ROLLS20", 64],
  ["disclaimer", "Small print", "While it is on the shelf.", 200],
];
const LANGUAGES = [["en", "English"], ["es", "Español"], ["fr", "Français"], ["de", "Deutsch"]];
/** The tower asks for at most twenty; more than a handful is no test that a store can finish. */
const MOST = 5;

/** All creatives of `offer`. `changed()` after each word, `redraw(focus)` where the form has other parts now; `choose(then)` opens the library. */
export function creativeForm(offer, { name, changed, redraw, choose }) {
  const again = (focus) => {
    changed();
    redraw(focus);
  };
  return el("div", { class: "creatives" }, offer.creatives.map((creative, at) => one(offer, creative, at, { name: `${name}-${at}`, changed, again, choose })),
    offer.creatives.length < MOST ? el("button", { class: "button", type: "button", id: `${name}-more`, on: { click: () => { offer.creatives.push(another(offer)); again(`${name}-${offer.creatives.length - 1}-en-headline`); } } }, "Say it another way, too") : null);
}

function one(offer, creative, at, { name, changed, again, choose }) {
  const spoken = Object.keys(creative.modules);
  const others = LANGUAGES.filter(([code]) => !spoken.includes(code));
  const add = el("select", { class: "field short", id: `${name}-language`, "aria-label": "Add a language" }, el("option", { value: "" }, "Add a language"), others.map(([code, says]) => el("option", { value: code, lang: code }, says)));
  add.addEventListener("change", () => {
    const { image } = creative.modules[spoken[0]] ?? {};
    creative.modules[add.value] = image === undefined ? {} : { image };
    again(`${name}-${add.value}-headline`);
  });
  return el("fieldset", { class: "creative", data: { creative: creative.id } },
    el("legend", {}, offer.creatives.length > 1 ? `Way ${at + 1}: ${creative.id}` : "How it is said"),
    spoken.map((language) => said(creative, language, spoken, { name: `${name}-${language}`, changed, again })),
    portrait(creative, { name: `${name}-picture`, again, choose }),
    el("div", { class: "row" }, others.length > 0 ? add : null,
      offer.creatives.length > 1 ? el("button", { class: "button stop", type: "button", on: { click: () => { offer.creatives.splice(at, 1); again(null); } } }, icon("erase"), "Take this way out") : null));
}

function said(creative, language, spoken, { name, changed, again }) {
  const [, title] = LANGUAGES.find(([code]) => code === language) ?? [language, language];
  const owner = creative.modules[language];
  return el("fieldset", { class: "said", lang: language },
    spoken.length > 1 ? el("legend", {}, title, language === "en" ? null : el("button", { class: "small-button", type: "button", "aria-label": `Take ${title} out`, on: { click: () => { delete creative.modules[language]; again(null); } } }, icon("close"))) : null,
    MODULES.map(([key, label, placeholder, maxlength]) => words({ label, name: `${name}-${key}`, owner, key, changed, optional: true, placeholder, maxlength })));
}

/** One picture for all languages of a creative. */
function portrait(creative, { name, again, choose }) {
  const image = Object.values(creative.modules).map((modules) => modules.image).find(Boolean);
  const put = (sha256) => {
    for (const modules of Object.values(creative.modules)) {
      if (sha256 === null) delete modules.image;
      else modules.image = sha256;
    }
    again(name);
  };
  return el("div", { class: "portrait" },
    image ? el("span", { class: "thumb aisle" }, pictureOf({ image }, "basket")) : null,
    el("button", { class: "button", type: "button", id: name, on: { click: () => choose(put) } }, image ? "Another picture" : "Choose a picture"),
    image ? el("button", { class: "button", type: "button", on: { click: () => put(null) } }, "No picture") : el("span", { class: "quiet small" }, "Without one the product’s own is shown."));
}

/** A creative with a name of its own, in the languages of the first. */
function another({ creatives }) {
  const taken = new Set(creatives.map(({ id }) => id));
  const id = ["second", "third", "fourth", "fifth", "sixth"].find((one) => !taken.has(one)) ?? `way-${creatives.length + 1}`;
  return { id, templates: [], modules: Object.fromEntries(Object.keys(creatives[0]?.modules ?? { en: {} }).map((language) => [language, {}])) };
}
