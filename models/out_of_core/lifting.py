"""How promotions move sales, from what the stage counted: ``promotion_lift_fit`` does the arithmetic.

``tabulating`` calls it for the promotion lifts of a chain's tables.
"""

from pathlib import Path

import numpy as np

from models.items import Items, Keys
from models.out_of_core.duck import Duck
from models.out_of_core.engine import Columns
from models.out_of_core.queries import query
from models.promoted import NOT_PROMOTED, Words
from models.statistics.promotion_lift import PromotionLifts, no_lifts
from models.statistics.promotion_lift_fit import (
    PromotionSightings,
    PromotionWeeks,
    lifts_from_weeks,
)

_COUNTS = ("sales", "visits", "on_promotion", "shown")


def chain_lifts(
    duck: Duck, folder: Path, counts: Path, goods: Items, keys: Keys
) -> PromotionLifts:
    """The lifts of the items ``keys``, ascending, from the stage's ``folder`` and one cut's ``counts``."""
    for name in _COUNTS:
        duck.table(name, str(counts / name))
    for name in ("cells", "places"):
        duck.table(name, str(folder / name))
    places = duck.read("SELECT display, mailer FROM places")
    visits = {
        name: int(column[0] or 0) for name, column in duck.read(query("visit_sums")).items()
    }
    if not len(places["display"]) or not visits["told_trips"]:
        return no_lifts(len(keys))
    display, mailer = (_words(places[name]) for name in ("display", "mailer"))
    sales = duck.read(query("sales_sums"))
    at = goods.positions(sales["item"].astype(np.int64))
    share, told = np.zeros(len(goods)), np.zeros(len(goods))
    share[at], told[at] = sales["trips"] / visits["trips"], sales["told_trips"]
    met = PromotionWeeks(
        display_words=display,
        mailer_words=mailer,
        share=share,
        visits=visits["told_trips"],
        sales=told,
        shown=_seen(duck.read("SELECT * FROM shown"), goods, display, mailer),
        bought=_seen(duck.read(query("on_promotion_sums")), goods, display, mailer),
    )
    return lifts_from_weeks(met, goods.type, goods.positions(keys).astype(np.int64))


def _words(told: Columns | np.ndarray) -> Words:
    words = np.unique(np.array(told, np.str_))
    return np.concatenate([NOT_PROMOTED[:1], words[~np.isin(words, NOT_PROMOTED)]])


def _seen(rows: Columns, goods: Items, display: Words, mailer: Words) -> PromotionSightings:
    # Ascending by item, then place: a sum in another order would differ in its last digit.
    item = goods.positions(rows["item"].astype(np.int64))
    place = _numbers(display, rows["display"]) * len(mailer) + _numbers(mailer, rows["mailer"])
    order = np.lexsort((place, item))
    times = rows["trips"].astype(np.float64)
    return PromotionSightings(item=item[order], place=place[order], times=times[order])


def _numbers(words: Words, told: Words) -> Keys:
    """The number of each word; the first, of not being promoted, stands before all others."""
    return np.searchsorted(words[1:], np.array(told, np.str_)).astype(np.int64) + np.where(
        np.isin(told, NOT_PROMOTED), 0, 1
    )
