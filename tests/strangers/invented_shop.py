"""A shop that nobody here has seen: invented products under its own numbers, its people, and their receipts.

Nothing of it is taken from a real grocer: tastes, favourites, pairs that go together and hours are drawn from a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.sources.parquet import write_columns

_OPENS = datetime(2026, 3, 2, 8)
_A_DAY = 60
_SHOPPERS = 220
# Baskets that show no card.
_NO_CARD = 0.35
_FAVOURITES, _SIZE = 14, 7.0
# What goes with a product goes into so many of its baskets.
_TOGETHER = 0.35
_HOURS = np.array([1, 2, 3, 4, 4, 3, 2, 2, 3, 5, 6, 4, 2], float)

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class InventedShop:
    """``product`` and ``basket`` (r,): what was bought in which basket; the rest a basket, shapes (b,).

    ``shopper`` -1 = no card was shown; ``second``: since the shop opened.
    """

    products: int
    product: npt.NDArray[np.int64]
    basket: npt.NDArray[np.int64]
    shopper: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]


def invent(products: int, baskets: int, seed: int) -> InventedShop:
    """The first ``baskets`` receipts of a shop of so many products."""
    draw = np.random.default_rng([seed, products])
    kind = _kinds(products)
    appeal = draw.permutation(1 / np.arange(5, products + 5))
    partner = draw.permutation(products)
    has_partner = draw.random(products) < 0.5
    habits = [_habits(draw, kind, appeal) for _ in range(_SHOPPERS)]
    rhythm = draw.random(_SHOPPERS) ** 2 + 0.05
    product, owner, shopper, second = [], [], [], []
    for number in range(baskets):
        who = int(draw.choice(_SHOPPERS, p=rhythm / rhythm.sum()))
        bought = _basket(draw, habits[who], appeal)
        together = bought[has_partner[bought] & (draw.random(len(bought)) < _TOGETHER)]
        bought = np.unique(np.concatenate([bought, partner[together]]))
        hour = float(draw.choice(len(_HOURS), p=_HOURS / _HOURS.sum())) + float(draw.random())
        product.append(bought)
        owner.append(np.full(len(bought), number))
        shopper.append(-1 if draw.random() < _NO_CARD else who)
        second.append(number // _A_DAY * 86_400 + int(hour * 3600))
    return InventedShop(
        products=products,
        product=np.concatenate(product),
        basket=np.concatenate(owner),
        shopper=np.array(shopper),
        second=np.array(second),
    )


def write(shop: InventedShop, folder: Path) -> None:
    """Write the shop's two tables as any retailer would export them; without a card the household is empty."""
    ids = np.array([f"Z-{number:05}-{number * 7 % 10}" for number in range(shop.products)])
    start = np.datetime64(_OPENS, "s")
    who = [f"card-{n}" if n >= 0 else None for n in shop.shopper[shop.basket].tolist()]
    write_columns(
        folder / "transactions.parquet",
        {
            "household_id": np.array(who, object),
            "store_id": np.full(len(shop.product), 1),
            "basket_id": shop.basket,
            "product_id": ids[shop.product],
            "quantity": np.ones(len(shop.product), np.int64),
            "sales_value": 0.5 + shop.product % 90 / 10,
            "transaction_timestamp": start + shop.second[shop.basket].astype("timedelta64[s]"),
        },
    )
    kinds = np.array([f"aisle {n}" for n in _kinds(shop.products).tolist()])
    write_columns(
        folder / "products.parquet",
        {
            "product_id": ids,
            "department": np.full(shop.products, "shop"),
            "product_category": kinds,
            "product_type": kinds,
            "brand": np.full(shop.products, "own"),
            "package_size": np.full(shop.products, ""),
        },
    )


def last_day(shop: InventedShop) -> datetime:
    """The day of the last receipt."""
    return _OPENS + timedelta(seconds=int(shop.second[-1]))


def _kinds(products: int) -> npt.NDArray[np.int64]:
    """Some dozen products a kind."""
    return np.arange(products) * max(6, products // 14) // products


def _habits(draw: np.random.Generator, kind: npt.NDArray[np.int64], appeal: Doubles) -> Doubles:
    """One person's chance of each product: favourites out of liked kinds. Shape (products,)."""
    liked = draw.random(int(kind[-1]) + 1) ** 2
    worth = appeal * liked[kind] * draw.random(len(kind))
    chances = np.zeros(len(kind))
    favourites = np.argsort(-worth)[: min(_FAVOURITES, len(kind) // 3)]
    chances[favourites] = 0.05 + 0.45 * draw.random(len(favourites))
    return chances


def _basket(
    draw: np.random.Generator, habits: Doubles, appeal: Doubles
) -> npt.NDArray[np.int64]:
    """Favourites by their chances, and a few others by what everybody buys."""
    own = np.flatnonzero(draw.random(len(habits)) < habits)
    more = 1 + int(draw.poisson(_SIZE / 3))
    others = draw.choice(len(appeal), more, replace=False, p=appeal / appeal.sum())
    return np.unique(np.concatenate([own, others]))
