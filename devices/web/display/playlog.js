/** Proof of play: what was really on the screen, from when, for how long; kept until the store's receipt. */

export class PlayLog {
  #line;
  #running = null;

  constructor(line) {
    this.#line = line;
  }

  /** `show` is on the screen from now; it counts as completed after `wholeMs`. */
  begin(show, wholeMs) {
    this.#running = { show, wholeMs, from: performance.now(), at: this.#line.now() };
  }

  /** The running play is over; it is told to the store, and a second call tells nothing. */
  end() {
    if (this.#running === null) return;
    const { show, wholeMs, from, at } = this.#running;
    this.#running = null;
    const duration = Math.round(performance.now() - from);
    void this.#line.send("play", {
      decision_id: show.decision_id,
      creative_id: show.creative_id ?? show.decision_id,
      started_at: at.toISOString(),
      duration_ms: duration,
      completed: duration >= wholeMs - SLACK_MS,
    });
  }
}

/** Timers may fire a little early. */
const SLACK_MS = 50;
