/**
 * What this page still has to tell the store, in order, until the store's receipt. Events that are
 * `durable` (never personal) also lie in IndexedDB and survive a reload or a power cut; the rest is in memory only.
 */

/** More than a day of proofs of play at one every 20 s; the oldest go first beyond it. */
const LIMIT = 5_000;

export class Outbox {
  #name;
  #durable;
  #waiting = [];
  #disk = null;
  #order = 0;

  /** `durable(event)` says whether one may be written down. */
  constructor(name, durable) {
    this.#name = `storeside-${name}`;
    this.#durable = durable;
  }

  /** Opens the disk part and takes up what an earlier life of this page left. */
  async open() {
    try {
      this.#disk = await opened(this.#name);
      const left = await done(this.#disk.transaction("events").objectStore("events").getAll());
      this.#waiting.unshift(...left.map((kept) => ({ ...kept, settle: () => {} })));
    } catch {
      this.#disk = null; // A browser without storage still works, from memory.
    }
  }

  get length() {
    return this.#waiting.length;
  }

  /** The entry to send now, or undefined. */
  get head() {
    return this.#waiting[0];
  }

  /** Adds one event; `settle` is called with its receipt. */
  add(event, settle) {
    this.#order = Math.max(this.#order + 1, Date.now());
    this.#waiting.push({ order: this.#order, event, settle });
    if (this.#waiting.length > LIMIT) this.remove(this.#waiting[0]);
    if (this.#durable(event)) this.#write((events) => events.put({ order: this.#order, event }));
  }

  /** Takes one entry out, from disk too. */
  remove(entry) {
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    if (this.#durable(entry.event)) this.#write((events) => events.delete(entry.order));
  }

  /** Drops everything that is not durable: what a person said in a session that is over. */
  forget() {
    this.#waiting = this.#waiting.filter((entry) => this.#durable(entry.event));
  }

  #write(change) {
    try {
      if (this.#disk !== null) change(this.#disk.transaction("events", "readwrite").objectStore("events"));
    } catch {
      this.#disk = null;
    }
  }
}

/** A random (version 4) UUID; works on plain-HTTP store networks too, where randomUUID is missing. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function opened(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("events", { keyPath: "order" });
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
