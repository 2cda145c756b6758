/** Campaigns for whoever steers them without code: the list, the form with its screens, and the library of pictures. */

import { blank, drafted } from "/web/campaign-draft.js";
import { Editor, unsaved } from "/web/campaign-editor.js";
import { campaignList } from "/web/campaign-list.js";
import { guard } from "/web/door.js";
import { byId, el, write } from "/web/element.js";
import { Line } from "/web/line.js";
import { useMoney } from "/web/money.js";
import { pictureLibrary } from "/web/picture-library.js";

const line = new Line("console", { stream: "/v1/stream" });
/** How often the list looks for what others did. */
const REFRESH_MS = 10_000;
let store = null;
let editor = null;
let refreshing = 0;

/** The store's own time, carried on from the last word of it. */
function now() {
  return new Date(Date.parse(store.clock) + (performance.now() - store.at) * (store.speed || 1));
}

function zone() {
  return store.timezone ?? "UTC";
}

async function route() {
  if (store === null) return;
  editor?.close();
  editor = null;
  clearInterval(refreshing);
  const [, place, id] = /^#\/([a-z]+)(?:\/(.+))?$/.exec(location.hash) ?? [];
  for (const link of document.querySelectorAll("nav [data-view]")) {
    if (link.dataset.view === (place === "pictures" ? "pictures" : "list")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  byId("view").dataset.view = place ?? "list";
  if (place === "pictures") return byId("view").replaceChildren(el("section", { class: "panel", "aria-label": "Library of pictures" }, el("h2", {}, "Pictures"), ...pictureLibrary(line, { name: "library" })));
  if (place === "new") return create();
  if (place === "edit") return edit(decodeURIComponent(id));
  await list();
  refreshing = setInterval(() => void list(), REFRESH_MS);
}

async function list() {
  const [lines, glance] = [await line.get("/v1/campaigns"), await line.get("/v1/portfolio")];
  if (byId("view").dataset.view !== "list") return;
  if (lines === null || glance === null) return byId("view").childElementCount === 0 && sorry();
  const focus = document.activeElement?.textContent;
  byId("view").replaceChildren(...campaignList({ lines, glance }, zone(), { open: (id) => { location.hash = `#/edit/${encodeURIComponent(id)}`; }, pause: (id, paused) => void pause(id, paused) }));
  if (focus) [...byId("view").querySelectorAll("button, a")].find((one) => one.textContent === focus)?.focus();
}

async function pause(id, paused) {
  const { status, body } = await line.call("POST", `/v1/campaigns/${encodeURIComponent(id)}/pause`, { paused });
  if (status === 422) say(`It may not go on: ${body.findings.map(({ says }) => says).join(" ")}`);
  else say(status === 200 ? (paused ? "Paused. It is off all screens." : "It goes on.") : "That did not work. Try again.");
  await list();
}

async function create() {
  const others = (await line.get("/v1/campaigns")) ?? [];
  const draft = unsaved("");
  show({ draft: draft ?? blank(now()), others, isDirty: draft !== null });
}

async function edit(id) {
  const [view, others] = [await line.get(`/v1/campaigns/${encodeURIComponent(id)}`), await line.get("/v1/campaigns")];
  const typed = unsaved(id);
  if (view === null && typed === null) return sorry("There is no such campaign, or the store cannot be reached.");
  const shown = view?.versions.find(({ state }) => state === "draft" || state === "approved") ?? view?.versions.find(({ state }) => state === "live") ?? null;
  const waits = shown !== null && shown.state !== "live" ? await line.get(`/v1/campaigns/${encodeURIComponent(id)}/versions/${shown.version}`) : null;
  show({
    draft: typed ?? drafted(waits ?? view.standing, shown?.version ?? null), version: shown, versions: view?.versions ?? [], others: others ?? [], isDirty: typed !== null,
    standing: view?.standing.campaigns.length ? view.campaign : null,
  });
}

function show(view) {
  if (!["new", "edit"].includes(byId("view").dataset.view)) return;
  editor = new Editor(line, zone(), view, { choose, reopen: () => void route(), now });
  editor.open(byId("view"));
}

/** The library in a dialogue; `then(sha256)` with what is picked. */
function choose(then) {
  const box = byId("choose");
  const picked = (sha256) => {
    box.close();
    then(sha256);
  };
  box.replaceChildren(el("header", {}, el("h2", { id: "choose-title" }, "Choose a picture"), el("button", { class: "button", type: "button", on: { click: () => box.close() } }, "Close")), ...pictureLibrary(line, { name: "choose", choose: picked }));
  box.showModal();
}

function sorry(words = "The store cannot be reached just now.") {
  byId("view").replaceChildren(el("p", { class: "panel" }, words, " ", el("a", { href: "#" }, "All campaigns")));
}

function say(words) {
  byId("told").hidden = false;
  write(byId("told"), words);
}

line.addEventListener("overview", ({ detail }) => {
  const first = store === null;
  store = { ...detail.store, at: performance.now() };
  useMoney(detail.store);
  write(byId("store"), detail.store.name);
  if (first) void route();
});
line.addEventListener("state", ({ detail }) => {
  document.body.dataset.line = detail;
  byId("away").hidden = detail === "up";
});
byId("choose").addEventListener("close", () => byId("choose").replaceChildren());
addEventListener("hashchange", () => void route());

guard(line, { title: "Open the console", label: "Admin key of the store" });
void line.open();
