"""What the grocer really had on display and in the mailer: here in the weeks replayed, and on the trips before.

``seed`` sends these promotions down and remembers them in people's histories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.lab.demo.shop import DemoShop, Rows
from models.features.profile import PROMOTED_TRIPS
from models.sources.parquet import column_names, data_folder

_IDS = ["product_id", "store_id", "week"]
_PLACES = ["display_location", "mailer_location"]
_EPOCH = date(1970, 1, 1)
_WEEK_DAYS = 7

# Any: pyarrow ships no types.
_Table = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPromotions:
    """Promotions of this store, and which purchases of its people were promoted where they were made.

    ``rows`` is the stream ``promotions`` by id; weeks that say the same of a product are one row. ``bought``
    runs parallel to ``journey.trips.items``; only trips whose promotions a profile remembers are looked up.
    """

    rows: Mapping[str, Mapping[str, str]]
    bought: npt.NDArray[np.bool_]


def read_demo_promotions(source: str | Path, shop: DemoShop) -> DemoPromotions:
    """The promotions that matter here; none where the source tells of none by number, or all stores are one.

    The file is by far the source's largest: the few rows that count are taken out of it in a second or two, for
    the most part beside the interpreter.

    Raises:
        SourceUnreadable: it is no whole parquet file.
    """
    path = data_folder(source) / "promotions.parquet"
    bought = np.zeros(len(shop.journey.trips.items), np.bool_)
    told = None if shop.number is None else _open(path)
    if told is None:
        return DemoPromotions(rows={}, bought=bought)
    bought[_promoted(told, shop)] = True
    return DemoPromotions(rows=dict(_rows(told, shop)), bought=bought)


def _open(path: Path) -> _Table | None:
    if not path.is_file() or not {*_IDS, *_PLACES} <= column_names(path):
        return None
    arrow: Any = import_module("pyarrow")
    dataset: Any = import_module("pyarrow.dataset")
    # Places repeat in millions of rows, so each word is held once.
    words = dataset.ParquetReadOptions(dictionary_columns=_PLACES)
    told = dataset.dataset([str(path)], format=dataset.ParquetFileFormat(read_options=words))
    # Sources with names instead of numbers could not be joined with the receipts.
    numbered = all(arrow.types.is_integer(told.schema.field(name).type) for name in _IDS)
    return told if numbered else None


def _promoted(told: _Table, shop: DemoShop) -> Rows:
    """Rows of ``journey.trips.items`` that were on promotion in their store's week."""
    arrow: Any = import_module("pyarrow")
    dataset: Any = import_module("pyarrow.dataset")
    trips, rows = shop.journey.trips, _remembered(shop)
    trip = np.searchsorted(trips.bounds, rows, side="right") - 1
    columns = (shop.journey.items.keys[trips.items[rows]], trips.store[trip], trips.week[trip])
    bought = arrow.table(dict(zip(_IDS, columns, strict=True)))
    schema = arrow.schema([told.schema.field(name) for name in _IDS])
    # Of the file's own types, which a join insists on.
    bought = bought.cast(schema).append_column("row", arrow.array(rows))
    these = dataset.field("product_id").isin(bought.column("product_id").unique())
    told = told.to_table(columns=_IDS, filter=these)
    # First the few rows told of what they bought at all, then their purchases: the large side is hashed by neither.
    told = told.join(bought, keys=_IDS, join_type="left semi")
    found: Rows = bought.join(told, keys=_IDS, join_type="left semi").column("row").to_numpy()
    return found


def _remembered(shop: DemoShop) -> Rows:
    """What this store's people bought on the trips before the replay of which a profile keeps promotions."""
    trips = shop.journey.trips
    before = np.flatnonzero(trips.day <= shop.last_past_day)
    # Trips are sorted by household and day: a trip is remembered if its household has not made so many later.
    household = trips.household[before]
    left = np.searchsorted(household, household, side="right") - np.arange(len(before))
    made = before[(left <= PROMOTED_TRIPS) & np.isin(household, shop.households())]
    kept = np.zeros(len(trips), np.bool_)
    kept[made] = True
    return np.flatnonzero(np.repeat(kept, np.diff(trips.bounds)))


def _rows(told: _Table, shop: DemoShop) -> Iterator[tuple[str, Mapping[str, str]]]:
    """This store's promotions from the last week before the replay to the week in which it ends, both whole."""
    dataset: Any = import_module("pyarrow.dataset")
    days = _days(shop)
    here = (dataset.field("store_id") == shop.number) & dataset.field("week").isin(list(days))
    table = told.to_table(filter=here).sort_by(
        [("product_id", "ascending"), ("week", "ascending")]
    )
    columns = (table.column(name).to_pylist() for name in ("product_id", "week", *_PLACES))
    spans = list[tuple[int, date, date, str, str]]()
    for key, week, display, mailer in zip(*columns, strict=True):
        begins, ends = days[week]
        said = (str(display or ""), str(mailer or ""))
        # The same words right after the row before make one longer promotion.
        if spans and (spans[-1][0], *spans[-1][2:]) == (key, begins - timedelta(days=1), *said):
            begins = spans.pop()[1]
        spans.append((key, begins, ends, *said))
    for key, begins, ends, display, mailer in spans:
        body = {"sku": str(key), "display": display, "mailer": mailer}
        yield f"{key}.{begins}", {**body, "from": str(begins), "until": str(ends)}


def _days(shop: DemoShop) -> dict[int, tuple[date, date]]:
    """First and last day of each week to tell of, by its number."""
    week_of = shop.journey.week_of
    told = range(week_of(shop.last_past_day), week_of(shop.last_day) + 1)
    found: dict[int, tuple[date, date]] = {}
    for day in range(shop.last_past_day - _WEEK_DAYS, shop.last_day + _WEEK_DAYS):
        week, at = week_of(day), _EPOCH + timedelta(days=day)
        if week in told:
            found[week] = (found.get(week, (at, at))[0], at)
    return found
