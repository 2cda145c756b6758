/**
 * One campaign being written: the form, the fake screens beside it, the tower's word on what is there so far, and the
 * steps to live. What is typed is kept from the first letter; no refusal and no lost line takes it away.
 */

import { bodyOf, forget, keep, kept, missing, successor } from "/web/campaign-draft.js";
import { campaignSections } from "/web/campaign-form.js";
import { hand, stepsPanel } from "/web/campaign-steps.js";
import { byId, el } from "/web/element.js";
import { findingList, place, refusal } from "/web/findings.js";
import { Preview } from "/web/preview.js";

/** Typing comes in bursts: the screens follow at once, the tower when it pauses. */
const DRAW_MS = 300;
const CHECK_MS = 900;
const AWAY = "The store cannot be reached just now. What you typed is kept here; try again in a moment.";

export class Editor {
  #line;
  #zone;
  #draft;
  #offer = 0;
  #version = null;
  #standing = null;
  #versions = [];
  #others = [];
  #isDirty;
  #busy = false;
  #timers = {};
  #preview;
  #told = [];
  #choose;
  #reopen;
  #now;

  /**
   * The third is what the store told: the draft, the edition it comes from, the campaign as it stands, all editions and
   * all other campaigns. `choose(then)` opens the library of pictures, `reopen()` starts over from what is saved,
   * `now()` is the store's time.
   */
  constructor(line, zone, { draft, version = null, standing = null, versions = [], others = [], isDirty = false }, { choose, reopen, now }) {
    [this.#line, this.#zone, this.#choose, this.#reopen, this.#now] = [line, zone, choose, reopen, now];
    [this.#draft, this.#version, this.#standing, this.#versions, this.#others, this.#isDirty] = [draft, version, standing, versions, others, isDirty];
  }

  /** The editor's elements, for `main`. */
  open(host) {
    const screens = el("div", { class: "screens" });
    host.replaceChildren(
      el("form", { id: "form", class: "form", "aria-label": "Campaign", novalidate: true, on: { submit: (event) => event.preventDefault() } }),
      el("aside", { class: "beside" },
        el("section", { class: "panel", id: "steps", "aria-label": "From draft to live" }),
        el("p", { id: "said", class: "panel said", role: "status", hidden: true }),
        el("section", { class: "panel", id: "tower", "aria-labelledby": "tower-title", hidden: true }),
        el("section", { class: "panel", "aria-labelledby": "preview-title" }, el("div", { class: "panel-head" }, el("h2", { id: "preview-title" }, "On the screens"), el("div", { id: "way", class: "row" })), el("p", { id: "lacks", class: "quiet" }), screens)));
    this.#preview = new Preview(screens);
    this.#redraw();
    this.#follow(0);
  }

  close() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }

  #redraw(focus = null) {
    const form = byId("form");
    const before = focus ?? document.activeElement?.id;
    form.replaceChildren(
      el("h2", { class: "form-title", tabindex: "-1" }, this.#draft.isNew ? (this.#draft.campaign.parent ? "The next version" : "A new campaign") : this.#draft.campaign.name),
      ...campaignSections(this.#draft, this.#offer, {
        line: this.#line, zone: this.#zone, others: this.#others, section, choose: this.#choose,
        changed: (key) => this.#changed(key), redraw: (id) => this.#redraw(id), turn: (at) => { this.#offer = at; this.#redraw(`offer-${at}-products`); this.#follow(0); },
      }));
    if (before) byId(before)?.focus();
    place(form, this.#told);
    this.#drawWay();
    this.#drawSteps();
  }

  #changed(key) {
    this.#isDirty = true;
    keep(this.#draft);
    this.#drawSteps();
    if (key === "name" || key === "offers") this.#drawWay();
    this.#follow(DRAW_MS);
  }

  #follow(after) {
    clearTimeout(this.#timers.draw);
    clearTimeout(this.#timers.check);
    this.#timers.draw = setTimeout(() => void this.#drawScreens(), after);
    this.#timers.check = setTimeout(() => void this.#check(), after === 0 ? 0 : CHECK_MS);
  }

  #drawSteps() {
    byId("steps").replaceChildren(...stepsPanel({
      isDirty: this.#isDirty, lacks: missing(this.#draft).length, version: this.#version, line: this.#standing, versions: this.#versions,
      startsAt: this.#draft.campaign.starts_at, now: this.#now(), zone: this.#zone, busy: this.#busy,
    }, {
      save: () => void this.#act(() => this.#save()), approve: () => void this.#act(() => this.#approve()), publish: () => void this.#act(() => this.#publish()),
      look: (one) => void this.#act(() => this.#look(one)), back: (one) => void this.#act(() => this.#back(one)), pause: (paused) => void this.#act(() => this.#pause(paused)),
      next: () => this.#next(), discard: () => { forget(this.#draft); this.#reopen(); },
    }));
  }

  /** Which creative and language the screens show. */
  #drawWay() {
    const { creatives } = this.#draft.offers[this.#offer];
    const menu = (id, label, values) => {
      const field = el("select", { class: "field short", id, "aria-label": label }, values.map((value) => el("option", { value }, value)));
      field.addEventListener("change", () => void this.#drawScreens());
      return values.length > 1 ? field : null;
    };
    const before = [byId("way-creative")?.value, byId("way-language")?.value];
    byId("way").replaceChildren(...[menu("way-creative", "Which way to say it", creatives.map(({ id }) => id)), menu("way-language", "In which language", [...new Set(creatives.flatMap(({ modules }) => Object.keys(modules)))])].filter(Boolean));
    for (const [id, value] of [["way-creative", before[0]], ["way-language", before[1]]]) if (byId(id) && [...byId(id).options].some((one) => one.value === value)) byId(id).value = value;
  }

  async #drawScreens() {
    const lacks = missing(this.#draft);
    byId("lacks").replaceChildren(...(lacks.length === 0 ? [] : [el("span", {}, "The screens follow as soon as this is said: "), el("ul", { class: "lacking" }, lacks.map(([, words]) => el("li", {}, words)))]));
    if (lacks.length > 0) return;
    const offer = bodyOf(this.#draft).offers[this.#offer];
    const creative = byId("way-creative")?.value ?? offer.creatives?.[0]?.id ?? null;
    const locale = byId("way-language")?.value ?? Object.keys(offer.creatives?.[0]?.modules ?? { en: {} })[0] ?? "en";
    const { status, body } = await this.#line.call("POST", "/v1/preview", { offer, creative, locale });
    if (status === 200) this.#preview.draw(body, locale);
    else if (status !== 0) this.#find([refusal(body?.detail ?? body?.title)]);
  }

  /** What the tower would say if this were published now; silence where the store is away, typing goes on. */
  async #check() {
    if (missing(this.#draft).length > 0) return;
    const asked = JSON.stringify(bodyOf(this.#draft));
    const { status, body } = await this.#line.call("POST", "/v1/portfolio/check", bodyOf(this.#draft));
    if (asked !== JSON.stringify(bodyOf(this.#draft)) || status === 0 || !byId("form")) return;
    this.#find(status === 200 ? body.findings : [refusal(body?.detail ?? body?.title)]);
  }

  #find(findings) {
    this.#told = findings;
    place(byId("form"), findings);
    const box = byId("tower");
    box.hidden = false;
    const errors = findings.filter(({ grade }) => grade === "error").length;
    box.replaceChildren(el("h2", { id: "tower-title" }, errors > 0 ? "The control tower says no" : findings.length > 0 ? "The control tower says yes, but" : "The control tower says yes"),
      findings.length === 0 ? el("p", { class: "quiet" }, "Nothing collides, nothing starves, something is shown in every case.") : findingList(findings));
  }

  async #act(step) {
    if (this.#busy) return;
    this.#busy = true;
    this.#drawSteps();
    await step();
    this.#busy = false;
    if (byId("steps")) this.#drawSteps();
  }

  async #save() {
    const body = bodyOf(this.#draft);
    const { id } = body.campaigns[0];
    if (this.#draft.isNew && this.#others.some((one) => one.id === id)) return this.#say(`There is a campaign “${id}” already. Give this one another name.`, true);
    const { status, body: told } = await this.#call("PUT", `/v1/campaigns/${encodeURIComponent(id)}`, body);
    if (status !== 200) return;
    forget(this.#draft);
    Object.assign(this.#draft.campaign, { id });
    this.#draft.offers.forEach((offer, at) => { offer.id = body.offers[at].id; });
    this.#draft.isNew = false;
    this.#isDirty = false;
    history.replaceState(null, "", `#/edit/${encodeURIComponent(id)}`);
    await this.#refresh(told[0].version);
    this.#say(`Saved as version ${told[0].version}. Nobody sees it yet.`);
  }

  async #approve() {
    const { status } = await this.#call("POST", this.#path("approve"), { version: this.#version.version });
    if (status !== 200) return;
    await this.#refresh(this.#version.version);
    this.#say("Approved. One step is left.");
  }

  async #publish() {
    if (!(await this.#judged("publish", { version: this.#version.version }))) return;
    this.#say(this.#standing?.state === "scheduled" ? "Published. It starts by itself." : "Published. Screens show it within a minute.");
  }

  async #back({ version }) {
    if (!(await this.#judged("rollback", { version }))) return;
    const live = this.#versions.find(({ state }) => state === "live");
    await this.#look(live);
    this.#say(`What version ${version} said stands again.`);
  }

  async #pause(paused) {
    if (!(await this.#judged("pause", { paused }, this.#version?.version))) return;
    this.#say(paused ? "Paused. It is off all screens." : "It goes on.");
  }

  /** A step that the tower judges; whether it was made. */
  async #judged(step, body, shown = null) {
    const { status, body: told } = await this.#call("POST", this.#path(step), body, [200, 422]);
    if (status !== 200 && status !== 422) return false;
    this.#find(told.findings);
    if (!told.published) {
      this.#say("The control tower keeps it off the screens. Nothing was changed; see what it found.", true);
      return false;
    }
    await this.#refresh(shown ?? told.version);
    return true;
  }

  async #look(edition) {
    const { status, body } = await this.#call("GET", `/v1/campaigns/${encodeURIComponent(this.#draft.campaign.id)}/versions/${edition.version}`);
    if (status !== 200) return;
    this.#draft = { isNew: false, from: edition.version, campaign: structuredClone(body.campaigns[0]), offers: structuredClone(body.offers) };
    [this.#version, this.#isDirty, this.#offer, this.#told] = [edition, false, 0, []];
    this.#redraw();
    this.#follow(0);
    this.#say(`This is version ${edition.version}. Change it and save, and it becomes a new one.`);
  }

  #next() {
    this.#draft = successor({ ...this.#draft });
    keep(this.#draft);
    [this.#version, this.#standing, this.#versions, this.#isDirty] = [null, null, [], true];
    history.replaceState(null, "", "#/new");
    this.#redraw();
    this.#follow(0);
    this.#say("A new campaign with the same words. Change one thing, so that its test tells what that brings.");
  }

  async #refresh(version) {
    const { status, body } = await this.#line.call("GET", this.#path());
    if (status !== 200) return;
    [this.#standing, this.#versions] = [body.campaign, body.versions];
    this.#version = body.versions.find((one) => one.version === version) ?? this.#version;
    if (!body.standing.campaigns.length) this.#standing = null;
  }

  #path(step = null) {
    return `/v1/campaigns/${encodeURIComponent(this.#draft.campaign.id)}${step === null ? "" : `/${step}`}`;
  }

  /** One request; whatever is refused is said in the server's own words, and the form stays as it is. */
  async #call(method, path, body = null, fine = [200]) {
    const name = method === "GET" ? "" : hand();
    const answer = await this.#line.call(method, name === "" ? path : `${path}?by=${encodeURIComponent(name)}`, body);
    if (fine.includes(answer.status)) return answer;
    if (answer.status === 0 || answer.status >= 500) this.#say(AWAY, true);
    else this.#refused(answer.body);
    return { status: -1, body: null };
  }

  #refused(body) {
    this.#find([refusal(body?.detail ?? body?.title ?? "The store did not take it.")]);
    this.#say("The store did not take it. Nothing was changed; see what it found.", true);
  }

  #say(words, bad = false) {
    const box = byId("said");
    box.hidden = false;
    box.classList.toggle("wrong", bad);
    box.textContent = words;
  }
}

/** One part of the form with the place for what the tower finds there. */
function section(name, title, ...content) {
  return el("section", { class: "panel part", "aria-labelledby": `part-${name}` }, el("h3", { id: `part-${name}` }, title), el("ul", { class: "findings", data: { place: name } }), ...content);
}

/** What was typed under this id and is not saved, if anything. */
export function unsaved(id) {
  return kept(id);
}
