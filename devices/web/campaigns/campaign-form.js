/** The whole form of a campaign: its idea and dates, its offers, and how its effect is measured. */

import { newOffer, tested, waysOf } from "/web/campaign-draft.js";
import { el, icon } from "/web/element.js";
import { amount, checks, count, labelled, menu, radios, slider, words } from "/web/fields.js";
import { offerSections } from "/web/offer-form.js";
import { instantOf, onTheWall } from "/web/store-time.js";

const SCALE = [[1, "1 – little"], [2, "2"], [3, "3"], [4, "4"], [5, "5 – much"]];
const DAYS = [[1, "Mon"], [2, "Tue"], [3, "Wed"], [4, "Thu"], [5, "Fri"], [6, "Sat"], [7, "Sun"]];
/** Below a tenth too few are held out to measure anything soon; above a fifth too many go without. */
const HELD_OUT = { min: 10, max: 20 };

/** The form's sections. `tools`: `{line, zone, others, section, changed, redraw, choose, turn}`; `at`: which offer is open. */
export function campaignSections(draft, at, tools) {
  const { campaign, offers } = draft;
  return [idea(campaign, tools), offers.length > 1 ? tabs(draft, at, tools) : null,
    ...offerSections(offers[at], `offer-${at}`, tools), when(draft, tools), measure(draft, tools), more(draft, at, tools)].filter(Boolean);
}

function idea(campaign, { section, changed, others }) {
  const own = { owner: campaign, changed };
  return section("idea", "The idea",
    words({ label: "Name of the campaign", name: "campaign-name", key: "name", maxlength: 200, placeholder: "Rolls for the weekend", ...own }),
    el("div", { class: "row" },
      menu({ label: "How much could it bring?", name: "campaign-impact", key: "impact", options: SCALE, take: Number, ...own }),
      menu({ label: "How easy is it?", name: "campaign-ease", key: "ease", options: SCALE, take: Number, ...own }),
      menu({ label: "Next version of", name: "campaign-parent", key: "parent", options: [["", "nothing, it is new"], ...others.filter(({ id }) => id !== campaign.id).map(({ id, name }) => [id, name])], ...own })));
}

function tabs({ offers }, at, { turn }) {
  const menuOf = el("select", { class: "field" }, offers.map(({ headline, id }, index) => el("option", { value: index, selected: index === at }, `${index + 1}. ${headline || id || "without words yet"}`)));
  menuOf.addEventListener("change", () => turn(Number(menuOf.value)));
  return el("div", { class: "panel offer-tabs" }, labelled(`Offer ${at + 1} of ${offers.length}`, "offer-open", menuOf));
}

function when(draft, { section, changed, zone, redraw }) {
  const { campaign } = draft;
  const moment = (label, key) => {
    const field = el("input", { class: "field", type: "datetime-local", value: onTheWall(campaign[key], zone) });
    field.addEventListener("input", () => {
      const before = campaign[key];
      campaign[key] = instantOf(field.value, zone);
      // An offer that had the campaign's dates keeps having them.
      for (const offer of draft.offers) if (Date.parse(offer[key]) === Date.parse(before)) offer[key] = campaign[key];
      changed(key);
    });
    return labelled(label, `campaign-${key.replace("_", "-")}`, field);
  };
  campaign.windows ??= [];
  const hours = campaign.windows.map((part, at) => el("fieldset", { class: "window" }, el("legend", {}, "Only at these hours"),
    el("div", { class: "row" },
      count({ label: "From hour", name: `window-${at}-first`, owner: part, key: "first_hour", min: 0, max: 23, changed }),
      count({ label: "to hour", name: `window-${at}-last`, owner: part, key: "last_hour", min: 1, max: 24, changed })),
    checks({ label: "On", name: `window-${at}-days`, owner: part, key: "days", options: DAYS, changed }),
    el("button", { class: "button", type: "button", on: { click: () => { campaign.windows.splice(at, 1); changed("windows"); redraw("window-more"); } } }, "At all hours again")));
  return section("when", "When", el("div", { class: "row" }, moment("Starts", "starts_at"), moment("Ends", "ends_at")),
    el("p", { class: "quiet small" }, `On the store’s clock${zone === "UTC" ? ", in UTC" : ""}. Published before it starts, it waits until then.`), hours,
    el("button", { class: "button", type: "button", id: "window-more", on: { click: () => { campaign.windows.push({ first_hour: 16, last_hour: 20, days: [1, 2, 3, 4, 5, 6, 7] }); changed("windows"); redraw(`window-${campaign.windows.length - 1}-first`); } } }, icon("clock"), "Only at certain hours"));
}

/** How a campaign tries its creatives: as data, and back. */
const TRIES = [["one", "Show any of its ways"], ["test", "Test them against each other"], ["learn", "Learn which works, and show it more"]];

function measure({ campaign, offers }, { section, changed }) {
  const ways = waysOf(offers);
  const way = { tries: campaign.bandit ? "learn" : (campaign.variants ?? []).length > 0 ? "test" : "one" };
  const picked = () => {
    campaign.bandit = way.tries === "learn";
    campaign.variants = way.tries === "test" ? tested(offers) : [];
    changed("variants");
  };
  return section("measure", "What it adds",
    slider({ label: "Held out: people who do not see it, so that its effect can be told", name: "campaign-holdout", owner: campaign, key: "holdout_pct", ...HELD_OUT, unit: "% of people", changed }),
    ways.length > 1 || way.tries !== "one" ? radios({ label: "Several ways to say it", name: "campaign-tries", owner: way, key: "tries", options: TRIES, changed: picked }) : null);
}

function more(draft, at, { section, changed, turn }) {
  const { campaign, offers } = draft;
  const own = { owner: campaign, changed };
  return section("budget", "Limits of the whole campaign",
    el("div", { class: "row" },
      count({ label: "Shown to one person a week", name: "campaign-cap", key: "weekly_cap", min: 1, max: 10_000, hint: "At most, all its offers together.", ...own }),
      amount({ label: "Budget", name: "campaign-budget", key: "budget_cents", optional: true, hint: "Empty: none. Spent, it stops.", ...own }),
      count({ label: "Weight beside others, in %", name: "campaign-priority", key: "priority_pct", min: 1, max: 1_000, hint: "100 is as all others.", ...own })),
    el("div", { class: "row" },
      el("button", { class: "button", type: "button", id: "offer-more", on: { click: () => { offers.push(newOffer(campaign)); changed("offers"); turn(offers.length - 1); } } }, "Add another offer"),
      offers.length > 1 ? el("button", { class: "button stop", type: "button", on: { click: () => { offers.splice(at, 1); changed("offers"); turn(Math.max(0, at - 1)); } } }, icon("erase"), `Take offer ${at + 1} out`) : null));
}
