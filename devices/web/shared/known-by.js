/** How the store came to know somebody, as an icon and a few words; and the two letters that stand for a name. */

const METHODS = {
  app_beacon: ["beacon", "by their app", "App"],
  kiosk_login: ["keypad", "at the kiosk", "Kiosk"],
  pos_loyalty: ["card", "by card at the till", "Card"],
  receipt_qr: ["qr", "by a receipt's code", "Receipt"],
  associate_lookup: ["person", "by an associate", "Staff"],
  anonymous_context: ["walk", "not known", "Not known"],
};

/** `[icon, words, one word]` of a method; one that is new to this page is shown as it came. */
export function knownBy(method) {
  const word = String(method ?? "known");
  return METHODS[word] ?? ["person", word, word];
}

/** `Quiet Otter` -> `QO`. */
export function initials(name) {
  return String(name ?? "?").split(/\s+/).slice(0, 2).map((word) => word.charAt(0)).join("").toUpperCase();
}
