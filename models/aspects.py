"""What a shopper's past says under given tables: computed once a visit, gathered by every decision.

Only trips before the day of the decision count. Today's lines belong to the live basket, whether
or not the edge has already recorded them, so a decision sees the same past all day.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.counters import TRIPS_REMEMBERED, Profile
from models.items import Keys, Positions
from models.moment import Moment
from models.tables import Floats, Tables, leading, positions_or_unknown, scattered

# Columns of Person.own / .kinds / .categories. Days and trips first: the graph takes their log.
LOGGED = ("trips", "days_since", "trips_since", "gap_days", "due")
RATES = ("rate_10d", "rate_30d", "rate_90d", "rate_5", "rate_10", "rate_25", "rate_weekday")
LEVEL = LOGGED + RATES

_HALF_LIVES_DAYS = (10.0, 30.0, 90.0)
_LAST_TRIPS = (5, 10, 25)
_NEVER_DAYS = 400.0
_DUE_MAX = 20.0

# How many of the nearest neighbourhoods speak for a shopper, and how sharply the nearest counts.
_NEIGHBOURHOODS = 3
_SHARPNESS = 8.0

# Due for resupply: three purchases, the usual gap is over, and the habit is not long dead.
_DUE_TRIPS, _DUE_FROM, _DUE_TO = 3, 0.9, 5.0

_LIKED_MAX = 1000

# Beyond this a longer history says nothing more.
_TRIPS_MAX = 200

_SINCE, _LATELY, _STEADY = (LEVEL.index(name) for name in ("days_since", "rate_25", "rate_90d"))

_BITS = np.arange(TRIPS_REMEMBERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Derived from one profile for one day. P items bought before today, ascending by key.

    ``own`` (P + 1, 12), ``kinds`` (T + 2, 12), ``categories`` (C + 2, 12): float32, columns
    ``LEVEL``; the last row of each is "never". ``own_at`` (P,) positions, V = unknown.
    ``taste`` (V + 1, 3): kin, neighbours and affinity of every item, 0 for the unknown.
    ``person``: shape (5,), see ``PERSON``. ``today``: keys already bought today.
    ``order`` (P,): rows, likeliest first; ``due`` (P,): time to buy again; ``liked``: positions
    that the neighbourhoods and the shopper's own items speak for, best first.
    """

    keys: Keys
    own_at: Positions
    own: Floats
    kinds: Floats
    categories: Floats
    taste: Floats
    person: Floats
    today: Keys
    order: npt.NDArray[np.intp]
    due: npt.NDArray[np.bool_]
    liked: Positions


PERSON = ("person_trips", "person_days_since", "person_lines", "person_gap", "person_items")


def describe(profile: Profile, moment: Moment, tables: Tables) -> Person:
    """What ``profile`` says on the moment's day."""
    past = _before_today(profile, moment.day)
    calendar = _Calendar.of(past.days, moment)
    own_at = positions_or_unknown(tables, past.keys)
    own = calendar.levels(past.masks)
    _beyond_memory(own, past, moment.day)
    weights = own[:, _STEADY]
    taste = _taste(tables, own_at, weights)
    kinds, categories = len(tables.items.type_names) + 1, len(tables.items.category_names) + 1
    return Person(
        keys=past.keys,
        own_at=own_at,
        own=np.concatenate([own, _NEVER[None]]),
        kinds=calendar.by_group(past.masks, tables.kinds[own_at], kinds),
        categories=calendar.by_group(past.masks, tables.categories[own_at], categories),
        taste=taste,
        person=_person(past, calendar),
        today=past.today,
        order=np.lexsort((past.keys, own[:, _SINCE], -own[:, _LATELY] - weights)),
        due=_is_due(own),
        liked=leading(taste[:-1, 1] * taste[:-1, 2] + taste[:-1, 0], _LIKED_MAX),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """A profile without today: rows ascending by key, ``days`` newest first."""

    keys: Keys
    masks: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.int64]
    last: Floats
    days: Floats
    today: Keys
    trips: int
    lines: int


