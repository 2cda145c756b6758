"""A made-up town: sixty households with habits, a few dozen products, twenty-four weeks.

Written in the source's own columns, traps included: UTC-like times, fuel, coupons, rows without
quantity and products without a type. Each of the two stores promotes a quarter of the items each
week, and what it promotes is bought more: on display twice as often.
"""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.sources.parquet import column_names, read_columns, write_columns
from models.statistics.household_clusters import HouseholdClusters
from models.statistics.tabulate import TablePlan
from models.training.examples import ExamplePlan
from models.training.network import NetworkPlan
from models.training.stranger_stores import StrangerPlan
from models.training.train import TrainPlan

FIRST_DAY = 17_167  # Sunday 2017-01-01, the stub week
WEEKS = 24
HOUSEHOLDS = 60
ITEMS = 48
FUEL, UNTYPED, COUPON = 900_001, 900_002, 900_003
_DAY_S = 86_400
_STRAYS = 0.1
_UTC_S = 5 * 3600

STORES = (1, 2)
# Nobody told what store 2 promoted in this week.
UNTOLD_WEEK = 10
ON_DISPLAY, IN_MAILER = "2", "A"
# Display, mailer, and how often somebody who buys such things takes the item along because of it.
_PLACES = (
    (ON_DISPLAY, "0", 0.3),
    (ON_DISPLAY, "0", 0.3),
    ("0", IN_MAILER, 0.1),
    ("5", "A", 0.3),
)
_PROMOTED = 0.25

Offers = dict[tuple[int, int], dict[int, tuple[str, str, float]]]

UNTIL = date(2017, 5, 21)  # Sunday of week 21
UNTIL_DAY = FIRST_DAY + 140
SMALL = TrainPlan(
    name="town",
    folds=3,
    tables=TablePlan(
        trips_min=5,
        kin=5,
        kin_support=1,
        neighbourhoods=HouseholdClusters(
            dimensions=4, centres=3, crowd=5, list_length=20, buyers=2
        ),
    ),
    examples=ExamplePlan(trips_a_fold=4, negatives=20, listed=40),
    strangers=StrangerPlan(stores=4, weeks=(2, 4, 8)),
    network=NetworkPlan(hidden=(16, 8), rounds=12, purchases_a_round=1, views_a_step=16),
)


def build_town(
    folder: Path,
    *,
    seed: int = 5,
    shuffle_after_day: int | None = None,
    promotions: bool = True,
) -> Path:
    """Write the three files; the same seed gives the same town.

    What is bought after a day may be shuffled. Without ``promotions`` the third file is not there;
    the lines are the same.
    """
    folder.mkdir(parents=True, exist_ok=True)
    offers = _offers(np.random.default_rng([seed, 1]))
    rows = _rows(np.random.default_rng(seed), offers, np.random.default_rng([seed, 2]))
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    if shuffle_after_day is not None:
        local = (columns["transaction_timestamp"] - _UTC_S) // _DAY_S
        late = np.flatnonzero(local > shuffle_after_day)
        mixed = np.random.default_rng(1).permutation(late)
        columns["product_id"][late] = columns["product_id"][mixed]
    columns["transaction_timestamp"] = columns["transaction_timestamp"].astype("datetime64[s]")
    write_columns(folder / "transactions.parquet", columns)
    write_columns(folder / "products.parquet", _products())
    if promotions:
        write_columns(folder / "promotions.parquet", _promotions(offers))
    return folder


def without_cards(town: Path, folder: Path, share: float = 0.25) -> Path:
    """The town again, a share of its till rows without a household."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in town.iterdir():
        (folder / table.name).symlink_to(table)
    path = folder / "transactions.parquet"
    columns = read_columns(path, sorted(column_names(path)))
    households = columns["household_id"].astype(object)
    households[np.random.default_rng(9).random(len(households)) < share] = None
    path.unlink()
    write_columns(path, {**columns, "household_id": households})
    return folder


def week_of(day: int) -> int:
    """The source's week of a local day: Monday to Sunday, the stub being 1."""
    return 1 + (day - FIRST_DAY + 6) // 7


