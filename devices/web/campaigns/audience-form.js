/** The builder of an offer's audience: sentences with blanks, and below them the condition that they write. */

import { DAYPARTS, SENTENCES, read, written } from "/web/audience.js";
import { el, icon } from "/web/element.js";
import { amountOf, step, typed } from "/web/money.js";

/** For `offer.audience`; `changed()` after each change. `name` begins the ids of all its controls. */
export function audienceForm(offer, { name, changed }) {
  const host = el("div", { class: "audience" });
  const draw = (focus = null) => {
    const said = read(offer.audience ?? "");
    host.replaceChildren(...(said === null ? byHand() : bySentence(said)));
    if (focus !== null) host.querySelector(focus)?.focus();
  };
  const write = (said) => {
    offer.audience = written(said);
    changed();
  };
  const byHand = () => {
    const field = el("textarea", { class: "field", id: `${name}-condition`, rows: 2, maxlength: 500, spellcheck: "false" });
    field.value = offer.audience;
    field.addEventListener("input", () => { offer.audience = field.value; changed(); });
    return [el("label", { for: `${name}-condition` }, "A condition written by hand"), field,
      el("button", { class: "button", type: "button", on: { click: () => { offer.audience = ""; changed(); draw(); } } }, "Start over with sentences")];
  };
  const bySentence = (said) => {
    const add = el("select", { class: "field", id: `${name}-add`, "aria-label": "Add a sentence about the people" },
      el("option", { value: "" }, said.parts.length === 0 ? "Everybody. Narrow it down: people who …" : "and people who …"),
      Object.entries(SENTENCES).map(([kind, { words }]) => el("option", { value: kind }, words.join(" … ").replace(/ … $/, " …"))));
    add.addEventListener("change", () => {
      if (add.value === "") return;
      const { blanks } = SENTENCES[add.value];
      write({ ...said, parts: [...said.parts, { kind: add.value, blanks: blanks.map(([, first]) => first) }] });
      draw(`#${name}-add`);
    });
    return [
      el("ul", { class: "sentences" }, said.parts.map((part, at) => el("li", {}, el("span", {}, joint(said, at)), sentence(said, part, at),
        el("button", { class: "small-button", type: "button", "aria-label": "Take this sentence away", on: { click: () => { write({ ...said, parts: said.parts.filter((_, other) => other !== at) }); draw(`#${name}-add`); } } }, icon("close"))))),
      add, said.parts.length > 1 ? both(said) : null,
      said.parts.length > 0 ? el("p", { class: "quiet small" }, "Written as ", el("code", {}, offer.audience)) : null,
    ].filter(Boolean);
  };
  const both = (said) => {
    const choice = el("select", { class: "field", id: `${name}-join`, "aria-label": "How the sentences belong together" },
      [["all", "All of these must hold"], ["any", "One of these is enough"]].map(([value, words]) => el("option", { value, selected: said.join === value }, words)));
    choice.addEventListener("change", () => { write({ ...said, join: choice.value }); draw(`#${name}-join`); });
    return choice;
  };
  const sentence = (said, part, at) => {
    const { words, blanks } = SENTENCES[part.kind];
    const filled = (which, value) => {
      part.blanks[which] = value;
      write(said);
      const shown = host.querySelector("code");
      if (shown !== null) shown.textContent = offer.audience;
    };
    return el("span", { class: "sentence" }, words.flatMap((said_, which) => [said_, which < blanks.length ? gap(blanks[which][0], part.blanks[which], `${name}-${at}-${which}`, words[which], (value) => filled(which, value)) : null]));
  };
  draw();
  return host;
}

function joint({ join }, at) {
  return at === 0 ? "People who " : join === "all" ? "and " : "or ";
}

/** A blank of a sentence, labelled by the words before it. */
function gap(kind, value, id, label, filled) {
  if (kind === "daypart") {
    const menu = el("select", { class: "field blank", id, "aria-label": label }, DAYPARTS.map((name) => el("option", { value: name, selected: name === value }, name)));
    menu.addEventListener("change", () => filled(menu.value));
    return menu;
  }
  const shown = kind === "money" ? typed(value) : value;
  const field = el("input", { class: "field blank", id, "aria-label": label, type: kind === "text" ? "text" : "number", min: kind === "text" ? null : 0, step: kind === "money" ? step() : null, maxlength: kind === "text" ? 128 : null, value: shown });
  field.addEventListener("input", () => filled(kind === "text" ? field.value : Math.max(0, kind === "money" ? amountOf(field.value) : Math.round(Number(field.value)))));
  return field;
}
