"""A grocer's year in miniature, in the columns of the real one: twelve households, two stores, thirty products."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.sources.parquet import Column, write_columns

HOUSEHOLDS = range(101, 113)
BUSY, QUIET = 7, 8
_FIRST = np.datetime64("2017-01-02T00:00:00", "s")
_PRODUCTS = 30
_LINES = 4
_KINDS = (
    ("GROCERY", "COLD CEREAL", "CEREAL - COLD"),
    ("PRODUCE", "TROPICAL FRUIT", "BANANAS"),
    ("GROCERY", "FLUID MILK PRODUCTS", "FLUID MILK WHITE ONLY"),
    ("DRUG GM", "AIR CARE", "CANDLES"),
    ("GROCERY", "BEERS/ALES", "BEERALEMALT LIQUORS"),
)


def write_year(folder: Path) -> Path:
    """The four files; households 101-108 shop in store 7 every week, the others in store 8."""
    write_columns(folder / "transactions.parquet", _transactions())
    write_columns(folder / "products.parquet", _products())
    write_columns(folder / "campaign_descriptions.parquet", _campaigns())
    write_columns(folder / "coupons.parquet", _coupons())
    return folder


def _transactions() -> dict[str, Column]:
    rows = [
        (
            household,
            _store(household),
            household * 1000 + week,
            *_line(household, week, place),
            week,
        )
        for week in range(1, 54)
        for household in HOUSEHOLDS
        # One household comes for the first time in the weeks replayed.
        if not (household == 108 and week < 49)
        for place in range(_LINES)
    ]
    columns = np.array(rows, dtype=object).T
    names = ("household_id", "store_id", "basket_id", "product_id", "quantity")
    table = {name: columns[n].astype(np.int64) for n, name in enumerate(names)}
    table["sales_value"] = columns[5].astype(np.float64)
    table["week"] = columns[6].astype(np.int64)
    table["transaction_timestamp"] = _when(table["household_id"], table["week"])
    return table


def _line(household: int, week: int, place: int) -> tuple[int, int, float]:
    """Three habits and something new; quantity, and what was paid for all of it."""
    product = household % 10 + place if place < _LINES - 1 else week % _PRODUCTS
    quantity = 1 + (household + place) % 2
    return 1000 + product, quantity, quantity * (1.5 + product / 10)


def _store(household: int) -> int:
    return BUSY if household <= 108 else QUIET


def _when(household: Column, week: Column) -> Column:
    """One trip a week, on a day and at an hour of the household's own (five hours ahead, as in the data)."""
    days = (week - 1) * 7 + household % 5
    seconds = days * 86_400 + (14 + household % 6) * 3600 + household % 60 * 60 + 5 * 3600
    stamps: Column = _FIRST + seconds.astype("timedelta64[s]")
    return stamps


def _products() -> dict[str, Column]:
    kinds = [_KINDS[n % len(_KINDS)] for n in range(_PRODUCTS)]
    return {
        "product_id": np.arange(1000, 1000 + _PRODUCTS, dtype=np.int64),
        "department": np.array([kind[0] for kind in kinds], dtype=object),
        "product_category": np.array([kind[1] for kind in kinds], dtype=object),
        "product_type": np.array([kind[2] for kind in kinds], dtype=object),
        "brand": np.array(["National"] * _PRODUCTS, dtype=object),
        "package_size": np.array(["16 OZ"] * _PRODUCTS, dtype=object),
    }


def _campaigns() -> dict[str, Column]:
    """The first is over before the replay, the second runs through it."""
    return {
        "campaign_id": np.array([1, 2], dtype=np.int64),
        "start_date": np.array(["2017-02-01", "2017-11-20"], dtype="datetime64[s]"),
        "end_date": np.array(["2017-03-01", "2018-01-10"], dtype="datetime64[s]"),
    }


def _coupons() -> dict[str, Column]:
    products = np.arange(1000, 1000 + _PRODUCTS, dtype=np.int64)
    return {
        "coupon_upc": np.concatenate([products % 5 + 50_000, [60_000]]),
        "product_id": np.concatenate([products, [1000]]),
        "campaign_id": np.concatenate([np.full(_PRODUCTS, 2), [1]]).astype(np.int64),
    }