def _before_today(profile: Profile, day: int) -> _Past:
    order = np.argsort(profile.keys, kind="stable")
    keys, masks = profile.keys[order], profile.masks[order]
    counts, last = profile.counts[order].astype(np.int64), profile.last_days[order]
    fresh = sum(known >= day for known in profile.days)
    lately = masks & np.uint64((1 << fresh) - 1)
    now = np.bitwise_count(lately)
    today = keys[now > 0]
    if fresh:
        masks, counts = masks >> np.uint64(fresh), counts - now
        kept = counts > 0
        keys, masks, counts, last = keys[kept], masks[kept], counts[kept], last[kept]
    return _Past(
        keys=keys,
        masks=masks,
        counts=counts,
        last=np.minimum(last, day - 1).astype(np.float32),
        days=np.array(profile.days[fresh:], np.float32),
        today=today,
        trips=profile.trips - fresh,
        lines=profile.lines - int(now.sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calendar:
    """The remembered trips of a shopper as seen from today: ages and weights, newest first."""

    ages: Floats
    weights: Floats

    @classmethod
    def of(cls, days: Floats, moment: Moment) -> "_Calendar":
        ages = np.full(TRIPS_REMEMBERED, _NEVER_DAYS, np.float32)
        ages[: len(days)] = moment.day - days
        real = len(days) > _BITS
        decays = [np.exp2(-ages / life) for life in _HALF_LIVES_DAYS]
        latest = [trips > _BITS for trips in _LAST_TRIPS]
        same_weekday = ages % 7 == 0
        weights = np.stack([*decays, *latest, same_weekday], axis=1).astype(np.float32)
        weights *= real[:, None]
        weights /= np.maximum(weights.sum(axis=0), np.float32(1e-3))
        return cls(ages=ages, weights=weights)

    def levels(self, masks: npt.NDArray[np.uint64]) -> Floats:
        """Columns ``LEVEL`` for each mask. Shape (n, 12)."""
        bytes_ = masks.astype("<u8", copy=False).view(np.uint8).reshape(-1, 8)
        bits = np.unpackbits(bytes_, axis=1, bitorder="little").view(np.bool_)
        table = np.empty((len(masks), len(LEVEL)), np.float32)
        table[:, len(LOGGED) :] = bits.astype(np.float32) @ self.weights
        trips = np.bitwise_count(masks)
        newest = bits.argmax(axis=1)
        oldest = TRIPS_REMEMBERED - 1 - bits[:, ::-1].argmax(axis=1)
        never = trips == 0
        gap = (self.ages[oldest] - self.ages[newest]) / np.maximum(trips - 1.0, 1)
        table[:, 0] = trips
        table[:, 1] = np.where(never, _NEVER_DAYS, self.ages[newest])
        table[:, 2] = np.where(never, TRIPS_REMEMBERED, newest)
        table[:, 3] = np.where(trips > 1, gap, 0)
        table[:, 4] = _due(table[:, 1], table[:, 3])
        return table

    def by_group(self, masks: npt.NDArray[np.uint64], group: Positions, size: int) -> Floats:
        """``levels`` of types or categories: a trip counts once. (size + 1, 12), last = never."""
        together = np.zeros(size + 1, np.uint64)
        np.bitwise_or.at(together, group, masks)
        seen = np.flatnonzero(together)
        table = np.broadcast_to(_NEVER, (size + 1, len(LEVEL))).copy()
        table[seen] = self.levels(together[seen])
        return table


def _is_due(own: Floats) -> npt.NDArray[np.bool_]:
    due = own[:, LOGGED.index("due")]
    return (own[:, 0] >= _DUE_TRIPS) & (due >= _DUE_FROM) & (due <= _DUE_TO)


def _due(since: Floats, gap: Floats) -> Floats:
    return np.where(gap > 0, np.minimum(since / np.maximum(gap, 1), _DUE_MAX), 0)


_NEVER = np.zeros(len(LEVEL), np.float32)
_NEVER[1:3] = _NEVER_DAYS, TRIPS_REMEMBERED


def _beyond_memory(own: Floats, past: _Past, day: int) -> None:
    """Items whose last trip is past the mask keep their true count and days."""
    own[:, 0] = np.maximum(own[:, 0], past.counts)
    old = past.masks == 0
    own[old, 1] = day - past.last[old]


def _taste(tables: Tables, own_at: Positions, weights: Floats) -> Floats:
    """Kin of what is bought, rates of the nearest neighbourhoods, affinity. (V + 1, 3)."""
    known = own_at < len(tables)
    at, weights = own_at[known], weights[known]
    size = len(tables) + 1
    taste = np.empty((size, 3), np.float32)
    taste[:, 0] = scattered(size, tables.kin[at], tables.kin_cosine[at] * weights[:, None])
    place = (np.sqrt(weights) * tables.worth[at]) @ tables.vectors[at]
    place /= max(float(np.linalg.norm(place)), 1e-6)
    near = tables.centres @ place
    nearest = np.argsort(-near, kind="stable")[:_NEIGHBOURHOODS]
    trust = np.exp(_SHARPNESS * (near[nearest] - near[nearest[0]]))
    rates = tables.list_rates[nearest] * (trust / trust.sum())[:, None]
    taste[:, 1] = scattered(size, tables.lists[nearest], rates)
    taste[:-1, 2] = tables.vectors @ place
    taste[-1, 2] = 0
    return taste


def _person(past: _Past, calendar: _Calendar) -> Floats:
    """Columns ``PERSON``."""
    last = min(len(past.days), 10) - 1
    gap = (calendar.ages[last] - calendar.ages[0]) / last if last > 0 else 0.0
    lines = past.lines / max(past.trips, 1)
    values = [min(past.trips, _TRIPS_MAX), calendar.ages[0], lines, gap, len(past.keys)]
    return np.array(values, np.float32)
