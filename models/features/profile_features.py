"""What a shopper's past says under given tables: computed once a visit, gathered by every decision.

``features.shared_features`` calls ``describe`` and remembers the answer in the profile.

Only trips before the day of the decision count. Today's lines belong to the live basket, whether
or not the edge has already recorded them, so a decision sees the same past all day.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.profile import NOWHERE, PROMOTED_TRIPS, TRIPS_REMEMBERED, Profile
from models.features.recency import LEVEL, LOGGED, NEVER, TripCalendar
from models.items import Keys, Positions
from models.moment import Moment
from models.statistics.tables import Floats, Tables, leading, positions_or_unknown, scattered

# How many of the nearest neighbourhoods speak for a shopper, and how sharply the nearest counts.
_NEIGHBOURHOODS = 3
_SHARPNESS = 8.0

# Today's trip, once begun, pushes the oldest one out of memory: the past is never longer than this.
_PAST = TRIPS_REMEMBERED - 1
_IN_PAST = np.uint64((1 << _PAST) - 1)
_PROMOTED_PAST = np.uint64((1 << (PROMOTED_TRIPS - 1)) - 1)

# Due for resupply: three purchases, the usual gap is over, and the habit is not long dead.
_DUE_TRIPS, _DUE_FROM, _DUE_TO = 3, 0.9, 5.0

_LIKED_MAX = 1000

# Beyond this a longer history says nothing more.
_TRIPS_MAX = 200

_SINCE, _LATELY, _STEADY = (LEVEL.index(name) for name in ("days_since", "rate_25", "rate_90d"))
_LATEST = LEVEL.index("rate_5")

# Whose purchases are few is taken to buy one in four on promotion.
_PROMOTED_LEAN, _PROMOTED = 2.0, 0.25
# A household has more purchases than one item, so its share may lean on the usual one for longer.
_HOUSE_LEAN = 10.0
_SIZE_TRIPS = 5

# Columns of Person.loyalty, of an item among its type or all; of Person.taste; and of Person.habit, of a type.
LOYALTY = ("own_promoted", "own_of_kind", "own_is_latest", "own_place")
TASTE = ("kin", "neighbours", "affinity", "kin_lately")
HABIT = ("kind_items", "kind_promoted")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFeatures:
    """Derived from one profile for one day. P items bought before today, ascending by key.

    ``own`` (P + 1, 20), ``kinds`` (T + 2, 20), ``categories`` (C + 2, 20): float32, columns
    ``LEVEL``; the last row of each is "never", as in ``loyalty`` (P + 1, 4), columns ``LOYALTY``,
    and ``habit`` (T + 2, 2), columns ``HABIT``. ``own_at`` (P,) positions, V = unknown.
    ``taste`` (V + 1, 4): columns ``TASTE`` of every item, 0 for the unknown.
    ``person``: shape (12,), see ``PERSON``. ``today``: keys already bought today.
    ``order`` (P,): rows, likeliest first; ``due`` (P,): time to buy again; ``liked``: positions
    that the neighbourhoods and the shopper's own items speak for, best first.
    """

    keys: Keys
    own_at: Positions
    own: Floats
    kinds: Floats
    categories: Floats
    loyalty: Floats
    habit: Floats
    taste: Floats
    person: Floats
    today: Keys
    order: npt.NDArray[np.intp]
    due: npt.NDArray[np.bool_]
    liked: Positions


# The last two are shares; of the others the graph takes the log.
PERSON = (
    "person_trips",
    "person_days_since",
    "person_lines",
    "person_gap",
    "person_items",
    "person_size_5",
    "person_size",
    "person_size_weekday",
    "person_size_here",
    "person_trips_here",
    "person_here",
    "person_promoted",
)
PERSON_SHARES = 2


def describe(
    profile: Profile, moment: Moment, tables: Tables, place: int = NOWHERE
) -> PersonFeatures:
    """What ``profile`` says on the moment's day in the store ``place``."""
    past = _before_today(profile, moment.day)
    calendar = TripCalendar.of(past.days, past.places, past.masks, moment, place)
    own_at = positions_or_unknown(tables, past.keys)
    own = calendar.levels(past.masks)
    _beyond_memory(own, past, moment.day)
    weights = own[:, _STEADY]
    taste = _taste(tables, own_at, weights, own[:, _LATEST])
    order = np.lexsort((past.keys, own[:, _SINCE], -own[:, _LATELY] - weights))
    group = tables.kinds[own_at]
    kinds, together = calendar.by_group(past.masks, group, len(tables.items.type_names) + 1)
    categories, _ = calendar.by_group(
        past.masks, tables.categories[own_at], len(tables.items.category_names) + 1
    )
    return PersonFeatures(
        keys=past.keys,
        own_at=own_at,
        own=np.concatenate([own, NEVER[None]]),
        kinds=kinds,
        categories=categories,
        loyalty=_loyalty(past, own[:, _STEADY], kinds[group, _STEADY], together[group], order),
        habit=_habit(past, group, len(kinds)),
        taste=taste,
        person=_person(past, calendar),
        today=past.today,
        order=order,
        due=_is_due(own),
        liked=leading(taste[:-1, 1] * taste[:-1, 2] + taste[:-1, 0], _LIKED_MAX),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Past:
    """A profile without today: rows ascending by key, ``days`` newest first.

    ``on_promotion`` and ``bought``: trips that held an item on promotion, and at all, of those of which
    promotions are remembered.
    """

    keys: Keys
    masks: npt.NDArray[np.uint64]
    on_promotion: npt.NDArray[np.uint8]
    bought: npt.NDArray[np.uint8]
    counts: npt.NDArray[np.int64]
    last: Floats
    days: Floats
    places: npt.NDArray[np.int64]
    today: Keys
    trips: int
    lines: int


def _before_today(profile: Profile, day: int) -> _Past:
    order = np.argsort(profile.keys, kind="stable")
    keys, masks = profile.keys[order], profile.masks[order]
    counts, last = profile.counts[order].astype(np.int64), profile.last_days[order]
    promoted = profile.promoted[order].astype(np.uint64)
    fresh = sum(known >= day for known in profile.days)
    lately = masks & np.uint64((1 << fresh) - 1)
    now = np.bitwise_count(lately)
    today = keys[now > 0]
    if fresh:
        # What was bought today for the first time has no past.
        kept = counts > now
        keys, counts, last = keys[kept], (counts - now)[kept], last[kept]
        masks, promoted = masks[kept] >> np.uint64(fresh), promoted[kept] >> np.uint64(fresh)
    return _Past(
        keys=keys,
        masks=masks & _IN_PAST,
        on_promotion=np.bitwise_count(promoted & _PROMOTED_PAST),
        bought=np.bitwise_count(masks & _PROMOTED_PAST),
        counts=counts,
        # Of what was bought today the earlier last day is lost; no later than yesterday is all that is known.
        last=np.minimum(last, day - 1).astype(np.float32),
        days=np.array(profile.days[fresh:][:_PAST], np.float32),
        places=np.array(profile.places[fresh:][:_PAST], np.int64),
        today=today,
        trips=profile.trips - fresh,
        lines=profile.lines - int(now.sum()),
    )


def _loyalty(
    past: _Past,
    own: Floats,
    kind: Floats,
    together: npt.NDArray[np.uint64],
    order: npt.NDArray[np.intp],
) -> Floats:
    """Columns ``LOYALTY`` of each item. ``own`` and ``kind``: how steadily it and its type are bought.

    ``together``: the mask of its type.
    """
    table = np.zeros((len(own) + 1, len(LOYALTY)), np.float32)
    on_promotion, bought = past.on_promotion, past.bought
    table[:-1, 0] = (on_promotion + _PROMOTED_LEAN * _PROMOTED) / (bought + _PROMOTED_LEAN)
    table[-1, 0] = _PROMOTED
    table[:-1, 1] = own / np.maximum(kind, np.float32(1e-4))
    # The lowest bit alone: the latest trip that held anything of the type.
    newest = together & (~together + np.uint64(1))
    table[:-1, 2] = (past.masks & newest) > 0
    # One, a half, a third: how the first differ matters, not how the last do.
    table[order, 3] = 1 / (1 + np.arange(len(order), dtype=np.float32))
    return table


def _habit(past: _Past, group: Positions, size: int) -> Floats:
    """Columns ``HABIT`` of each type: different items, and the share of them bought on promotion."""
    on_promotion, bought = past.on_promotion, past.bought
    table = np.empty((size, len(HABIT)), np.float32)
    table[:, 0] = np.bincount(group, minlength=size)
    table[:, 1] = np.bincount(group, on_promotion, size) + _PROMOTED_LEAN * _PROMOTED
    table[:, 1] /= np.bincount(group, bought, size) + _PROMOTED_LEAN
    return table


def _is_due(own: Floats) -> npt.NDArray[np.bool_]:
    due = own[:, LOGGED.index("due")]
    return (own[:, 0] >= _DUE_TRIPS) & (due >= _DUE_FROM) & (due <= _DUE_TO)


def _beyond_memory(own: Floats, past: _Past, day: int) -> None:
    """Items whose last trip is past the mask keep their true count and days."""
    own[:, 0] = np.maximum(own[:, 0], past.counts)
    old = past.masks == 0
    own[old, 1] = day - past.last[old]


def _taste(tables: Tables, own_at: Positions, weights: Floats, latest: Floats) -> Floats:
    """Columns ``TASTE``. Shape (V + 1, 4). ``weights`` and ``latest``: how steadily and how lately each is bought."""
    known = own_at < len(tables)
    at, weights, latest = own_at[known], weights[known], latest[known]
    size = len(tables) + 1
    taste = np.empty((size, len(TASTE)), np.float32)
    kin, cosine = tables.kin[at], tables.kin_cosine[at]
    taste[:, 0] = scattered(size, kin, cosine * weights[:, None])
    fresh = latest > 0
    taste[:, 3] = scattered(size, kin[fresh], cosine[fresh] * latest[fresh, None])
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


def _person(past: _Past, calendar: TripCalendar) -> Floats:
    """Columns ``PERSON``."""
    trips, sizes, here = calendar.trips, calendar.sizes, calendar.here
    last = min(trips, 10) - 1
    gap = (calendar.ages[last] - calendar.ages[0]) / last if last > 0 else 0.0
    usual = float(sizes[:trips].mean()) if trips else 0.0
    on_promotion, bought = int(past.on_promotion.sum()), int(past.bought.sum())
    values = [
        min(past.trips, _TRIPS_MAX),
        calendar.ages[0],
        past.lines / max(past.trips, 1),
        gap,
        len(past.keys),
        float(sizes[: min(trips, _SIZE_TRIPS)].mean()) if trips else 0.0,
        usual,
        # Leaning on the usual size as on two more trips: of one weekday, or one place, few may be known.
        (sizes[calendar.weekday].sum() + 2 * usual) / (calendar.weekday.sum() + 2),
        (sizes[here].sum() + 2 * usual) / (here.sum() + 2),
        here.sum(),
        here.sum() / max(trips, 1),
        (on_promotion + _HOUSE_LEAN * _PROMOTED) / (bought + _HOUSE_LEAN),
    ]
    return np.array(values, np.float32)
