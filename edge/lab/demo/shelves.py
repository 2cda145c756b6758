"""What the demo's store sells: products of its past with their median price, their zone and their stock.

``seed`` sells what is listed here; ``coupons`` and ``trips`` take their products from it, ``equipment`` its
zones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.simulator.chance import happens, share
from edge.lab.demo.shop import DemoShop

ENTRANCE, FRESH, GROCERY, CHILLED, HOME, CHECKOUT = ZONES = (
    "entrance",
    "fresh",
    "grocery",
    "chilled",
    "home",
    "checkout",
)

_FRESH = frozenset(
    {
        "PRODUCE",
        "FLORAL",
        "DELI",
        "SALAD BAR",
        "PASTRY",
        "RESTAURANT",
        "CHEF SHOPPE",
        "MEAT",
        "SEAFOOD",
    }
)
_CHILLED_DEPARTMENTS = frozenset({"MEAT-PCKGD", "SEAFOOD-PCKGD", "FROZEN GROCERY"})
_CHILLED_WORDS = (
    "FROZEN",
    "FRZN",
    "MILK",
    "CHEESE",
    "YOGURT",
    "EGG",
    "ICE CREAM",
    "REFRGRATD",
    "BUTTER",
)
_HOME = frozenset(
    {"DRUG GM", "COSMETICS", "NUTRITION", "HOUSEWARES", "AUTOMOTIVE", "TOYS", "GARDEN CENTER"}
)

# In one store everything of its past is on the shelves; of all stores together only what sold repeatedly.
_LEAST_SALES_EVERYWHERE = 5
# So few are sold out that shelves look usual, and enough that the stock check has work.
_SOLD_OUT = 0.01
_STOCK_MIN = 24
_STOCK_SPREAD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProduct:
    """One product on sale. ``item`` is its number in the journey; money in cents.

    Category and department are the till system's own words, since a market's policy names them so.
    """

    item: int
    sku: str
    name: str
    category: str
    department: str
    price_cents: int
    kind: str
    zone: str
    sold: int
    on_hand: int


def stock(shop: DemoShop) -> dict[int, DemoProduct]:
    """Every product that this store sold up to the replay, by item number, ascending."""
    return {shelf.item: shelf for shelf in _shelves(shop)}


def zone_of(department: str, category: str) -> str:
    """Where a department's category stands."""
    if department in _FRESH:
        return FRESH
    if department in _CHILLED_DEPARTMENTS or any(word in category for word in _CHILLED_WORDS):
        return CHILLED
    return HOME if department in _HOME else GROCERY


def _shelves(shop: DemoShop) -> Iterator[DemoProduct]:
    journey, items = shop.journey, shop.journey.items
    least = 1 if shop.number is not None else _LEAST_SALES_EVERYWHERE
    for item, price_cents, sold in _prices(shop):
        if sold < least:
            continue
        sku = str(items.keys[item])
        department = str(items.department_names[items.department[item]])
        category = str(items.category_names[items.category[item]])
        empty = happens(_SOLD_OUT, sku, "sold out")
        yield DemoProduct(
            item=item,
            sku=sku,
            name=journey.name(item),
            category=category,
            department=department,
            price_cents=price_cents,
            kind=str(items.type_names[items.type[item]]),
            zone=zone_of(department, category),
            sold=sold,
            on_hand=0 if empty else _STOCK_MIN + int(share(sku, "stock") * _STOCK_SPREAD),
        )


def _prices(shop: DemoShop) -> Iterator[tuple[int, int, int]]:
    """Item, median price of a piece in the past, and in how many lines it was sold."""
    lines, rows = shop.journey.lines, shop.own_past
    each: npt.NDArray[np.float64] = lines.cents[rows] / lines.quantity[rows]
    order = np.lexsort((each, lines.item[rows]))
    sold_items, first, count = np.unique(
        lines.item[rows][order], return_index=True, return_counts=True
    )
    # The lower middle, a price that was really paid; sorted by item and price just before.
    middle = each[order][first + (count - 1) // 2]
    for item, price, sold in zip(sold_items, np.rint(middle), count, strict=True):
        # Free pieces round to nothing, and nothing is no price.
        yield int(item), max(1, int(price)), int(sold)
