/** One offer in plain words: what it is, for whom, on which screens, said how, and how often. */

import { audienceForm } from "/web/audience-form.js";
import { TYPES } from "/web/campaign-draft.js";
import { creativeForm } from "/web/creative-form.js";
import { el } from "/web/element.js";
import { amount, checks, count, radios, words } from "/web/fields.js";
import { SCREENS } from "/web/placements.js";
import { productPicker } from "/web/product-picker.js";

/** The sections of `offer`. `tools`: `{line, section, changed, redraw, choose}` of the whole form; `name` begins all ids. */
export function offerSections(offer, name, { line, section, changed, redraw, choose }) {
  const own = { owner: offer, changed };
  return [
    section("what", "What is offered",
      productPicker(line, offer, { name: `${name}-products`, picked: (product) => {
        const begins = product !== null && !offer.category;
        if (begins) offer.category = product.category;
        changed("skus");
        if (begins) redraw(`${name}-products`);
      } }),
      radios({ label: "What it gives", name: `${name}-type`, key: "offer_type", options: Object.entries(TYPES), ...own }),
      el("div", { class: "row" },
        amount({ label: "Off the price, a piece", name: `${name}-off`, key: "discount_cents", ...own }),
        words({ label: "Category", name: `${name}-category`, key: "category", maxlength: 128, hint: "Offers of one category never stand beside each other for one person.", ...own })),
      words({ label: "The offer in one line", name: `${name}-headline`, key: "headline", maxlength: 200, placeholder: "20 cents off crusty rolls", ...own })),
    section("words", "Words and picture", creativeForm(offer, { name: `${name}-creative`, changed, redraw, choose })),
    section("where", "Which screens", checks({ label: "It may stand on", name: `${name}-where`, key: "placements", options: Object.entries(SCREENS).map(([place, [, says]]) => [place, says]), ...own })),
    section("who", "For whom",
      words({ label: "Segment", name: `${name}-segment`, key: "segment", maxlength: 128, hint: "“everybody”, or a segment that the centre sends with people.", ...own }),
      audienceForm(offer, { name: `${name}-audience`, changed: () => changed("audience") })),
    section("limits", "How often",
      el("div", { class: "row" },
        count({ label: "Shown to one person a week", name: `${name}-cap`, key: "weekly_cap", min: 1, max: 1000, hint: "At most, on all screens together.", ...own }),
        count({ label: "Redeemed by one person", name: `${name}-person`, key: "per_person", min: 1, max: 1_000_000, hint: "At most, ever. Empty: no limit.", ...own }),
        count({ label: "Redeemed in this store", name: `${name}-store`, key: "per_store", min: 1, max: 100_000_000, hint: "At most, ever. Empty: no limit.", ...own }))),
  ];
}
