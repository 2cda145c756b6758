/** The form a page shows when the store does not know its password: the same for every screen. */

import { el, icon } from "/web/element.js";

/** Asks for the password whenever `line` is refused, and goes away when the line is up. */
export function guard(line, { title, label }) {
  let door = null;
  line.addEventListener("refused", ({ detail }) => {
    door?.remove();
    door = form(line, { title, label, tried: detail.tried });
    document.body.append(door);
    door.querySelector("input").focus();
  });
  line.addEventListener("state", ({ detail }) => {
    if (detail !== "up") return;
    door?.remove();
    door = null;
  });
}

function form(line, { title, label, tried }) {
  const field = el("input", { class: "field", type: "password", name: "key", autocomplete: "off", required: true });
  const submit = (event) => {
    event.preventDefault();
    line.unlock(field.value);
  };
  return el("div", { class: "door", role: "dialog", "aria-modal": "true", "aria-label": title },
    el("form", { on: { submit } },
      el("p", { class: "brand" }, icon("storeside"), "Storeside"),
      el("h1", {}, title),
      el("label", {}, label, field),
      tried ? el("p", { class: "pill bad", role: "alert" }, "The store does not know this key.") : null,
      el("button", { class: "button main", type: "submit" }, "Connect"),
      el("p", { class: "quiet small" }, "Opened with the full address from the console, a page connects by itself."),
    ));
}
