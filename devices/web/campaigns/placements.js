/** The screens on which an offer may stand: placement -> [class of device, words]. Made from edge/domain/placement.py by `make docs`. */
export const SCREENS = {
  "display-zone": ["display", "Public displays"],
  "kiosk-home": ["kiosk", "Kiosk"],
  "phone-home": ["phone", "Shopper’s phone"],
  "tablet-card": ["tablet", "Associate’s tablet"],
  "till-addon": ["pos", "Till"],
};
