"""What a store sells, as the models see it: products with their kinds and prices, and an order before any sale.

The edge makes one of its catalogue; a store without a bundle ranks by it (``serving.local_fallback``).
"""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from models.items import Items, Keys


class SoldProduct(NamedTuple):
    """One product. ``kind``: products of one serve instead of each other. ``price_cents``: 0 = not told."""

    key: int
    category: str
    kind: str
    price_cents: int


class Assortment:
    """The products of one store, ascending by key. ``name`` names them in memos.

    ``order``: their keys (n,), first what a shopper is likeliest to want where nothing has been sold yet. ``chances``
    (n,): how likely that is of each of ``items``, before anything was seen.
    """

    __slots__ = ("chances", "items", "name", "order")

    def __init__(self, name: str, products: Collection[SoldProduct]) -> None:
        """Products of any order, each key once."""
        rows = sorted(products)
        self.name = name
        self.items = _items(rows)
        self.order = _ordered(rows)
        self.chances = _chances(self.items.keys, self.order)


# Products in an average basket, and the most that is believed of one product that nobody has bought yet.
_BASKET = 8.0
_CHANCE_MAX = 0.005
# The first of the range is so much likelier than the last.
_FIRST, _LAST = 1.1, 0.9


def _chances(keys: Keys, order: Keys) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    size = len(keys)
    usual = min(_BASKET / max(size, 1), _CHANCE_MAX)
    falling = np.linspace(_FIRST, _LAST, size) if size > 1 else np.ones(size)
    chances = np.empty(size, np.float32)
    chances[np.searchsorted(keys, order)] = usual * falling
    return chances


def _items(rows: list[SoldProduct]) -> Items:
    categories, category = np.unique(
        np.array([p.category for p in rows], np.str_), return_inverse=True
    )
    kinds, kind = np.unique(np.array([p.kind for p in rows], np.str_), return_inverse=True)
    return Items(
        keys=np.array([p.key for p in rows], np.int64),
        category=category.astype(np.int16),
        type=kind.astype(np.int32),
        department=np.zeros(len(rows), np.int16),
        price_cents=np.array([p.price_cents for p in rows], np.int32),
        category_names=categories,
        type_names=kinds,
        department_names=np.array(["here"], np.str_),
    )


def _ordered(rows: list[SoldProduct]) -> Keys:
    """Round after round the next cheapest of each category, the categories with most products first.

    A shop gives most room to what sells most, and a round over all of them leaves no list of one category.
    """
    sizes = Counter(p.category for p in rows)
    # What has no price cannot be cheap.
    cheapest = sorted(rows, key=lambda p: (p.price_cents <= 0, p.price_cents, p.key))
    met = Counter[str]()
    places = list[tuple[int, int, str, int]]()
    for product in cheapest:
        places.append(
            (met[product.category], -sizes[product.category], product.category, product.key)
        )
        met[product.category] += 1
    return np.array([key for *_, key in sorted(places)], np.int64)
