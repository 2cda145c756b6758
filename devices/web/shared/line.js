/**
 * A page's line to the store. The page is a device: it signs in with its own password, hears its own
 * stream, and repeats what it has to tell until the store's receipt. The line comes back by itself.
 *
 * Events of a Line: every event of the stream by its name (`hello`, `show`, `cmd`, `link`, `context`, …) with
 * its data as `detail`; `state` with "up" or "down"; `refused` when no valid password is known.
 */

import { Outbox, uuid } from "/web/outbox.js";
import { readEvents } from "/web/stream.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8_000;
/** The service answers an event within 5 s or says 504; past this the request itself is lost. */
const RECEIPT_WAIT_MS = 8_000;
/** What the way to the gateway and back may take on top of a decision's own deadline. */
const ASK_GRACE_MS = 150;
/** Personal content lives 60 s at most, shared content ten minutes, whatever a screen's clock says. */
const LONGEST_LIFE_MS = { personal: 60_000, context: 600_000, fallback: 600_000 };

export class Line extends EventTarget {
  #device;
  #stream;
  #outbox;
  #password;
  #state = "down";
  #sending = false;
  #clock = null;
  #unlock = null;
  #entering = null;

  /** `durable(event)` picks what must survive a reload; never anything personal. */
  constructor(device, { durable = () => false, stream = `/v1/pages/${device}/stream` } = {}) {
    super();
    this.#device = device;
    this.#stream = stream;
    this.#outbox = new Outbox(device, durable);
    this.#password = keyOf(device);
  }

  get state() {
    return this.#state;
  }

  /** How many events still wait for their receipt. */
  get unsent() {
    return this.#outbox.length;
  }

  /** The store's time as told with `hello`, carried on by this machine; its own date until then. */
  now() {
    return this.#clock === null ? new Date() : new Date(this.#clock.told + performance.now() - this.#clock.at);
  }

  /** Opens the line and keeps it open for as long as the page lives. */
  async open() {
    await this.#outbox.open();
    await this.#enter();
    for (let failures = 0; ; failures += 1) {
      try {
        await this.#listen(() => { failures = 0; });
      } catch {
        // Told below: whatever cut the line, the page goes on with what it has and tries again.
      }
      this.#mark("down");
      await pause(waitMs(failures));
    }
  }

  /** Tries another password, for the form that a page shows on `refused`. */
  unlock(password) {
    this.#password = password;
    keep(this.#device, password);
    this.#unlock?.();
  }

  /** Tells the store something; resolves with `{accepted, reason}` once it is on the store's disk. */
  send(type, data) {
    return new Promise((settle) => {
      this.#outbox.add({ id: uuid(), type, data }, settle);
      void this.#drain();
    });
  }

  /** Drops what a person said in a session that is over and the store has not taken yet. */
  forget() {
    this.#outbox.forget();
  }

  /** Asks for a decision, a till for an `offer`; null when there is none, or none in time. Never takes longer than deadline + 150 ms. */
  async ask(data, type = "decide") {
    try {
      const response = await fetch(`/v1/pages/${this.#device}/ask`, {
        ...posted({ type, data }),
        signal: AbortSignal.timeout(data.deadline_ms + ASK_GRACE_MS),
      });
      if (response.status === 401) void this.#enter();
      if (response.status !== 200) return null;
      const answer = await response.json();
      // With a reason nothing was decided: the page goes on with what it has. Of an offer the reason is the answer.
      return type === "offer" || answer.reason === undefined ? answer : null;
    } catch {
      return null;
    }
  }

  /** A JSON answer of the store's own API under this session; null where there is none. */
  async get(path) {
    try {
      const response = await this.#fetch(path, {});
      return response.ok ? await response.json() : null;
    } catch {
      return null;
    }
  }

  /** Any request to the store's own API under this session: `{status, body}`, status 0 where it cannot be reached. */
  async call(method, path, body = null, type = "application/json") {
    try {
      const sent = body === null ? { method } : { method, headers: { "Content-Type": type }, body: type === "application/json" ? JSON.stringify(body) : body };
      const response = await this.#fetch(path, sent);
      const isJson = /[/+]json/.test(response.headers.get("Content-Type") ?? "");
      return { status: response.status, body: isJson ? await response.json() : null };
    } catch {
      return { status: 0, body: null };
    }
  }

  /** Posts `body` to the store's own API under this session; whether it was taken. */
  async post(path, body) {
    try {
      return (await this.#fetch(path, posted(body))).ok;
    } catch {
      return false;
    }
  }

  /**
   * Milliseconds that a show may stay; 0 for one that came too late. Counted on the store's clock, and
   * without one from now on, so that a screen with a wrong date neither hides content nor keeps it.
   */
  lifeMs(show) {
    const limit = LONGEST_LIFE_MS[show.kind] ?? LONGEST_LIFE_MS.personal;
    const left = Date.parse(show.expires_at) - this.now().getTime();
    return this.#clock === null || Number.isNaN(left) ? limit : Math.min(limit, Math.max(0, left));
  }

  /** A page with a key signs in first; one without may still have the session of its cookie. */
  async #enter() {
    try {
      if (this.#password !== null) await this.#signIn();
    } catch {
      // No line yet; the stream's own tries go on from here.
    }
  }

  async #listen(onOpen) {
    const abort = new AbortController();
    const response = await this.#fetch(this.#stream, { headers: { Accept: "text/event-stream" }, signal: abort.signal });
    if (!response.ok) throw new Error(`stream answered ${response.status}`);
    onOpen();
    this.#mark("up");
    void this.#drain();
    await readEvents(response, abort, ({ event, data }) => {
      if (event === "hello") this.#greet(data);
      this.dispatchEvent(new CustomEvent(event, { detail: data }));
    });
  }

  async #fetch(path, options) {
    const response = await fetch(path, options);
    if (response.status !== 401) return response;
    await this.#signIn();
    return fetch(path, options);
  }

