"""Short human titles from the terse product types of a till system.

``journey`` names products with it; screens of the demo show the titles.
"""

import re

# Till shorthand -> what a shopper reads. Whole words only; an empty reading drops the word.
_READINGS = {
    "SFT": "soft",
    "DRNK": "drink",
    "DRNKS": "drinks",
    "DRNKNG": "drinking",
    "DRNKING": "drinking",
    "FRZN": "frozen",
    "FRZ": "frozen",
    "SNGL": "single",
    "SGL": "single",
    "SRV": "serve",
    "SS": "single-serve",
    "BTL": "bottle",
    "CAR": "",
    "CARB": "",
    "INCL": "",
    "EX": "",
    "EXCP": "",
    "MLT": "multi",
    "PK": "pack",
    "PPK": "pre-packed",
    "BRD": "bread",
    "BR": "bread",
    "VEG": "vegetables",
    "CHOC": "chocolate",
    "CHIX": "chicken",
    "ENTREES": "entrées",
    "DNRS": "dinners",
    "CHEDR": "cheddar",
    "MNRL": "mineral",
    "MNERAL": "mineral",
    "WATE": "water",
    "WTR": "water",
    "NON-CRBNTD": "still",
    "CRBNTD": "sparkling",
    "FLVRD": "flavoured",
    "SEMI-SOLID": "",
    "MAY": "",
    "RTS": "ready-to-serve",
    "ET": "",
    "GRND": "ground",
    "PATTY": "patties",
    "CND": "canned",
    "REFRIG": "chilled",
    "REFRIGERATED": "chilled",
    "MISC": "assorted",
    "MISCELLANEOUS": "assorted",
    "IWS": "sliced",
    "SAL": "salad",
    "SW": "sweet",
    "GDS": "goods",
    "PREP": "prepared",
    "FD": "food",
    "CATFD": "cat food",
    "PNUT": "peanut",
    "PLSTC": "plastic",
    "FEM": "feminine",
    "HYGN": "hygiene",
    "LUNCHMEAT": "lunch meat",
    "BEERALEMALT": "beer, ale and malt",
    "SNGLS": "singles",
    "ONLY": "",
    "ALL": "",
    "BULK": "",
    "SPECILATY": "speciality",
    "POURABLE": "",
    "SV": "serve",
    "MACH": "",
    "VEND": "",
    "HANDKE": "handkerchiefs",
    "WT": "weight",
    "MLT-PK": "multipack",
    "SAUS": "sausage",
    "SANDWIC": "sandwiches",
    "PKG": "",
    "PRSLC": "sliced",
    "FS": "",
    "WHL": "whole",
    "FRE": "fresh",
}

# Quality words that say nothing without their category ("Premium" of ice creams).
_BARE = frozenset(
    [
        "ECONOMY",
        "ENHANCED",
        "LEAN",
        "MAINSTREAM",
        "PATTIES",
        "PREMIUM",
        "PRIMAL",
        "RIBS",
        "SMOKED/COOKED",
        "SUPERPREMIUM",
        "TRADITIONAL",
        "MISCELLANEOUS",
        "PINTS",
        "POULTRY",
        "HAM",
        "BLENDS",
        "KIDS",
        "RED",
        "WHITE",
        "ACCESSORIES",
        "ENTREES",
        "GARDEN",
        "MEAT",
        "PLUS",
        "REGULAR",
        "SELECT",
    ]
)
_NOISE = re.compile(r"\([^)]*\)?|\b\d+(/\d+)+(PK|&\d+PK)?\b|\b\d+/\d+&\d+PK\b")
_UNITS = {
    "GA": "gal",
    "GAL": "gal",
    "DZ": "dozen",
    "OZ": "oz",
    "OZS": "oz",
    "LB": "lb",
    "LBS": "lb",
    "CT": "ct",
    "PT": "pint",
    "QT": "quart",
    "L": "l",
    "LT": "l",
    "ML": "ml",
    "PK": "pack",
    "SQ FT": "sq ft",
    "PC": "pc",
    "IN": "in",
    "FT": "ft",
    "ROLL": "rolls",
    "LOAD": "loads",
}
_SIZE = re.compile(
    r"(?:\(?\d{3,}\)?\s+|L\s+)?((?:\d+ )?\d*\.?\d+(?:/\d*\.?\d+)?)\s*([A-Z]+(?: FT)?)$"
)
# Heavier is the crate, not what is carried home; larger counts are article numbers.
_BULK_LB = 10.0
_COUNT_MAX = 9_999

# Types are cut off at this length, often inside a word.
_CUT_AT = 30
_CUT = re.compile(r"([ /](OR|AND|OF|W/?|OTH|WRA|[A-Z]{1,2}))+$")


def product_name(kind: str, brand: str, size: str, category: str = "") -> str:
    """A title such as ``Fluid milk, white, 1 gal`` from PRODUCT_TYPE, brand and package size."""
    words = [kind] if not _says_little(kind) or not category else [category, kind]
    parts = [_read(word) for word in words]
    title = ", ".join(part for part in parts if part) or "Item"
    if brand == "Private":
        title += ", store brand"
    read = _read_size(size)
    title = f"{title}, {read}" if read else title
    return title[0].upper() + title[1:]


def _says_little(kind: str) -> bool:
    return bool(kind) and all(word in _BARE for word in re.split(r"[ \-]+", kind.upper()))


def _read(text: str) -> str:
    """One terse description as lower-case words, colours after their noun."""
    text = _CUT.sub("", text.upper()) if len(text) >= _CUT_AT else text.upper()
    text = _NOISE.sub(" ", text).replace(":", " , ").replace("&", " and ")
    words = [_READINGS.get(word, word.lower()) for word in re.split(r"[\s/]+", text)]
    joined = " ".join(word for word in words if word)
    joined = re.sub(r"\s*-\s+|\s+-\s*|\s+,", ", ", joined)
    joined = re.sub(r"(fluid milk) (\w+)", r"\1, \2", joined)
    return re.sub(r"[\s,]+,|\s{2,}", lambda m: "," if "," in m[0] else " ", joined).strip(" ,-")


def _read_size(size: str) -> str:
    found = _SIZE.match(size.strip().upper())
    if not found:
        return _UNITS.get(size.strip().upper(), "")
    amount, unit = found.groups()
    number = float(amount.split()[-1].split("/")[0])
    if number > (_BULK_LB if unit == "LB" else _COUNT_MAX):
        return ""
    return f"{amount} {_UNITS.get(unit, unit.lower())}"
