"""Headlines for shoppers out of a till system's category names.

``campaigns`` and ``coupons`` word their creatives and offers with it.
"""

from __future__ import annotations

from typing import Final

from edge.domain.currency import US_DOLLAR

_PLAIN: Final = {
    "AIR CARE": "air fresheners",
    "BABY FOODS": "baby food",
    "BABYFOOD": "baby food",
    "BAG SNACKS": "crisps and snacks",
    "BREAKFAST SAUSAGE/SANDWICHES": "breakfast sausage",
    "CANDY - CHECKLANE": "sweets",
    "COLD AND FLU": "cold and flu remedies",
    "COLD CEREAL": "breakfast cereal",
    "COOKIES/CONES": "cookies",
    "CRACKERS/MISC BKD FD": "crackers",
    "DIAPERS & DISPOSABLES": "nappies",
    "DINNER MXS:DRY": "dinner mixes",
    "DRY BN/VEG/POTATO/RICE": "rice and dry beans",
    "FD WRAPS/BAGS/TRSH BG": "wraps and bin bags",
    "FLOUR & MEALS": "flour",
    "FLUID MILK PRODUCTS": "milk",
    "FROZEN BREAD/DOUGH": "frozen bread",
    "FROZEN PIE/DESSERTS": "frozen desserts",
    "FRUIT - SHELF STABLE": "tinned fruit",
    "FRZN MEAT/MEAT DINNERS": "frozen dinners",
    "FRZN NOVELTIES/WTR ICE": "ice lollies",
    "FRZN POTATOES": "frozen potatoes",
    "FRZN VEGETABLE/VEG DSH": "frozen vegetables",
    "GREETING CARDS/WRAP/PARTY SPLY": "cards and gift wrap",
    "HOUSEHOLD CLEANG NEEDS": "household cleaners",
    "ICE CREAM/MILK/SHERBTS": "ice cream",
    "ISOTONIC DRINKS": "sports drinks",
    "MARGARINES": "margarine",
    "MISC. DAIRY": "dairy treats",
    "PICKLE/RELISH/PKLD VEG": "pickles and relish",
    "PNT BTR/JELLY/JAMS": "peanut butter and jam",
    "REFRGRATD DOUGH PRODUCTS": "fresh dough",
    "REFRGRATD JUICES/DRNKS": "chilled juice",
    "REFRIGERATED": "chilled food",
    "SALAD MIX": "salads",
    "SALADS/DIPS": "salads and dips",
    "SALD DRSNG/SNDWCH SPRD": "salad dressing",
    "SEAFOOD - FROZEN": "frozen fish",
    "SHORTENING/OIL": "cooking oil",
    "SOAP - LIQUID & BAR": "soap",
    "SUGARS/SWEETNERS": "sugar and sweetener",
    "VEGETABLES - SHELF STABLE": "tinned vegetables",
}
_DOLLAR = 10**US_DOLLAR.exponent


def headline(discount_cents: int, category: str) -> str:
    """What an offer on ``category`` says: ``Save 50¢ on breakfast cereal``."""
    return f"Save {money(discount_cents)} on {plain(category)}"


def plain(category: str) -> str:
    """The category as people say it; one without a better word in small letters."""
    return _PLAIN.get(category, category.replace("/", ", ").casefold())


def money(cents: int) -> str:
    """``50¢`` or ``$1.20``: the demo's shop is an American one."""
    return f"{cents}¢" if cents < _DOLLAR else f"${US_DOLLAR.words(cents)}"


def spanish_headline(discount_cents: int) -> str:
    """The same in Spanish; the product's own name stands above it."""
    return f"Ahorra {money(discount_cents)}"