  /** Whoever finds the session gone waits for the same sign-in. */
  #signIn() {
    this.#entering ??= this.#showPassword().finally(() => { this.#entering = null; });
    return this.#entering;
  }

  async #showPassword() {
    for (;;) {
      const body = { device: this.#device, password: this.#password ?? "" };
      const response = this.#password === null ? null : await fetch("/v1/pages/session", posted(body));
      if (response?.ok) return;
      if (response !== null && response.status !== 401) throw new Error(`session answered ${response.status}`);
      const unlocked = new Promise((resolve) => { this.#unlock = resolve; });
      this.dispatchEvent(new CustomEvent("refused", { detail: { tried: this.#password !== null } }));
      await unlocked;
    }
  }

  async #drain() {
    if (this.#sending) return;
    this.#sending = true;
    for (let failures = 0; this.#outbox.head !== undefined; ) {
      const entry = this.#outbox.head;
      const receipt = await this.#deliver(entry.event);
      if (receipt === null) {
        await pause(waitMs(failures));
        failures += 1;
        continue;
      }
      failures = 0;
      this.#outbox.remove(entry);
      entry.settle(receipt);
    }
    this.#sending = false;
  }

  /** One try: the receipt, or null when it has to be repeated. */
  async #deliver(event) {
    try {
      const response = await this.#fetch(`/v1/pages/${this.#device}/events`, {
        ...posted(event),
        signal: AbortSignal.timeout(RECEIPT_WAIT_MS),
      });
      if (response.status === 202) return await response.json();
      const worthRepeating = response.status >= 500 || [401, 408, 429].includes(response.status);
      return worthRepeating ? null : { id: event.id, accepted: false, reason: "malformed" };
    } catch {
      return null;
    }
  }

  #greet(hello) {
    const told = Date.parse(hello.clock ?? "");
    this.#clock = Number.isNaN(told) ? null : { told, at: performance.now() };
  }

  #mark(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

/** The device that this address is for: `/kiosk/kiosk-1` -> `kiosk-1`. */
export function deviceInPath() {
  return decodeURIComponent(location.pathname.split("/")[2] ?? "");
}

/** Full-jitter back-off: nobody reconnects in step with the other screens. */
export function waitMs(failures) {
  return Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
}

/**
 * The page's password out of `#key=…`, taken from the address bar at once. It is the screen's, not a
 * person's, and stays in this tab so that a reload finds it.
 */
function keyOf(device) {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const key = fragment.get("key");
  if (key === null) return kept(device);
  history.replaceState(null, "", location.pathname + location.search);
  keep(device, key);
  return key;
}

function kept(device) {
  try {
    return sessionStorage.getItem(`storeside-key-${device}`);
  } catch {
    return null;
  }
}

function keep(device, password) {
  try {
    sessionStorage.setItem(`storeside-key-${device}`, password);
  } catch {
    // Without storage a reload asks for the password again.
  }
}

function posted(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
