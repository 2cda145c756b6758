"""What the store's till sold, basket by basket, for the night's learning; a buyer is named only with purpose `train`.

`change_set` writes a sale as it is booked or corrected; `edge.app.learning` reads all that is kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from edge.domain.booked_sale import BookedSale
from edge.domain.consent import ConsentEntry, Purpose, taken_back
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportReader, MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE till_history (
    id     TEXT PRIMARY KEY,
    token  TEXT,
    second INTEGER NOT NULL,
    lines  BLOB NOT NULL,
    at_us  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX till_history_token ON till_history (token) WHERE token IS NOT NULL;
CREATE INDEX till_history_at ON till_history (at_us);
"""

_DAY_S, _HOUR_S = 86_400, 3_600
# One line of a basket, in 16 bytes.
_LINE = np.dtype([("key", "<i8"), ("pieces", "<i4"), ("cents", "<i4")])
# Wider than any till's line; a slip of a scale must not stop a sale.
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TillBasketKept:
    """One paid basket as it stands. ``second``: local, since 1970, to the hour; arrays (n,): a line each.

    ``token``: its buyer, who agrees to `train`; ``cents`` for all ``pieces`` of a line.
    """

    id: str
    token: Token | None
    second: int
    key: npt.NDArray[np.int64]
    pieces: npt.NDArray[np.int32]
    cents: npt.NDArray[np.int32]


def kept_of(sale: BookedSale, *, named: bool) -> TillBasketKept:
    """A booked sale as it is kept; its buyer too where ``named``."""
    lines = sale.standing
    return TillBasketKept(
        id=sale.id,
        token=sale.token if named else None,
        second=sale.days.booked * _DAY_S + sale.days.hour * _HOUR_S,
        key=np.array([line.key for line in lines], np.int64),
        pieces=np.array([min(line.pieces, _MOST) for line in lines], np.int32),
        cents=np.array([min(max(line.amount_cents, 0), _MOST) for line in lines], np.int32),
    )


def keep(conn: sqlite3.Connection, basket: TillBasketKept, at: datetime) -> bool:
    """Have the basket from now on, as it stands; False when its buyer was erased. ``at``: business time of paying."""
    if erased_people.holds(conn, basket.token):
        return False
    # Taken back whole, it was no purchase.
    if not len(basket.key):
        conn.execute("DELETE FROM till_history WHERE id = ?", (basket.id,))
        return True
    body = np.empty(len(basket.key), _LINE)
    body["key"], body["pieces"], body["cents"] = basket.key, basket.pieces, basket.cents
    conn.execute(
        "INSERT INTO till_history (id, token, second, lines, at_us) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (id) DO UPDATE SET lines = ?4",
        (basket.id, basket.token, basket.second, body.tobytes(), to_us(at)),
    )
    return True


def holds(conn: sqlite3.Connection, basket: str) -> bool:
    """Whether this basket is kept."""
    found = conn.execute("SELECT 1 FROM till_history WHERE id = ?", (basket,))
    return found.fetchone() is not None


def every(conn: sqlite3.Connection) -> Iterator[TillBasketKept]:
    """All that is kept, oldest first, one at a time."""
    return _baskets(
        conn.execute("SELECT id, token, second, lines FROM till_history ORDER BY second, id")
    )


def keys_since(conn: sqlite3.Connection, second: int) -> npt.NDArray[np.int64]:
    """The products of all lines from local ``second`` on; a product stands there as often as it was sold."""
    rows = conn.execute("SELECT lines FROM till_history WHERE second >= ?", (second,))
    return np.concatenate(
        [np.empty(0, np.int64), *(np.frombuffer(body, _LINE)["key"] for (body,) in rows)]
    )


def withdraw(conn: sqlite3.Connection, entries: Iterable[ConsentEntry]) -> int:
    """Name nobody any more who takes `train` back: their baskets stay as nobody's."""
    gone = taken_back(entries, Purpose.TRAIN)
    return sum(
        conn.execute("UPDATE till_history SET token = NULL WHERE token = ?", (token,)).rowcount
        for token in gone
    )


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase what the person bought, also what names them nowhere but in their sale; before those sales are erased."""
    return conn.execute(
        "DELETE FROM till_history WHERE token = ?1"
        " OR id IN (SELECT id FROM booked_sales WHERE token = ?1)",
        (token,),
    ).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` baskets paid before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM till_history WHERE id IN"
        " (SELECT id FROM till_history WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _baskets(rows: Iterable[tuple[str, str | None, int, bytes]]) -> Iterator[TillBasketKept]:
    for id_, token, second, lines in rows:
        body = np.frombuffer(lines, _LINE)
        yield TillBasketKept(
            id=id_,
            token=None if token is None else Token(token),
            second=second,
            key=body["key"],
            pieces=body["pieces"],
            cents=body["cents"],
        )


def _told(conn: sqlite3.Connection, token: Token) -> JsonValue:
    """Baskets in words. Items go by the number that the model knows them by, seconds count from 1970, local."""
    rows = conn.execute(
        "SELECT id, token, second, lines FROM till_history WHERE token = ? ORDER BY second, id",
        (token,),
    )
    return [
        {
            "id": one.id,
            "second": one.second,
            "lines": [
                {"item": key, "pieces": pieces, "cents": cents}
                for key, pieces, cents in zip(
                    *(column.tolist() for column in (one.key, one.pieces, one.cents)),
                    strict=True,
                )
            ],
        }
        for one in _baskets(rows)
    ]


TABLE = Table(
    name="till_history",
    steps=(MigrationStep(release="0010-any-shop", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="booked_sales"),
    # Thirteen weeks, as long as trips: what sells is learnt from less, and at a busy till it is 200,000 baskets.
    retention=Retention(data_class="till-history", days=92, sweep=sweep),
    export=ExportReader(read=_told, before="profiles"),
)
