"""What one store's own till sold, as the arrays that tables are counted from.

``edge.app.learning`` reads the store's database into ``OwnLines`` and ``OwnGoods``; ``training.store_bundle`` counts
what ``journey_of`` makes of them.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.errors import TooLittleData
from models.items import Items, Keys, positions_in
from models.sources.journey import Journey, median_cents, trips_of
from models.sources.parquet import Words
from models.sources.promotion_calendar import (
    PromotionCalendar,
    PromotionRows,
    no_promotions,
    promotions_told,
)
from models.sources.receipts import TillLines
from models.sources.weeks import Ints, Weeks, calendar_weeks

_DAY_S = 86_400
# A promotion counts for a week of which it covers most days.
_MOST_DAYS = 4
# The store that all of it was bought in; where a model asks for a place it is told the store's own.
_HERE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLines:
    """Sold lines in any order; shapes (n,). Each of a ``basket``; ``household`` below 0 = nobody known.

    ``second``: local seconds since the epoch; ``key``: of the product; ``pieces`` at least 1; ``cents`` for all.
    """

    household: Keys
    basket: Keys
    second: Keys
    key: Keys
    pieces: Keys
    cents: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnGoods:
    """What is sold here; lists run parallel, one entry a product. ``cents``: the price of a piece by the catalogue."""

    key: list[int]
    kind: list[str]
    category: list[str]
    department: list[str]
    cents: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPromotion:
    """A product on promotion from one local day (since 1970) to another, both included."""

    key: int
    display: str
    mailer: str
    from_day: int
    until_day: int


@dataclass(frozen=True, kw_only=True)
class OwnJourney(Journey):
    """A store's own sales. ``calendar``: its promotions; ``listed_cents`` (m,): what the catalogue says of a piece."""

    calendar: PromotionCalendar
    listed_cents: Ints

    @cached_property
    def leaflets(self) -> PromotionCalendar:
        """The store's own promotions."""
        return self.calendar

    def priced(self, until_day: int) -> Items:
        """As paid up to a day, and by the catalogue where nothing was sold by then."""
        paid = super().priced(until_day)
        cents = np.where(paid.price_cents > 0, paid.price_cents, self.listed_cents)
        return replace(paid, price_cents=cents.astype(np.int32))


def journey_of(
    lines: OwnLines, goods: OwnGoods, promotions: list[OwnPromotion] | None = None
) -> OwnJourney:
    """All that the till sold, of what is or was sold here: every product of ``goods`` and of ``lines`` is an item.

    A product that the catalogue does not know any more is of no kind and category. Raises ``TooLittleData``
    without a line.
    """
    if not len(lines.key):
        raise TooLittleData(what="sold lines", got=0, needed=1)
    items = _items(lines, goods)
    sold = _sold(lines, items.keys)
    weeks = calendar_weeks(int(sold.day.min()))
    return OwnJourney(
        items=replace(items, price_cents=median_cents(sold, len(items), int(sold.day.max()))),
        lines=sold,
        trips=trips_of(sold, weeks),
        brand=np.full(len(items), "", np.str_),
        size=np.full(len(items), "", np.str_),
        product_ids=items.keys,
        weeks=weeks,
        utc_offset_s=0,
        left_out={},
        folder=Path("till"),
        calendar=_calendar(items.keys, promotions or [], weeks),
        listed_cents=items.price_cents,
    )


def _items(lines: OwnLines, goods: OwnGoods) -> Items:
    """All products, ascending by key; of one told twice the first counts."""
    listed, first = np.unique(np.array(goods.key, np.int64), return_index=True)
    keys = np.union1d(listed, lines.key)
    row = positions_in(listed, keys)
    known = np.flatnonzero(row >= 0)
    at = first[row[known]].tolist()
    # Without a kind of its own a product is of its category's: no kind at all would make everything alike.
    kinds = [
        kind or category for kind, category in zip(goods.kind, goods.category, strict=True)
    ]

    def numbered(told: list[str]) -> tuple[npt.NDArray[np.intp], Words]:
        words = [""] * len(keys)
        for place, one in zip(known.tolist(), at, strict=True):
            words[place] = told[one]
        names, numbers = np.unique(np.array(words, np.str_), return_inverse=True)
        return numbers, names

    kind, category, department = map(numbered, (kinds, goods.category, goods.department))
    cents = np.zeros(len(keys), np.int32)
    cents[known] = np.array(goods.cents, np.int32)[at]
    return Items(
        keys=keys,
        category=category[0].astype(np.int16),
        type=kind[0].astype(np.int32),
        department=department[0].astype(np.int16),
        price_cents=cents,
        category_names=category[1],
        type_names=kind[1],
        department_names=department[1],
    )


def _sold(lines: OwnLines, keys: Keys) -> TillLines:
    order = np.lexsort((lines.key, lines.basket, lines.second, lines.household))
    second = lines.second[order]
    return TillLines(
        household=lines.household[order],
        store=np.full(len(order), _HERE, np.int64),
        basket=lines.basket[order],
        item=positions_in(keys, lines.key[order]),
        second=second,
        day=(second // _DAY_S).astype(np.int32),
        quantity=np.maximum(lines.pieces[order], 1).astype(np.int32),
        cents=np.maximum(lines.cents[order], 0).astype(np.int32),
    )


def _calendar(keys: Keys, promotions: list[OwnPromotion], weeks: Weeks) -> PromotionCalendar:
    """By week, as the features are told them."""
    rows = [(week, one) for one in promotions for week in _weeks_of(one, weeks)]
    if not rows:
        return no_promotions(keys)
    told = PromotionRows(
        store=np.full(len(rows), _HERE, np.int64),
        week=np.array([week for week, _ in rows], np.int64),
        key=np.array([one.key for _, one in rows], np.int64),
    )
    return promotions_told(
        keys, told, [one.display for _, one in rows], [one.mailer for _, one in rows]
    )


def _weeks_of(promotion: OwnPromotion, weeks: Weeks) -> list[int]:
    days = np.arange(promotion.from_day, promotion.until_day + 1)
    found, covered = np.unique(weeks.of(days), return_counts=True)
    most = found[covered >= min(_MOST_DAYS, int(covered.max()))]
    return [int(week) for week in most]
