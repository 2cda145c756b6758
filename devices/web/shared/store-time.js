/** Moments on the store's wall clock, as a form's date fields hold them: `2026-06-01T09:00`, without a zone. */

/** An instant (ISO 8601) as the store's clock shows it. */
export function onTheWall(instant, zone) {
  return wall(Date.parse(instant), zone).toISOString().slice(0, 16);
}

/** The instant (ISO 8601, UTC) at which the store's clock shows `text`; in the hour that a change of clocks skips, the one after. */
export function instantOf(text, zone) {
  const shown = Date.parse(`${text}Z`);
  if (Number.isNaN(shown)) return "";
  let at = shown;
  for (let turn = 0; turn < 2; turn += 1) at += shown - wall(at, zone).getTime();
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** A date as people read it. */
export function dayOf(instant, zone) {
  const at = new Date(instant);
  return Number.isNaN(at.getTime()) ? "–" : at.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: zone });
}

/** A moment of the clock on the wall, written as if it were UTC. */
function wall(at, zone) {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).formatToParts(at);
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return new Date(`${of.year.padStart(4, "0")}-${of.month}-${of.day}T${of.hour}:${of.minute}:00Z`);
}
