"""A grocer's loyalty baskets, cleaned into arrays.

Training, evaluation and the demo all start with ``read_journey``; nobody reads a source another way.

The data's traps, handled here once: timestamps behave like UTC (the public shops peak at 22-23 h),
so the source's offset is applied before any hour or day is read; rows that are no purchase of goods
go, each with its reason (``models.sources.row_filter``); a *trip* is a household's local day, since one day in
five holds several baskets; a basket without a card is a trip of nobody, whose household is below zero; weeks
are the source's, taken by day (``models.sources.weeks``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import TooLittleData
from models.items import Items, Keys
from models.moment import Moment
from models.sources.parquet import Column, Words, data_folder
from models.sources.product_names import product_name
from models.sources.promotion_calendar import PromotionCalendar, read_promotions
from models.sources.receipts import TillLines, read_receipts
from models.sources.weeks import Weeks

Ints = npt.NDArray[np.int32]

# The public data's shops lie five hours behind its timestamps.
LOCAL_OFFSET_S = -5 * 3600
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Trips:
    """Household x local day, sorted by both. Shapes (t,), ``bounds`` (t + 1,).

    Households below 0 are baskets without a card, each of its own: they count for items and stores, and
    in nobody's habits.
    ``items[bounds[i]:bounds[i + 1]]`` are trip i's distinct items, ascending; ``second`` (local)
    and ``store`` are those of its first line.
    """

    household: Keys
    day: Ints
    week: Ints
    second: Keys
    store: Keys
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
class RecordedBasket:
    """One receipt: when (local seconds since the epoch), where, whose, and its line numbers."""

    basket_id: int
    household: int
    store: int
    second: int
    lines: Keys


@dataclass(frozen=True, kw_only=True)
class Journey:
    """All of a source, in arrays.

    ``brand``, ``size`` and ``product_ids`` (as the source spells them) run parallel to
    ``items.keys``. ``utc_offset_s``: local seconds less the source's. ``left_out``: rows not used,
    by reason of ``models.sources.row_filter.LEFT_OUT``. ``folder``: where further tables of the source lie.
    """

    items: Items
    lines: TillLines
    trips: Trips
    brand: Words
    size: Words
    product_ids: Column
    weeks: Weeks
    utc_offset_s: int
    left_out: Mapping[str, int]
    folder: Path

    @cached_property
    def households(self) -> Keys:
        """Every household, ascending; nobody's baskets have none."""
        return np.unique(self.lines.household[self.lines.household >= 0])

    @cached_property
    def leaflets(self) -> PromotionCalendar:
        """The source's promotions, read when first asked for."""
        return read_promotions(self.folder, self.items.keys)

    @cached_property
    def promoted(self) -> npt.NDArray[np.bool_]:
        """Which of ``trips.items`` were on promotion in their store then. Shape of ``trips.items``."""
        trips = self.trips
        cell = np.repeat(self.leaflets.cell(trips.store, trips.week), np.diff(trips.bounds))
        display, mailer = self.leaflets.codes(cell, trips.items)
        found: npt.NDArray[np.bool_] = (display > 0) | (mailer > 0)
        return found

    @cached_property
    def stores(self) -> Keys:
        """Every store, the one with most lines first."""
        stores, counts = np.unique(self.lines.store, return_counts=True)
        return stores[np.argsort(-counts, kind="stable")]

    @property
    def last_day(self) -> int:
        """The latest local day with a line."""
        return int(self.lines.day.max())

    def priced(self, until_day: int) -> Items:
        """The items at their median price a piece up to a day: nothing later is known there."""
        cents = median_cents(self.lines, len(self.items), until_day)
        return replace(self.items, price_cents=cents)

    def last_day_of_week(self, week: int) -> int:
        """The latest local day of the file's week ``week`` or, if absent, of the weeks before."""
        days = self.trips.day[self.trips.week <= week]
        if not len(days):
            raise TooLittleData(what=f"trips up to week {week}", got=0, needed=1)
        return int(days.max())

    def in_store(self, store: int) -> "Journey":
        """The lines, trips and goods of one store alone, as if its people shopped nowhere else."""
        lines = self.lines
        kept = lines.store == store
        bought, item = np.unique(lines.item[kept], return_inverse=True)
        found = TillLines(
            household=lines.household[kept],
            store=lines.store[kept],
            basket=lines.basket[kept],
            item=item.astype(np.int32),
            second=lines.second[kept],
            day=lines.day[kept],
            quantity=lines.quantity[kept],
            cents=lines.cents[kept],
        )
        return replace(
            self,
            items=self.items.only(bought),
            lines=found,
            trips=trips_of(found, self.weeks),
            brand=self.brand[bought],
            size=self.size[bought],
            product_ids=self.product_ids[bought],
        )

    def week_of(self, day: int) -> int:
        """The week of a local day since the epoch, also before the first line and after the last."""
        return int(self.weeks.of(np.array([day]))[0])

    def of_lines(self, rows: npt.NDArray[np.bool_]) -> "Journey":
        """As if these lines alone had been recorded, with the same items and promotions."""
        columns = dict[str, Any]()  # any: of unlike integer kinds
        for column in fields(TillLines):
            columns[column.name] = getattr(self.lines, column.name)[rows]
        lines = TillLines(**columns)
        part = replace(self, lines=lines, trips=trips_of(lines, self.weeks))
        # Read once for all: of millions of rows.
        vars(part)["leaflets"] = self.leaflets
        return part

    def name(self, item: int) -> str:
        """A short title for shoppers of item number ``item``."""
        return product_name(
            str(self.items.type_names[self.items.type[item]]),
            str(self.brand[item]),
            str(self.size[item]),
            str(self.items.category_names[self.items.category[item]]),
        )

    def baskets(
        self, *, store: int | None, first_day: int, last_day: int
    ) -> list[RecordedBasket]:
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

    def rows_of(self, household: int) -> Keys:
        """Line numbers of one household, oldest first."""
        first, last = np.searchsorted(self.lines.household, [household, household + 1])
        return np.arange(int(first), int(last))

    def _basket(self, basket: int, rows: Keys) -> RecordedBasket:
        first = rows[0]
        return RecordedBasket(
            basket_id=basket,
            household=int(self.lines.household[first]),
            store=int(self.lines.store[first]),
            second=int(self.lines.second[first]),
            lines=rows,
        )


