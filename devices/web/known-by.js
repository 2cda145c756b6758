/** How the store came to know somebody, as an icon and a few words; and the two letters that stand for a name. */

const METHODS = {
  app_beacon: ["beacon", "by their app"],
  kiosk_login: ["keypad", "at the kiosk"],
  pos_loyalty: ["card", "by card at the till"],
  receipt_qr: ["qr", "by a receipt's code"],
  associate_lookup: ["person", "by an associate"],
  anonymous_context: ["walk", "not known"],
};

/** `[icon, words]` of a method; one that is new to this page is shown as it came. */
export function knownBy(method) {
  return METHODS[method] ?? ["person", String(method ?? "known")];
}

/** `Quiet Otter` -> `QO`. */
export function initials(name) {
  return String(name ?? "?").split(/\s+/).slice(0, 2).map((word) => word.charAt(0)).join("").toUpperCase();
}
