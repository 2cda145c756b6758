"""The store's own sales out of its database, as the arrays that the night learns from, and what a model knows of them.

`edge.app.night_learning` counts tables of it; `edge.app.doctor` and the console ask what the active model knows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from edge.domain.consent import Purpose
from edge.domain.ids import Token
from edge.storage.catalogue import products, promotions
from edge.storage.measurement import till_history
from edge.storage.people import consents
from models.sources.own_sales import OwnGoods, OwnJourney, OwnLines, OwnPromotion, journey_of

_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class TillSales:
    """What is learnt from, as the database holds it."""

    lines: OwnLines
    goods: OwnGoods
    promotions: list[OwnPromotion]


def till_sales(conn: sqlite3.Connection, now: datetime) -> TillSales:
    """All of it; ``now`` is the time at which purposes must hold."""
    return TillSales(
        lines=own_lines(conn, now), goods=own_goods(conn), promotions=own_promotions(conn)
    )


def journey_of_days(sales: TillSales, without: Collection[int]) -> OwnJourney | None:
    """The sales of all local days but these; None where nothing is left."""
    kept = ~np.isin(sales.lines.second // _DAY_S, list(without))
    if not kept.any():
        return None
    columns = {name: getattr(sales.lines, name)[kept] for name in OwnLines.__slots__}
    return journey_of(OwnLines(**columns), sales.goods, sales.promotions)


def own_lines(conn: sqlite3.Connection, now: datetime) -> OwnLines:
    """All lines that are kept. A household is who agrees to `train` at ``now``; every other basket is nobody's."""
    households = dict[Token, int]()
    allowed = dict[Token, bool]()
    whose, second, sizes = list[int](), list[int](), list[int]()
    key, pieces, cents = list[np.ndarray](), list[np.ndarray](), list[np.ndarray]()
    for number, one in enumerate(till_history.every(conn), start=1):
        household = -number
        if one.token is not None:
            if one.token not in allowed:
                allowed[one.token] = consents.of(conn, one.token).covers(Purpose.TRAIN, now)
            if allowed[one.token]:
                household = households.setdefault(one.token, len(households))
        whose.append(household)
        second.append(one.second)
        sizes.append(len(one.key))
        key.append(one.key)
        pieces.append(one.pieces)
        cents.append(one.cents)
    nothing = np.empty(0, np.int64)
    return OwnLines(
        household=np.repeat(np.array(whose, np.int64), sizes),
        basket=np.repeat(np.arange(1, len(sizes) + 1), sizes),
        second=np.repeat(np.array(second, np.int64), sizes),
        key=np.concatenate([nothing, *key]),
        pieces=np.concatenate([nothing, *pieces]),
        cents=np.concatenate([nothing, *cents]),
    )


def own_goods(conn: sqlite3.Connection) -> OwnGoods:
    """What is sold here now."""
    sold = products.every(conn)
    return OwnGoods(
        key=[int(one.key) for one in sold],
        kind=[one.kind for one in sold],
        category=[one.category for one in sold],
        department=[one.department for one in sold],
        cents=[one.price_cents for one in sold],
    )


def own_promotions(conn: sqlite3.Connection) -> list[OwnPromotion]:
    """All promotions that are still known, also those that are over."""
    return [
        OwnPromotion(
            key=int(one.key),
            display=one.display,
            mailer=one.mailer,
            from_day=one.from_day,
            until_day=one.until_day,
        )
        for one in promotions.since(conn, 0)
    ]
