/** What the control tower says of a draft, beside the part of the form that each finding is about, with its mend. */

import { el, icon } from "/web/element.js";

/** Part of the form -> what the tower can find there; whatever is new to this page stands with the idea. */
export const PLACES = {
  idea: ["duplicate", "unknown-parent", "lineage-cycle", "no-campaign"],
  what: ["unknown-product", "unknown-type", "sold-out", "free-product", "given-away", "outdone", "sensitive-in-public"],
  words: ["no-default-language", "no-fitting-creative", "missing-image", "blank-creative"],
  where: ["unknown-placement", "unknown-channel", "nowhere", "collision"],
  who: ["broken-expression", "audience-never"],
  limits: ["cap-zero", "cap-deadlock", "limits-crossed"],
  when: ["ends-before-start", "ended", "outside-campaign", "never-speaks"],
  measure: [
    "holdout-size", "holdout-leak", "salt-shared", "layer-empty", "layers-overlap", "mixed-designs", "washed-out", "variant-empty", "variant-offer",
    "variant-creative", "variant-weight", "unlisted", "offer-shared", "tests-overlap", "strategies-clash", "unknown-strategy",
  ],
  budget: ["budget-spent", "budget-short"],
};

/** Where a field of the wire stands in the form, for refusals that name one. */
const FIELDS = {
  id: "idea", name: "idea", parent: "idea", skus: "what", headline: "what", category: "what", discount_cents: "what", offer_type: "what", creatives: "words",
  placements: "where", channels: "where", segment: "who", audience: "who", weekly_cap: "limits", per_person: "limits", per_store: "limits",
  starts_at: "when", ends_at: "when", windows: "when", variants: "measure", holdout_pct: "measure", budget_cents: "budget", priority_pct: "budget",
};

/** Draws `findings` into the form's parts (`[data-place]`), in place of what stood there. */
export function place(form, findings) {
  for (const host of form.querySelectorAll(".findings")) host.replaceChildren();
  for (const one of findings) (form.querySelector(`.findings[data-place="${placeOf(one.code)}"]`) ?? form.querySelector(".findings"))?.append(finding(one));
}

/** A refusal's own words, `offers.0.headline: …`, as a finding at its field. */
export function refusal(detail) {
  const [where, ...rest] = String(detail ?? "").split(": ");
  const known = rest.length > 0 && /^[a-z_.0-9]+$/.test(where);
  const field = where.split(".").find((part) => part in FIELDS);
  return { code: known && field ? FIELDS[field] : "idea", grade: "error", culprits: [], says: known ? rest.join(": ") : String(detail), mend: "" };
}

/** All findings in one list, the errors first, as whoever publishes reads them. */
export function findingList(findings) {
  const ranked = [...findings].sort((one, other) => (one.grade === "error" ? 0 : 1) - (other.grade === "error" ? 0 : 1));
  return el("ul", { class: "findings" }, ranked.map(finding));
}

function placeOf(code) {
  return code in PLACES ? code : Object.keys(PLACES).find((name) => PLACES[name].includes(code)) ?? "idea";
}

function finding({ grade, says, mend, culprits }) {
  const isError = grade === "error";
  return el("li", { class: isError ? "finding bad" : "finding warn", data: { grade } }, icon(isError ? "close" : "flag", isError ? "It cannot go live so" : "Worth knowing"),
    el("div", {}, el("p", {}, says), mend ? el("p", { class: "mend" }, mend) : null,
      culprits.length > 1 ? el("p", { class: "quiet small" }, `Between ${culprits.join(" and ")}`) : null));
}
