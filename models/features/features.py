"""The features of a candidate, defined once: training and serving call the same ``build``.

``serving.open_bundle`` scores what ``build`` returns and ``training.examples`` learns from it;
``shared_features`` is gathered once a visit.

Columns stand in two groups: the graph takes log(1 + x) of the first ``LOGGED_FEATURES``, which are
counts, days, shares and prices from 0 upward; the others go in as they are.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from models.features.profile_features import (
    HABIT,
    LOYALTY,
    PERSON,
    PERSON_SHARES,
    TASTE,
    PersonFeatures,
    describe,
)
from models.features.recency import LOGGED, RATES
from models.features.request import ModelRequest
from models.items import Keys, Positions, positions_in
from models.moment import DAYPARTS
from models.statistics.promotion_lift import PROMOTION, DayPromotions, promotion_of
from models.statistics.tables import (
    LOGGED_STATS,
    STATS,
    Floats,
    Tables,
    leading,
    positions_or_unknown,
    scattered,
)

_LEVELS = ("own", "kind", "category")
_TREND = ("trend_day", "trend_now")
_BASKET = ("basket_kin", "basket_kind", "basket_category")
_MOMENT = (*(f"is_{part}" for part in DAYPARTS), "is_weekend", "is_known")

_LOGGED_NAMES = (
    *(f"{level}_{name}" for level in _LEVELS for name in LOGGED),
    *STATS[:LOGGED_STATS],
    *_TREND,
    *PERSON[:-PERSON_SHARES],
    HABIT[0],
    "basket_items",
)
_PLAIN_NAMES = (
    *(f"{level}_{name}" for level in _LEVELS for name in RATES),
    *STATS[LOGGED_STATS:],
    *PERSON[-PERSON_SHARES:],
    *LOYALTY,
    HABIT[1],
    "promoted_share",
    *PROMOTION,
    "promotions_known",
    *TASTE,
    *_BASKET,
    *_MOMENT,
)

FEATURES = (*_LOGGED_NAMES, *_PLAIN_NAMES)
LOGGED_FEATURES = len(_LOGGED_NAMES)

# Positions in the width that indexing wants: others are converted again by every gather.
Rows = npt.NDArray[np.intp]

_SATURDAY = 5
# Trend shares are per thousand trips, like every other share.
_PER_MILLE = np.float32(1000)

# As many as the longest shortlist that the settings allow.
_LEADERS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFeatures:
    """Everything that one view's candidates share, so that a decision gathers it once.

    ``basket``: keys in the basket, today's earlier lines included; ``basket_at``: positions of those
    known. ``trend`` (V + 1, 2): shares of trips in this store; ``trending``: the positions that lead
    it now, best first. ``person`` None = anonymous. ``promotion`` None = nobody told what is promoted.
    """

    person: PersonFeatures | None
    basket: Keys
    basket_at: Positions
    trend: Floats
    trending: Positions
    promotion: DayPromotions | None


def shared_features(view: ModelRequest, tables: Tables, owner: str) -> SharedFeatures:
    """Gather what ``build`` and the shortlist need; ``owner`` names the tables in the memos."""
    person = _person(view, tables, owner)
    basket = view.basket
    if person is not None and len(basket) + len(person.today):
        basket = np.union1d(basket, person.today)
    at = tables.items.positions(basket)
    at = at[at >= 0]
    trend, trending = _trend(view, tables, owner)
    return SharedFeatures(
        person=person,
        basket=basket,
        basket_at=at,
        trend=trend,
        trending=trending,
        promotion=_promotion(view, tables, owner),
    )


def build(view: ModelRequest, keys: Keys, tables: Tables, shared: SharedFeatures) -> Floats:
    """Features of each key. Shape (n, len(FEATURES)), float32, C-contiguous; row order is kept."""
    at = positions_or_unknown(tables, keys).astype(np.intp)
    table = np.empty((len(keys), len(FEATURES)), np.float32)
    table[:] = _alike(view, shared)
    _put_item(table, at, tables, shared)
    if len(shared.basket):
        _put_basket(table, at, tables, shared)
    if shared.promotion is not None:
        table[:, _PROMOTION] = shared.promotion.of(at)
    if shared.person is not None:
        _put_person(table, keys, at, tables, shared.person)
    return table


_AT = {name: column for column, name in enumerate(FEATURES)}


def _columns(names: tuple[str, ...]) -> slice:
    """Where ``names``, which stand side by side in ``FEATURES``, stand."""
    first = _AT[names[0]]
    return slice(first, first + len(names))


# Of each level, and of the item's statistics, the counted columns and the plain ones.
_N_LOGGED = len(LOGGED)
_COUNTS = tuple(_columns(tuple(f"{level}_{name}" for name in LOGGED)) for level in _LEVELS)
_RATES = tuple(_columns(tuple(f"{level}_{name}" for name in RATES)) for level in _LEVELS)
_STATS_LOGGED, _STATS_PLAIN = _columns(STATS[:LOGGED_STATS]), _columns(STATS[LOGGED_STATS:])
_TREND_AT, _TASTE_AT, _LOYALTY_AT = _columns(_TREND), _columns(TASTE), _columns(LOYALTY)
_PROMOTION = _columns(PROMOTION)
_PERSON_AT = np.array([_AT[name] for name in PERSON])


def _alike(view: ModelRequest, shared: SharedFeatures) -> Floats:
    """What all candidates of a view share, in its columns, and zeros. Shape (len(FEATURES),)."""
    row = np.zeros(len(FEATURES), np.float32)
    row[_AT[f"is_{view.moment.daypart}"]] = 1
    row[_AT["is_weekend"]] = view.moment.weekday >= _SATURDAY
    row[_AT["basket_items"]] = len(shared.basket)
    row[_AT["promotions_known"]] = shared.promotion is not None
    if shared.person is not None:
        row[_AT["is_known"]] = 1
        row[_PERSON_AT] = shared.person.person
    return row


def _put_item(table: Floats, at: Rows, tables: Tables, shared: SharedFeatures) -> None:
    static = tables.static.take(at, axis=0)
    table[:, _STATS_LOGGED] = static[:, :LOGGED_STATS]
    table[:, _STATS_PLAIN] = static[:, LOGGED_STATS:]
    table[:, _TREND_AT] = shared.trend.take(at, axis=0)
    table[:, _AT["promoted_share"]] = tables.promoted_share.take(at)


def _put_basket(table: Floats, at: Rows, tables: Tables, shared: SharedFeatures) -> None:
    inside = shared.basket_at
    kin = scattered(len(tables) + 1, tables.kin[inside], tables.kin_cosine[inside])
    table[:, _AT["basket_kin"]] = kin.take(at)
    for name, groups in (("basket_kind", tables.kinds), ("basket_category", tables.categories)):
        held = np.bincount(groups[inside], minlength=int(groups[-1]) + 1)
        held[-1] = 0  # the unknown item is of no kind
        table[:, _AT[name]] = held.take(groups.take(at))


def _put_person(
    table: Floats, keys: Keys, at: Rows, tables: Tables, person: PersonFeatures
) -> None:
    rows = positions_in(person.keys, keys).astype(np.intp)  # -1 = the last row, "never"
    kinds = tables.kinds.take(at)
    levels = (
        person.own.take(rows, axis=0),
        person.kinds.take(kinds, axis=0),
        person.categories.take(tables.categories.take(at), axis=0),
    )
    for level, counts, rates in zip(levels, _COUNTS, _RATES, strict=True):
        table[:, counts] = level[:, :_N_LOGGED]
        table[:, rates] = level[:, _N_LOGGED:]
    table[:, _LOYALTY_AT] = person.loyalty.take(rows, axis=0)
    habit = person.habit.take(kinds, axis=0)
    for number, name in enumerate(HABIT):
        table[:, _AT[name]] = habit[:, number]
    table[:, _TASTE_AT] = person.taste.take(at, axis=0)


def _person(view: ModelRequest, tables: Tables, owner: str) -> PersonFeatures | None:
    profile = view.profile
    if profile is None:
        return None
    # By place too: how much was bought here depends on where one stands.
    slot = (owner, view.place)
    kept = profile.recall(slot, view.moment.day)
    if not isinstance(kept, PersonFeatures):
        kept = describe(profile, view.moment, tables, view.place)
        profile.remember(slot, view.moment.day, kept)
    return kept


def _promotion(view: ModelRequest, tables: Tables, owner: str) -> DayPromotions | None:
    """What is promoted, as the tables see it; kept beside the day's promotions."""
    if view.promoted is None:
        return None
    kept = view.promoted.memo.get(owner)
    if not isinstance(kept, DayPromotions):
        kept = promotion_of(view.promoted, tables.items.keys, tables.lifts)
        view.promoted.memo[owner] = kept
    return kept


def _trend(view: ModelRequest, tables: Tables, owner: str) -> tuple[Floats, Positions]:
    """Shares by day and by day part, per mille, and the leaders; kept for one edition."""
    slot = (owner, view.moment.part)
    kept = view.trend.memo.get(slot)
    if kept is None:
        # The tables' own prior, whatever the trend leans on: in training a trend has none.
        shares = view.trend.shares(tables.prior, view.moment.part)
        table = np.zeros((len(tables) + 1, 2), np.float32)
        table[:-1] = np.stack(shares, axis=1) * _PER_MILLE
        kept = view.trend.memo[slot] = (table, leading(table[:-1, 1], _LEADERS_MAX))
    return cast("tuple[Floats, Positions]", kept)
