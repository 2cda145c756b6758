/**
 * A campaign as it is being written: `{isNew, from, campaign, offers}`, the last two in the wire's own shape. What was
 * typed is kept in this tab, so that neither a reload nor an error nor a lost line takes it away.
 */

import { SCREENS } from "/web/placements.js";

const KEPT = "storeside-draft-";
const DAY_MS = 86_400_000;
const NO_ID = /[^a-z0-9]+/g;

/** What an offer gives: its type -> words. */
export const TYPES = {
  discount: "Money off", "member-price": "Member price", bundle: "Bundle", gift: "Gift", sample: "Sample",
  points: "Points", "free-trial": "Free trial", reminder: "Reminder", content: "Idea or news",
};

/** A new campaign that began with the store's hour, so that it is live once it is published, and lasts four weeks. */
export function blank(now) {
  const start = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000);
  const [starts_at, ends_at] = [start, new Date(start.getTime() + 28 * DAY_MS)].map((at) => at.toISOString().replace(".000Z", "Z"));
  const campaign = { id: "", name: "", starts_at, ends_at, holdout_pct: 10, impact: 3, ease: 3, variants: [], bandit: false, windows: [] };
  return { isNew: true, from: null, campaign, offers: [newOffer(campaign)] };
}

/** One more offer of a campaign, with the campaign's dates. */
export function newOffer({ starts_at, ends_at }) {
  return {
    id: "", headline: "", skus: [], segment: "everybody", offer_type: "discount", channels: [], placements: [], category: "", discount_cents: 0,
    starts_at, ends_at, audience: "", weekly_cap: 3, creatives: [{ id: "first", modules: { en: {} }, templates: [] }],
  };
}

/** A draft of what a version, or the store itself, says. */
export function drafted({ campaigns, offers }, version) {
  const [campaign] = campaigns;
  return { isNew: false, from: version, campaign: structuredClone(campaign), offers: structuredClone(offers) };
}

/** The next version in a line: the same under a new name, with `campaign` as its parent. */
export function successor(draft) {
  const { id, name } = draft.campaign;
  const [, stem, count] = /^(.*?)(?:-v(\d+))?$/.exec(id);
  const next = structuredClone(draft);
  Object.assign(next, { isNew: true, from: null });
  const number = Number(count ?? 1) + 1;
  Object.assign(next.campaign, { id: `${stem}-v${number}`, name: `${name.replace(/ v\d+$/, "")} v${number}`, parent: id, salt: null, paused: false });
  next.offers.forEach((offer, at) => { offer.id = `${next.campaign.id}-${at + 1}`; });
  return next;
}

/** What is sent: ids filled in from names, channels from screens, every offer under its campaign. */
export function bodyOf({ campaign, offers }) {
  const id = campaign.id || slug(campaign.name);
  return {
    campaigns: [{ ...campaign, id, variants: (campaign.variants ?? []).some((one) => !isOneWay(one)) || !campaign.variants?.length ? campaign.variants ?? [] : tested(offers) }],
    offers: offers.map((offer, at) => ({
      ...offer, id: offer.id || `${id}-${at + 1}`, campaign: id, creatives: offer.creatives.map(filled),
      channels: surfaces(offer),
    })),
  };
}

/** The names of all ways in which the offers are said. */
export function waysOf(offers) {
  return [...new Set(offers.flatMap(({ creatives }) => (creatives ?? []).map(({ id }) => id)))];
}

/** The arms of a test of each way against the others. */
export function tested(offers) {
  return waysOf(offers).map((id) => ({ name: id, creatives: [id] }));
}

/** What still has to be said before the store can take it: pairs of place and words. */
export function missing({ campaign, offers }) {
  const found = [];
  if ((campaign.name ?? "").trim() === "") found.push(["idea", "Give the campaign a name."]);
  if (!(campaign.starts_at < campaign.ends_at)) found.push(["when", "Let it end after it starts."]);
  for (const [at, offer] of offers.entries()) {
    const which = offers.length > 1 ? ` (offer ${at + 1})` : "";
    if ((offer.headline ?? "").trim() === "") found.push(["what", `Say the offer in one line${which}.`]);
    if (offer.skus.length === 0) found.push(["what", `Pick at least one product${which}.`]);
    if (offer.placements.length === 0) found.push(["where", `Pick at least one screen${which}.`]);
    if ((offer.category ?? "") === "") found.push(["what", `Name the category${which}.`]);
  }
  return found;
}

/** Keeps the draft in this tab; without room for it nothing is lost but the help after a reload. */
export function keep(draft) {
  try {
    sessionStorage.setItem(KEPT + slot(draft), JSON.stringify(draft));
  } catch {
    // The page itself still holds it.
  }
}

/** What was typed under this id (empty: a new campaign) and not yet saved, or null. */
export function kept(id) {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT + id));
  } catch {
    return null;
  }
}

export function forget(draft) {
  try {
    sessionStorage.removeItem(KEPT + slot(draft));
  } catch {
    // Then there was nothing kept.
  }
}

/** Whether an arm of a test is one way to say it and nothing else: then a new way gets an arm by itself. */
function isOneWay({ name, creatives = [], offers = [], strategies = {} }) {
  return creatives.length === 1 && creatives[0] === name && offers.length === 0 && Object.keys(strategies).length === 0;
}

function slot({ isNew, campaign }) {
  return isNew ? "" : campaign.id;
}

function slug(name) {
  return (name ?? "").toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(NO_ID, "-").replace(/^-+|-+$/g, "").slice(0, 48);
}

function surfaces({ placements }) {
  return [...new Set(placements.map((one) => SCREENS[one]?.[0]).filter(Boolean))];
}

/** Modules that were emptied are left out. */
function filled(creative) {
  const modules = Object.fromEntries(Object.entries(creative.modules).map(([language, said]) =>
    [language, Object.fromEntries(Object.entries(said).filter(([, words]) => words))]));
  return { ...creative, modules };
}