def _offers(draw: np.random.Generator) -> Offers:
    """What each store promotes in each week, from the first whole one on, and where."""
    offers: Offers = {}
    for store in STORES:
        for week in range(2, week_of(FIRST_DAY + 7 * WEEKS) + 1):
            chosen = np.flatnonzero(draw.random(ITEMS) < _PROMOTED).tolist()
            places = draw.integers(0, len(_PLACES), len(chosen)).tolist()
            offers[store, week] = {
                item: _PLACES[place] for item, place in zip(chosen, places, strict=True)
            }
    del offers[2, UNTOLD_WEEK]
    return offers


def _promotions(offers: Offers) -> dict[str, npt.NDArray[Any]]:
    rows = [
        (100 + item, store, week, display, mailer)
        for (store, week), told in offers.items()
        for item, (display, mailer, _) in told.items()
    ]
    names = ("product_id", "store_id", "week", "display_location", "mailer_location")
    columns = zip(*rows, strict=True)
    kinds = (np.int64, np.int64, np.int64, object, object)
    return {
        name: np.array(column, kind)
        for name, column, kind in zip(names, columns, kinds, strict=True)
    }


def _rows(
    draw: np.random.Generator, offers: Offers, luck: np.random.Generator
) -> list[dict[str, float]]:
    rows: list[dict[str, float]] = []
    for household in range(1, HOUSEHOLDS + 1):
        group = household % 3
        habits = draw.choice(16, 5, replace=False) + 16 * group
        for day in range(FIRST_DAY, FIRST_DAY + 7 * WEEKS):
            if draw.random() > 0.35:
                continue
            start = day * _DAY_S + int(draw.integers(8, 21)) * 3600 + _UTC_S
            wanted = [int(item) for item in habits if draw.random() < 0.55]
            wanted.append(int(draw.integers(0, 16)) + 16 * group)
            if draw.random() < _STRAYS:
                wanted.append(int(draw.integers(0, ITEMS)))
            lures = offers.get((_store_of(household), week_of(day)), {})
            wanted += [
                item
                for item, (_, _, lure) in lures.items()
                if item // 16 == group and luck.random() < lure
            ]
            rows += [_row(household, day, start, 100 + item) for item in sorted(set(wanted))]
            if household == 1:
                rows += [_row(household, day, start, key) for key in (FUEL, UNTYPED, COUPON)]
                rows.append({**_row(household, day, start, 100), "quantity": 0})
    return rows


def _store_of(household: int) -> int:
    return 1 + household % 2


def _row(household: int, day: int, second: int, product: int) -> dict[str, float]:
    return {
        "household_id": household,
        "store_id": _store_of(household),
        "basket_id": household * 10_000 + day - FIRST_DAY,
        "product_id": product,
        "quantity": 2 if product % 5 == 0 else 1,
        "sales_value": 2.5,
        "week": week_of(day),
        "transaction_timestamp": second,
    }


def _products() -> dict[str, npt.NDArray[Any]]:
    keys = [*range(100, 100 + ITEMS), FUEL, UNTYPED, COUPON]
    kinds = [f"KIND {key % 12}" for key in keys[:ITEMS]]
    return {
        "product_id": np.array(keys)[::-1].copy(),
        "department": np.array(["GROCERY"] * ITEMS + ["FUEL", "GROCERY", "COUPON"], object)[
            ::-1
        ].copy(),
        "product_category": np.array(
            [f"CATEGORY {key % 4}" for key in keys[:ITEMS]]
            + ["FUEL", "ODD", "COUPON/MISC ITEMS"],
            object,
        )[::-1].copy(),
        "product_type": np.array([*kinds, "GASOLINE", None, "COUPON"], object)[::-1].copy(),
        "brand": np.array(["National", "Private"] * (ITEMS // 2) + ["Private"] * 3, object)[
            ::-1
        ].copy(),
        "package_size": np.array(["16 OZ", None, "1 GA"] * 17, object)[::-1].copy(),
    }
