"""A grocer's year of loyalty baskets, cleaned into arrays.

The data's traps, handled here once: timestamps behave like UTC (shops peak at 22-23 h), so five
hours come off before any hour or day is read; fuel, miscellaneous and coupon rows, rows without
quantity and products without a type go; a *trip* is a household's local day, since one day in five
holds several baskets; weeks are the file's, taken by day, and week 1 is a stub of one day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import SourceUnreadable
from models.goods import read_goods
from models.items import Items, Keys
from models.moment import Moment
from models.naming import product_name
from models.parquet import Column, Words, data_folder, read_columns

Ints = npt.NDArray[np.int32]

LOCAL_OFFSET_S = -5 * 3600
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Till lines, sorted by household, then time. All shapes (n,).

    ``item`` indexes ``Journey.items``; ``second`` is local seconds since the epoch; ``day`` local
    days since the epoch; ``cents`` what was paid for the line.
    """

    household: Ints
    store: Ints
    basket: Keys
    item: Ints
    second: Keys
    day: Ints
    quantity: Ints
    cents: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Trips:
    """Household x local day, sorted by both. Shapes (t,), ``bounds`` (t + 1,).

    ``items[bounds[i]:bounds[i + 1]]`` are trip i's distinct items, ascending; ``second`` (local)
    and ``store`` are those of its first line.
    """

    household: Ints
    day: Ints
    week: Ints
    second: Keys
    store: Ints
    bounds: Keys
    items: Ints

    def __len__(self) -> int:
        return len(self.day)

    @property
    def hour(self) -> Ints:
        """Local hour of each trip, 0..23."""
        return (self.second % _DAY_S // 3600).astype(np.int32)

    def moment(self, trip: int) -> Moment:
        """When one trip began."""
        return local_moment(int(self.second[trip]))

    def of(self, trip: int) -> Ints:
        """The items of one trip."""
        return self.items[self.bounds[trip] : self.bounds[trip + 1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """One receipt: when (local seconds since the epoch), where, whose, and its line numbers."""

    basket_id: int
    household: int
    store: int
    second: int
    lines: Keys


@dataclass(frozen=True, kw_only=True)
class Journey:
    """All of a source, in arrays. ``brand`` and ``size`` run parallel to ``items.keys``."""

    items: Items
    lines: Lines
    trips: Trips
    brand: Words
    size: Words

    @cached_property
    def households(self) -> Ints:
        """Every household, ascending."""
        return np.unique(self.lines.household)

    @cached_property
    def stores(self) -> Ints:
        """Every store, the one with most lines first."""
        stores, counts = np.unique(self.lines.store, return_counts=True)
        return stores[np.argsort(-counts, kind="stable")]

    @property
    def last_day(self) -> int:
        """The latest local day with a line."""
        return int(self.lines.day.max())

    def last_day_of_week(self, week: int) -> int:
        """The latest local day of the file's week ``week`` or, if absent, of the weeks before."""
        return int(self.trips.day[self.trips.week <= week].max())

    def name(self, item: int) -> str:
        """A short title for shoppers of item number ``item``."""
        return product_name(
            str(self.items.type_names[self.items.type[item]]),
            str(self.brand[item]),
            str(self.size[item]),
            str(self.items.category_names[self.items.category[item]]),
        )

    def baskets(self, *, store: int | None, first_day: int, last_day: int) -> list[Basket]:
        """The receipts of one store (None = all) between two days, in order of time, then id."""
        lines = self.lines
        wanted = (lines.day >= first_day) & (lines.day <= last_day)
        if store is not None:
            wanted &= lines.store == store
        rows = np.flatnonzero(wanted)
        rows = rows[np.lexsort((lines.basket[rows], lines.second[rows]))]
        found: dict[int, list[int]] = {}
        for row in rows.tolist():
            found.setdefault(int(lines.basket[row]), []).append(row)
        return [self._basket(basket, np.array(own)) for basket, own in found.items()]

    def history(self, household: int, before_second: int) -> Iterator[tuple[int, Keys]]:
        """Each earlier trip of a household as (day, item keys), oldest first."""
        rows = self.rows_of(household)
        rows = rows[self.lines.second[rows] < before_second]
        days = self.lines.day[rows]
        known: list[int] = np.unique(days).tolist()
        for day in known:
            yield day, self.items.keys[np.unique(self.lines.item[rows[days == day]])]

    def rows_of(self, household: int) -> Keys:
        """Line numbers of one household, oldest first."""
        first, last = np.searchsorted(self.lines.household, [household, household + 1])
        return np.arange(int(first), int(last))

    def _basket(self, basket: int, rows: Keys) -> Basket:
        first = rows[0]
        return Basket(
            basket_id=basket,
            household=int(self.lines.household[first]),
            store=int(self.lines.store[first]),
            second=int(self.lines.second[first]),
            lines=rows,
        )


def read_journey(source: str | Path) -> Journey:
    """Read and clean a source: ``completejourney`` or a folder with the two parquet files.

    Raises ``SourceUnreadable``. Takes about a second for 1.5 million rows.
    """
    folder = data_folder(source)
    names = ("household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value")
    raw = read_columns(
        folder / "transactions.parquet", (*names, "week", "transaction_timestamp")
    )
    goods = read_goods(folder / "products.parquet")
    at = goods.items.positions(raw["product_id"].astype(np.int64))
    kept = np.flatnonzero((at >= 0) & (raw["quantity"] > 0))
    if not len(kept):
        raise SourceUnreadable(source=str(source), missing="not one line of goods")
    bought, item = np.unique(at[kept], return_inverse=True)
    second = seconds(raw["transaction_timestamp"][kept]) + LOCAL_OFFSET_S
    household = raw["household_id"][kept]
    order = np.lexsort((item, raw["basket_id"][kept], second, household))
    kept, second = kept[order], second[order]
    lines = Lines(
        household=household[order].astype(np.int32),
        store=raw["store_id"][kept].astype(np.int32),
        basket=raw["basket_id"][kept].astype(np.int64),
        item=item[order].astype(np.int32),
        second=second,
        day=(second // _DAY_S).astype(np.int32),
        quantity=raw["quantity"][kept].astype(np.int32),
        cents=np.rint(raw["sales_value"][kept] * 100).astype(np.int32),
    )
    return Journey(
        items=_priced(goods.items.only(bought), lines),
        lines=lines,
        trips=_trips(lines, raw["week"][kept]),
        brand=goods.brand[bought],
        size=goods.size[bought],
    )


def seconds(stamps: Column) -> Keys:
    """Timestamps of any unit, or dates, as whole seconds since the epoch."""
    return stamps.astype("datetime64[s]").astype(np.int64)


def local_moment(second: int) -> Moment:
    """The moment of a local second since the epoch."""
    return Moment(day=second // _DAY_S, hour=second % _DAY_S // 3600)


def _priced(items: Items, lines: Lines) -> Items:
    """The same items, each with its median price a piece."""
    each = lines.cents / lines.quantity
    order = np.lexsort((each, lines.item))
    bounds = np.searchsorted(lines.item[order], np.arange(len(items) + 1))
    middle = (bounds[:-1] + bounds[1:] - 1) // 2
    return replace(items, price_cents=np.rint(each[order][middle]).astype(np.int32))


def _trips(lines: Lines, week: Column) -> Trips:
    order = np.lexsort((lines.item, lines.day, lines.household))
    household, day, item = lines.household[order], lines.day[order], lines.item[order]
    new_trip = np.ones(len(day), bool)
    new_trip[1:] = (household[1:] != household[:-1]) | (day[1:] != day[:-1])
    new_item = new_trip.copy()
    new_item[1:] |= item[1:] != item[:-1]
    starts = np.flatnonzero(new_trip)
    trip = np.cumsum(new_trip) - 1
    # Lines are sorted by household and time, hence by household and day: same starts.
    return Trips(
        household=household[starts],
        day=day[starts],
        week=_week_by_day(lines.day, week)[day[starts] - lines.day.min()],
        second=lines.second[starts],
        store=lines.store[starts],
        bounds=np.searchsorted(trip[new_item], np.arange(len(starts) + 1)),
        items=item[new_item],
    )


def _week_by_day(day: Ints, week: Column) -> Ints:
    """The commonest week number of each day since the first; summer time blurs the edges."""
    first = int(day.min())
    table = np.zeros((int(day.max()) - first + 1, int(week.max()) + 1), np.int64)
    np.add.at(table, (day - first, week), 1)
    weeks: npt.NDArray[np.intp] = table.argmax(axis=1)
    return weeks.astype(np.int32)
