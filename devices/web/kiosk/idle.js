/**
 * Ends a session that nobody is at any more: a warning after 20 s without a touch or key, the end at 30 s,
 * and an end after five minutes in any case.
 */

export const WARN_AFTER_MS = 20_000;
export const END_AFTER_MS = 30_000;
export const LONGEST_MS = 300_000;

const SIGNS_OF_LIFE = ["pointerdown", "keydown", "wheel", "touchstart"];

export class Idle {
  #onWarn;
  #onReturn;
  #onEnd;
  #timers = [];
  #longest = 0;
  #alive = () => this.#again();

  /** `onWarn(secondsLeft)` once a second from the warning on, `onReturn()` on any sign of life, `onEnd()` at the end. */
  constructor({ onWarn, onReturn, onEnd }) {
    this.#onWarn = onWarn;
    this.#onReturn = onReturn;
    this.#onEnd = onEnd;
  }

  /** Starts to watch; a second call changes nothing. */
  start() {
    if (this.#longest !== 0) return;
    this.#longest = setTimeout(() => this.#end(), LONGEST_MS);
    for (const sign of SIGNS_OF_LIFE) addEventListener(sign, this.#alive, { passive: true });
    this.#count();
  }

  stop() {
    clearTimeout(this.#longest);
    this.#longest = 0;
    this.#forget();
    for (const sign of SIGNS_OF_LIFE) removeEventListener(sign, this.#alive);
  }

  #again() {
    this.#forget();
    this.#onReturn();
    this.#count();
  }

  #count() {
    for (let at = WARN_AFTER_MS; at < END_AFTER_MS; at += 1_000) {
      this.#timers.push(setTimeout(() => this.#onWarn((END_AFTER_MS - at) / 1_000), at));
    }
    this.#timers.push(setTimeout(() => this.#end(), END_AFTER_MS));
  }

  #forget() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  #end() {
    this.stop();
    this.#onEnd();
  }
}
