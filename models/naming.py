"""Short human titles from the terse product types of a till system."""

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
    "CAN": "can",
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
    "MULTIGRAIN": "multigrain",
    "ENTREES": "entrées",
    "DNRS": "dinners",
    "DINNERS": "dinners",
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
    "HOMESTYLE": "homestyle",
    "POURABLE": "",
    "DRY": "dry",
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
    ]
)
_NOISE = re.compile(r"\([^)]*\)?|\b\d+(/\d+)+(PK|&\d+PK)?\b|\b\d+/\d+&\d+PK\b")
_UNITS = {
    "GA": "gal",
    "GAL": "gal",
    "DZ": "dozen",
    "OZ": "oz",
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
_BULK_LB = 10.0


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
    text = _NOISE.sub(" ", text.upper()).replace(":", " , ").replace("&", " and ")
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
    if unit == "LB" and "/" not in amount and float(amount.split()[-1]) > _BULK_LB:
        return ""  # the weight of the crate, not of what is carried home
    return f"{amount.replace(' ', ' ')} {_UNITS.get(unit, unit.lower())}"
