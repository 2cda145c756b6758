"""The features of a candidate, defined once: training and serving call the same ``build``.

Columns stand in two groups: the graph takes log(1 + x) of the first ``LOGGED_FEATURES``, which are
counts, days, shares and prices from 0 upward; the others go in as they are.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np

from models.aspects import LEVEL, LOGGED, PERSON, Person, describe
from models.items import Keys, Positions, positions_in
from models.moment import DAYPARTS
from models.tables import (
    LOGGED_STATS,
    STATS,
    Floats,
    Tables,
    leading,
    positions_or_unknown,
    scattered,
)
from models.view import View

_LEVELS = ("own", "kind", "category")
_TREND = ("trend_day", "trend_now")
_TASTE = ("kin", "neighbours", "affinity")
_BASKET = ("basket_kin", "basket_kind", "basket_category")
_MOMENT = (*(f"is_{part}" for part in DAYPARTS), "is_weekend", "is_known")

_LOGGED_NAMES = (
    *(f"{level}_{name}" for level in _LEVELS for name in LOGGED),
    *STATS[:LOGGED_STATS],
    *_TREND,
    *PERSON,
    "basket_items",
)
_PLAIN_NAMES = (
    *(f"{level}_{name}" for level in _LEVELS for name in LEVEL[len(LOGGED) :]),
    *STATS[LOGGED_STATS:],
    *_TASTE,
    *_BASKET,
    *_MOMENT,
)

FEATURES = (*_LOGGED_NAMES, *_PLAIN_NAMES)
LOGGED_FEATURES = len(_LOGGED_NAMES)

_SATURDAY = 5
# Trend shares are per thousand trips, like every other share.
_PER_MILLE = np.float32(1000)

_LEADERS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that one view's candidates share, so that a decision gathers it once.

    ``basket``: keys in the basket, today's earlier lines included. ``basket_kin`` (V + 1,): cosine
    to the basket, summed. ``trend`` (V + 1, 2): shares of trips in this store; ``trending``: the
    positions that lead it now, best first. ``person`` None = anonymous.
    """

    person: Person | None
    basket: Keys
    basket_at: Positions
    basket_kin: Floats
    trend: Floats
    trending: Positions


def look(view: View, tables: Tables, owner: str) -> Scene:
    """Gather what ``build`` and the shortlist need; ``owner`` names the tables in the memos."""
    person = _person(view, tables, owner)
    basket = view.basket if person is None else np.union1d(view.basket, person.today)
    at = tables.items.positions(basket)
    at = at[at >= 0]
    kin = scattered(len(tables) + 1, tables.kin[at], tables.kin_cosine[at])
    trend, trending = _trend(view, tables, owner)
    return Scene(
        person=person,
        basket=basket,
        basket_at=at,
        basket_kin=kin,
        trend=trend,
        trending=trending,
    )


def build(view: View, keys: Keys, tables: Tables, scene: Scene) -> Floats:
    """Features of each key. Shape (n, len(FEATURES)), float32, C-contiguous; row order is kept."""
    at = positions_or_unknown(tables, keys)
    table = np.zeros((len(keys), len(FEATURES)), np.float32)
    _put_item(table, at, tables, scene)
    _put_basket(table, at, tables, scene)
    table[:, _AT[f"is_{view.moment.daypart}"]] = 1
    table[:, _AT["is_weekend"]] = view.moment.weekday >= _SATURDAY
    if scene.person is not None:
        _put_person(table, keys, at, tables, scene.person)
    return table


_AT = {name: column for column, name in enumerate(FEATURES)}
_N_LOGGED = len(LOGGED)
_N_RATES = len(LEVEL) - _N_LOGGED


def _put_item(table: Floats, at: Positions, tables: Tables, scene: Scene) -> None:
    static = tables.static[at]
    first = _AT[STATS[0]]
    table[:, first : first + LOGGED_STATS] = static[:, :LOGGED_STATS]
    table[:, first + LOGGED_STATS : first + LOGGED_STATS + 2] = scene.trend[at]
    first = _AT[STATS[LOGGED_STATS]]
    table[:, first : first + len(STATS) - LOGGED_STATS] = static[:, LOGGED_STATS:]


def _put_basket(table: Floats, at: Positions, tables: Tables, scene: Scene) -> None:
    if not len(scene.basket):
        return
    table[:, _AT["basket_items"]] = len(scene.basket)
    table[:, _AT["basket_kin"]] = scene.basket_kin[at]
    for name, groups in (("basket_kind", tables.kinds), ("basket_category", tables.categories)):
        inside = np.bincount(groups[scene.basket_at], minlength=int(groups[-1]) + 1)
        inside[-1] = 0  # the unknown item is of no kind
        table[:, _AT[name]] = inside[groups[at]]


def _put_person(
    table: Floats, keys: Keys, at: Positions, tables: Tables, person: Person
) -> None:
    rows = positions_in(person.keys, keys)  # -1 = the last row, "never"
    levels = (
        person.own[rows],
        person.kinds[tables.kinds[at]],
        person.categories[tables.categories[at]],
    )
    for number, level in enumerate(levels):
        first = number * _N_LOGGED
        table[:, first : first + _N_LOGGED] = level[:, :_N_LOGGED]
        first = LOGGED_FEATURES + number * _N_RATES
        table[:, first : first + _N_RATES] = level[:, _N_LOGGED:]
    first = _AT[PERSON[0]]
    table[:, first : first + len(PERSON)] = person.person
    first = _AT[_TASTE[0]]
    table[:, first : first + len(_TASTE)] = person.taste[at]
    table[:, _AT["is_known"]] = 1


def _person(view: View, tables: Tables, owner: str) -> Person | None:
    profile = view.profile
    if profile is None:
        return None
    kept = profile.recall(owner, view.moment.day)
    if not isinstance(kept, Person):
        kept = describe(profile, view.moment, tables)
        profile.remember(owner, view.moment.day, kept)
    return kept


def _trend(view: View, tables: Tables, owner: str) -> tuple[Floats, Positions]:
    """Shares by day and by day part, per mille, and the leaders; kept for one edition."""
    slot = (owner, view.moment.part)
    kept = view.trend.memo.get(slot)
    if kept is None:
        shares = view.trend.shares(tables.prior, view.moment.part)
        table = np.zeros((len(tables) + 1, 2), np.float32)
        table[:-1] = np.stack(shares, axis=1) * _PER_MILLE
        kept = view.trend.memo[slot] = (table, leading(table[:-1, 1], _LEADERS_MAX))
    return cast("tuple[Floats, Positions]", kept)
