"""How people took what they were shown: what back-off and the cost of a no count, after the decision is gone.

Drawn from feedback and paid baskets (`edge.pipeline.offer_responses`) and read back at the person's next arrival.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.domain.exposure_memory import OfferResponse
from edge.domain.ids import ItemKey, OfferId, Token
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE responses (
    seq      INTEGER PRIMARY KEY,
    token    TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    liked    INTEGER NOT NULL,
    category TEXT NOT NULL,
    item     INTEGER,
    offer    TEXT
) STRICT;
CREATE INDEX responses_token ON responses (token, at_us);
CREATE INDEX responses_at ON responses (at_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """One response with whose it is."""

    token: Token
    response: OfferResponse


def add(conn: sqlite3.Connection, answer: StoredResponse) -> bool:
    """Remember the answer; False when the person was erased."""
    if erased_people.holds(conn, answer.token):
        return False
    said = answer.response
    conn.execute(
        "INSERT INTO responses (token, at_us, liked, category, item, offer)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            answer.token,
            to_us(said.at),
            said.liked,
            said.category,
            said.item,
            said.offer,
        ),
    )
    return True


def take_back(conn: sqlite3.Connection, answer: StoredResponse) -> bool:
    """It was no answer after all: one of those that are alike goes; False where there is none."""
    said = answer.response
    return (
        conn.execute(
            "DELETE FROM responses WHERE seq = (SELECT max(seq) FROM responses WHERE token = ?"
            " AND at_us = ? AND liked = ? AND item IS ? AND offer IS ?)",
            (answer.token, to_us(said.at), said.liked, said.item, said.offer),
        ).rowcount
        == 1
    )


def of(conn: sqlite3.Connection, token: Token, at: datetime) -> list[OfferResponse]:
    """The person's answers from ``at`` on, oldest first."""
    rows = conn.execute(
        "SELECT at_us, liked, category, item, offer FROM responses"
        " WHERE token = ? AND at_us >= ? ORDER BY at_us, seq",
        (token, to_us(at)),
    )
    return [
        OfferResponse(
            from_us(us),
            liked,
            category,
            None if item is None else ItemKey(item),
            None if offer is None else OfferId(offer),
        )
        for us, liked, category, item, offer in rows
    ]


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase what the person said."""
    return conn.execute("DELETE FROM responses WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` answers before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM responses WHERE seq IN"
        " (SELECT seq FROM responses WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="responses",
    steps=(MigrationStep(release="0005-touches", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # Back-off looks back five weeks.
    retention=Retention(data_class="responses", days=36, least_days=36, sweep=sweep),
    export=ExportQuery(
        sql="SELECT at_us, liked, category, item, offer FROM responses WHERE token = ? ORDER BY at_us, seq"
    ),
)
