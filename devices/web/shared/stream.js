/**
 * Reads server-sent events from a fetch answer. Unlike EventSource it sees the heartbeats, so a line that
 * died without a word is noticed, and it sees the status, so a lost session is told from a lost line.
 */

/** Milliseconds without a byte after which the line counts as dead: two and a half heartbeats of 10 s. */
export const SILENCE_MS = 25_000;

/**
 * Splits a stream's text into events: `feed(text)` returns the `{event, data}` that are complete,
 * `data` already parsed. What is not JSON is left out.
 */
export class EventReader {
  #rest = "";

  feed(text) {
    const blocks = (this.#rest + text).replaceAll("\r\n", "\n").split("\n\n");
    this.#rest = blocks.pop();
    return blocks.map(readBlock).filter((found) => found !== null);
  }
}

/** Calls `onEvent({event, data})` until the stream ends, fails, or is silent for `SILENCE_MS`. */
export async function readEvents(response, abort, onEvent) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  let watchdog = 0;
  try {
    for (;;) {
      watchdog = setTimeout(() => abort.abort(), SILENCE_MS);
      const { value, done } = await reader.read();
      clearTimeout(watchdog);
      if (done) return;
      for (const found of events.feed(value)) onEvent(found);
    }
  } finally {
    clearTimeout(watchdog);
  }
}

function readBlock(block) {
  let event = "message";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
  }
  if (data.length === 0) return null;
  try {
    return { event, data: JSON.parse(data.join("\n")) };
  } catch {
    return null;
  }
}
