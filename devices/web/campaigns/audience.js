/**
 * Whom an offer is for, as sentences: each writes a part of a condition in the Common Expression Language, and a
 * condition made of these sentences is read back. What somebody wrote by hand stays as it was written.
 */

const text = (value) => JSON.stringify(String(value));
const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const unquoted = (found) => JSON.parse(`"${found}"`);
const whole = (found) => Number(found);

/** Each sentence: its words around the blanks, the blanks' kinds with what they first hold, and how it is written and read. */
export const SENTENCES = {
  identified: { words: ["are recognised and agreed to it"], blanks: [], write: () => "identified", reads: /^identified$/, take: [] },
  segment: { words: ["belong to the segment", ""], blanks: [["text", "regular"]], write: (name) => `${text(name)} in segments`, reads: new RegExp(`^${QUOTED} in segments$`), take: [unquoted] },
  trips: { words: ["have come at least", "times"], blanks: [["count", 3]], write: (n) => `trips >= ${n}`, reads: /^trips >= (\d+)$/, take: [whole] },
  away: { words: ["have not come for", "days or more"], blanks: [["count", 14]], write: (n) => `days_since_trip >= ${n}`, reads: /^days_since_trip >= (\d+)$/, take: [whole] },
  bought: { words: ["have bought from the category", ""], blanks: [["text", ""]], write: (name) => `${text(name)} in bought_categories`, reads: new RegExp(`^${QUOTED} in bought_categories$`), take: [unquoted] },
  never: { words: ["never bought from the category", ""], blanks: [["text", ""]], write: (name) => `!(${text(name)} in bought_categories)`, reads: new RegExp(`^!\\(${QUOTED} in bought_categories\\)$`), take: [unquoted] },
  risk: { words: ["have stopped coming, by a chance of at least", "%"], blanks: [["count", 50]], write: (n) => `churn_risk_pct >= ${n}`, reads: /^churn_risk_pct >= (\d+)$/, take: [whole] },
  often: { words: ["are expected at least", "times in the next 30 days"], blanks: [["count", 2]], write: (n) => `expected_trips >= ${n}`, reads: /^expected_trips >= (\d+)$/, take: [whole] },
  worth: { words: ["are expected to spend", "or more in the next 30 days"], blanks: [["money", 10000]], write: (cents) => `value_cents >= ${cents}`, reads: /^value_cents >= (\d+)$/, take: [whole] },
  hours: { words: ["are here between", "and", "o’clock"], blanks: [["count", 17], ["count", 20]], write: (a, b) => `(hour >= ${a} && hour < ${b})`, reads: /^\(hour >= (\d+) && hour < (\d+)\)$/, take: [whole, whole] },
  weekend: { words: ["are here at the weekend"], blanks: [], write: () => "weekday >= 6", reads: /^weekday >= 6$/, take: [] },
  daypart: { words: ["are here in the", ""], blanks: [["daypart", "evening"]], write: (name) => `daypart == ${text(name)}`, reads: new RegExp(`^daypart == ${QUOTED}$`), take: [unquoted] },
  zone: { words: ["are in the zone", ""], blanks: [["text", "entrance"]], write: (name) => `zone == ${text(name)}`, reads: new RegExp(`^zone == ${QUOTED}$`), take: [unquoted] },
  pieces: { words: ["have at least", "products in the basket"], blanks: [["count", 5]], write: (n) => `basket_items >= ${n}`, reads: /^basket_items >= (\d+)$/, take: [whole] },
  spend: { words: ["have", "or more in the basket"], blanks: [["money", 2000]], write: (cents) => `basket_cents >= ${cents}`, reads: /^basket_cents >= (\d+)$/, take: [whole] },
  holds: { words: ["have the category", "in the basket"], blanks: [["text", ""]], write: (name) => `${text(name)} in basket_categories`, reads: new RegExp(`^${QUOTED} in basket_categories$`), take: [unquoted] },
};

export const DAYPARTS = ["morning", "midday", "afternoon", "evening", "night"];

const JOINS = { all: " && ", any: " || " };

/** The condition of `{join, parts: [{kind, blanks}]}`; nothing for no sentence. */
export function written({ join, parts }) {
  return parts.map(({ kind, blanks }) => SENTENCES[kind].write(...blanks)).join(JOINS[join]);
}

/** The sentences of a condition, or null where it says something that they cannot. */
export function read(condition) {
  if (condition === "") return { join: "all", parts: [] };
  for (const join of ["all", "any"]) {
    const parts = pieces(condition, JOINS[join]).map(sentence);
    if (parts.every((part) => part !== null)) return { join, parts };
  }
  return null;
}

function sentence(piece) {
  for (const [kind, { reads, take }] of Object.entries(SENTENCES)) {
    const found = reads.exec(piece);
    if (found === null) continue;
    try {
      return { kind, blanks: take.map((blank, at) => blank(found[at + 1])) };
    } catch {
      return null; // An escape that only the condition's own language knows: it stays as it was written.
    }
  }
  return null;
}

/** `condition` cut at each `join` that stands outside of brackets and quotation marks. */
function pieces(condition, join) {
  const found = [""];
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < condition.length; at += 1) {
    const sign = condition[at];
    if (quoted && sign === "\\") found[found.length - 1] += condition[at++];
    else if (sign === '"') quoted = !quoted;
    else if (!quoted && "(".includes(sign)) depth += 1;
    else if (!quoted && ")".includes(sign)) depth -= 1;
    if (!quoted && depth === 0 && condition.startsWith(join, at)) {
      found.push("");
      at += join.length - 1;
    } else found[found.length - 1] += condition[at];
  }
  return found;
}
