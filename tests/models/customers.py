"""Made-up customers who come and go just as the model of customer value believes, and their source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features.customer_value import CustomerBase
from models.sources.parquet import write_columns

FIRST_DAY = 17_167
TRUTH = CustomerBase(r=1.5, alpha=9.0, a=0.6, b=6.0)
ITEMS = 20

Days = list[npt.NDArray[np.int64]]


def trip_days(count: int, days: int, seed: int = 1, truth: CustomerBase = TRUTH) -> Days:
    """The days of each customer's trips, the first within the first fifth of ``days``, ascending."""
    luck = np.random.default_rng(seed)
    found: Days = []
    for _ in range(count):
        rate = luck.gamma(truth.r, 1 / truth.alpha)
        leaves = luck.beta(truth.a, truth.b)
        at = float(luck.uniform(0, days / 5))
        trips = [at]
        while luck.random() >= leaves:
            at += float(luck.exponential(1 / rate))
            if at >= days:
                break
            trips.append(at)
        found.append(np.unique(np.array(trips, np.int64)) + FIRST_DAY)
    return found


def customer_source(folder: Path, count: int, days: int, seed: int = 1) -> Path:
    """The two tables of such customers; each trip has one to four items at two a piece."""
    folder.mkdir(parents=True, exist_ok=True)
    luck = np.random.default_rng([seed, 2])
    rows = list[tuple[int, int, int]]()
    for household, trips in enumerate(trip_days(count, days, seed), start=1):
        for day in trips.tolist():
            items = luck.choice(ITEMS, int(luck.integers(1, 5)), replace=False)
            rows += [(household, day, 100 + int(item)) for item in items]
    house, day, item = (np.array(column) for column in zip(*rows, strict=True))
    columns: dict[str, npt.NDArray[Any]] = {
        "household_id": house,
        "store_id": np.ones(len(house), np.int64),
        "basket_id": house * 10_000 + day - FIRST_DAY,
        "product_id": item,
        "quantity": np.ones(len(house), np.int64),
        "sales_value": np.full(len(house), 2.0),
        "transaction_timestamp": (day * 86_400 + 12 * 3_600 + 5 * 3_600).astype(
            "datetime64[s]"
        ),
    }
    write_columns(folder / "transactions.parquet", columns)
    words = np.array(["GROCERY"] * ITEMS, object)
    kinds = np.array([f"KIND {n % 5}" for n in range(ITEMS)], object)
    write_columns(
        folder / "products.parquet",
        {
            "product_id": np.arange(100, 100 + ITEMS),
            "department": words,
            "product_category": kinds,
            "product_type": kinds,
            "brand": words,
            "package_size": words,
        },
    )
    return folder
