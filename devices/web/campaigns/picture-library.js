/** The library of pictures: take in by dropping or choosing a file, find by word or tag, and see which offers show each. */

import { el } from "/web/element.js";

const PAUSE_MS = 250;
/** As the store takes them; its own check goes by the bytes. */
const LIMIT_BYTES = 2 * 2 ** 20;
const KINDS = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", webp: "image/webp", gif: "image/gif", svg: "image/svg+xml" };

/** The library as elements; `choose(sha256)` where a picture is to be picked, else null. `name` begins all ids. */
export function pictureLibrary(line, { name, choose = null }) {
  const grid = el("ul", { class: "pictures" });
  const told = el("p", { role: "status", class: "told" });
  const word = el("input", { class: "field", type: "search", id: `${name}-word`, autocomplete: "off", maxlength: 80, placeholder: "bakery, summer …" });
  const tags = el("input", { class: "field", type: "text", id: `${name}-tags`, autocomplete: "off", maxlength: 200, placeholder: "bakery summer" });
  const file = el("input", { type: "file", id: `${name}-file`, class: "aside", accept: Object.values(KINDS).join(","), multiple: true });
  const say = (words, bad = false) => {
    told.textContent = words;
    told.classList.toggle("wrong", bad);
  };
  let asking = 0;
  let asked = 0;
  const find = async (tag = "") => {
    clearTimeout(asking);
    const turn = ++asked;
    const query = new URLSearchParams({ q: word.value.trim(), tag });
    const { status, body } = await line.call("GET", `/v1/assets?${query}`);
    if (turn !== asked) return;
    if (status !== 200) return say("The store cannot be reached just now.", true);
    grid.replaceChildren(...body.map((asset) => picture(asset, { choose, findTag: (one) => { word.value = ""; void find(one); } })));
    say(body.length === 0 ? (word.value === "" && tag === "" ? "No picture yet. Drop the first one here." : "No picture has this word or tag.") : tag === "" ? "" : `With the tag “${tag}”.`);
  };
  const take = async (files) => {
    for (const one of files) {
      const fault = await keep(line, one, tags.value);
      if (fault !== null) return say(`${one.name}: ${fault}`, true);
    }
    tags.value = "";
    word.value = "";
    await find();
    say(files.length === 1 ? "The picture is in the library." : `${files.length} pictures are in the library.`);
  };
  const drop = el("div", { class: "drop" }, el("label", { class: "button", for: `${name}-file` }, "Add pictures"), file,
    el("span", { class: "quiet" }, "or drop them here: PNG, JPEG, WebP, GIF or plain SVG, at most 2 MiB each"),
    el("label", { for: `${name}-tags` }, "Tags for what is added"), tags);
  listenForFiles(drop, file, take);
  word.addEventListener("input", () => {
    clearTimeout(asking);
    asking = setTimeout(() => void find(), PAUSE_MS);
  });
  void find();
  return [drop, el("div", { class: "entry" }, el("label", { for: `${name}-word` }, "Find a picture by its name or a tag"), word), told, grid];
}

function listenForFiles(drop, file, take) {
  file.addEventListener("change", () => {
    void take([...file.files]);
    file.value = "";
  });
  const over = (on) => (event) => {
    event.preventDefault();
    drop.classList.toggle("over", on);
  };
  drop.addEventListener("dragover", over(true));
  drop.addEventListener("dragleave", over(false));
  drop.addEventListener("drop", (event) => {
    over(false)(event);
    void take([...event.dataTransfer.files]);
  });
}

/** Takes one file in; null when it is there, else what was wrong with it. */
async function keep(line, file, tags) {
  const media = file.type || KINDS[file.name.split(".").pop().toLowerCase()];
  if (!Object.values(KINDS).includes(media)) return "It is no picture of a kind that screens show.";
  if (file.size > LIMIT_BYTES) return "It has more than 2 MiB. Make it smaller.";
  const query = new URLSearchParams({ name: file.name.slice(0, 128) });
  for (const tag of tags.toLowerCase().split(/[\s,]+/).filter(Boolean)) query.append("tag", tag);
  const { status, body } = await line.call("PUT", `/v1/assets?${query}`, file, media);
  return status === 200 ? null : body?.detail ?? "The store did not take it. Try again.";
}

function picture({ sha256, name, tags, size_bytes: bytes, used_by: used }, { choose, findTag }) {
  const photo = el("img", { class: "photo", src: `/assets/${sha256}`, alt: name, loading: "lazy", decoding: "async" });
  photo.addEventListener("error", () => photo.replaceWith(el("p", { class: "quiet" }, "It cannot be shown.")), { once: true });
  return el("li", { data: { picture: sha256 } }, photo, el("strong", {}, name),
    el("span", { class: "tags" }, tags.map((tag) => el("button", { class: "chip", type: "button", on: { click: () => findTag(tag) } }, tag))),
    el("span", { class: "quiet small" }, `${Math.max(1, Math.round(bytes / 1024))} KiB · ${used.length === 0 ? "not used" : `used by ${used.slice(0, 3).join(", ")}${used.length > 3 ? ` and ${used.length - 3} more` : ""}`}`),
    choose === null ? null : el("button", { class: "button main", type: "button", "aria-label": `Take ${name}`, on: { click: () => choose(sha256) } }, "Take this one"));
}
