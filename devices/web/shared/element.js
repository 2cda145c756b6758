/**
 * Builds page content from data. Data only ever becomes text nodes and checked attributes,
 * so a catalogue or a name can hold any characters and stays words.
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * One element. `attributes` may hold `on` (listeners by event name) and `data` (data-* values);
 * null and undefined attributes and children are left out, false ones too (but `aria-*` says "false").
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("aria-")) node.setAttribute(name, String(value));
    else if (value === false) continue;
    else if (name === "on") for (const [event, react] of Object.entries(value)) node.addEventListener(event, react);
    else if (name === "data") Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A line icon of `/web/icons/ui.svg`; decorative unless `label` is given. */
export function icon(name, label = null) {
  return drawing(`/web/icons/ui.svg#${name}`, "icon", label);
}

/** A department's picture of `/web/icons/aisles.svg`; always decorative, the headline says it. */
export function picture(name) {
  return drawing(`/web/icons/aisles.svg#${name}`, "picture", null);
}

/** An empty SVG element with attributes, for the small charts and codes the pages draw themselves. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** The element with this id; every page is written together with its script, so it is there. */
export function byId(id) {
  return document.getElementById(id);
}

/** Puts `text` into `node` only when it changed, so that screen readers and layout rest. */
export function write(node, text) {
  const words = String(text);
  if (node.textContent !== words) node.textContent = words;
}

/** A zone's id as people write it: `fresh-bakery` -> `Fresh bakery`. */
export function placeName(zone) {
  const words = String(zone ?? "").replaceAll("-", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An address of this very server, or null: links from data lead nowhere else. */
export function ownAddress(text) {
  try {
    const url = new URL(text, location.href);
    return url.origin === location.origin ? url.href : null;
  } catch {
    return null;
  }
}

function drawing(href, kind, label) {
  const node = svg("svg", { class: kind, viewBox: "0 0 64 64" }, svg("use", { href }));
  if (kind === "icon") node.setAttribute("viewBox", "0 0 24 24");
  if (label === null) node.setAttribute("aria-hidden", "true");
  else {
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", label);
  }
  return node;
}