def read_journey(
    source: str | Path, utc_offset_hours: float = LOCAL_OFFSET_S / 3600
) -> Journey:
    """Read and clean a source: ``completejourney``, ``ta-feng`` or a folder with the two parquet tables.

    ``utc_offset_hours``: local time less that of the timestamps; timestamps without a time of day
    are local days already, whatever it says, and read as noon. Ids that are text get the key of ``item_key``.
    Raises ``SourceUnreadable``. Takes about a second for 1.5 million rows.
    """
    folder = data_folder(source)
    receipts = read_receipts(folder, utc_offset_hours)
    goods, lines, bought = receipts.goods, receipts.lines, receipts.bought
    return Journey(
        items=replace(
            goods.items.only(bought),
            price_cents=median_cents(lines, len(bought), int(lines.day.max())),
        ),
        lines=lines,
        trips=trips_of(lines, receipts.weeks),
        brand=goods.brand[bought],
        size=goods.size[bought],
        product_ids=goods.product_ids[bought],
        weeks=receipts.weeks,
        utc_offset_s=receipts.utc_offset_s,
        left_out=receipts.left_out,
        folder=folder,
    )


def seconds(stamps: Column) -> Keys:
    """Timestamps of any unit, or dates, as whole seconds since the epoch."""
    return stamps.astype("datetime64[s]").astype(np.int64)


def local_moment(second: int) -> Moment:
    """The moment of a local second since the epoch."""
    return Moment(day=second // _DAY_S, hour=second % _DAY_S // 3600)


def median_cents(lines: TillLines, size: int, until_day: int) -> Ints:
    """What a piece of each item usually cost up to a day, 0 where it had not been sold. (size,)."""
    rows = np.flatnonzero(lines.day <= until_day)
    item, each = lines.item[rows], lines.cents[rows] / lines.quantity[rows]
    order = np.lexsort((each, item))
    bounds = np.searchsorted(item[order], np.arange(size + 1))
    # Of two middle ones the lower, as medians.sql takes it for a chain.
    middle = np.maximum((bounds[:-1] + bounds[1:] - 1) // 2, 0)
    sold = bounds[1:] > bounds[:-1]
    # What was never sold reads some other price here; ``sold`` strikes it.
    found = np.append(each[order], 0)[np.minimum(middle, len(order))]
    return np.where(sold, np.rint(found), 0).astype(np.int32)


def trips_of(lines: TillLines, weeks: Weeks) -> Trips:
    """The trips of lines that are sorted by household, then time."""
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
        week=weeks.of(day[starts]),
        second=lines.second[starts],
        store=lines.store[starts],
        bounds=np.searchsorted(trip[new_item], np.arange(len(starts) + 1)),
        items=item[new_item],
    )
