/** The fake screens beside the form: one frame a class of device, drawn by the very parts of the real pages, made smaller. */

import { el } from "/web/element.js";
import { moneyInUse } from "/web/money.js";

/** Class of device -> its title, the size of its glass in pixels, and the frame's own class. */
const GLASS = {
  display: ["Public display", 1920, 1080],
  kiosk: ["Kiosk", 1280, 800],
  tablet: ["Associate’s tablet", 640, 480],
  till: ["Till", 640, 300],
};
/** Which screen shows which placement; a phone's page is the chain's own app. */
const STANDS = { "display-zone": "display", "kiosk-home": "kiosk", "tablet-card": "tablet", "till-addon": "till" };

export class Preview {
  #host;
  #frames = new Map();
  #shows = new Map();
  #locale = "en";

  /** Screens are put into `host` as they are needed. */
  constructor(host) {
    this.#host = host;
    addEventListener("message", ({ origin, source, data }) => {
      const [surface] = [...this.#frames].find(([, { frame }]) => frame.contentWindow === source) ?? [];
      if (origin === location.origin && surface !== undefined && data.ready === surface) this.#tell(surface);
    });
    new ResizeObserver(() => this.#fit()).observe(host);
  }

  /** Draws the shows of one offer, each on its screen; screens without one go away. */
  draw(shows, locale) {
    this.#locale = locale;
    this.#shows = new Map(shows.filter(({ placement }) => placement in STANDS).map((show) => [STANDS[show.placement], show]));
    for (const surface of Object.keys(GLASS)) {
      const { box } = this.#frames.get(surface) ?? (this.#shows.has(surface) ? this.#open(surface) : {});
      if (box !== undefined) box.hidden = !this.#shows.has(surface);
      if (this.#shows.has(surface)) this.#tell(surface);
    }
    this.#fit();
  }

  #open(surface) {
    const [title, width, height] = GLASS[surface];
    const frame = el("iframe", { src: `/web/fake-screen.html?surface=${surface}`, title: `Preview: ${title}`, width, height, tabindex: "-1" });
    const box = el("figure", { class: `fake-screen ${surface}`, data: { surface } }, el("div", { class: "glass" }, frame), el("figcaption", { class: "quiet small" }, title));
    this.#frames.set(surface, { frame, box });
    const after = Object.keys(GLASS).slice(Object.keys(GLASS).indexOf(surface) + 1).map((one) => this.#frames.get(one)?.box).find(Boolean);
    this.#host.insertBefore(box, after ?? null);
    return { frame, box };
  }

  #tell(surface) {
    const { frame } = this.#frames.get(surface);
    frame.contentWindow?.postMessage({ show: this.#shows.get(surface) ?? null, locale: this.#locale, money: moneyInUse() }, location.origin);
  }

  #fit() {
    for (const [surface, { frame, box }] of this.#frames) {
      const [, width, height] = GLASS[surface];
      const scale = frame.parentElement.clientWidth / width;
      frame.style.setProperty("transform", `scale(${scale})`);
      box.querySelector(".glass").style.setProperty("height", `${height * scale}px`);
    }
  }
}
