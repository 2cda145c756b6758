"""Which offer was shown to whom and when: what frequency caps count, over all surfaces."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.domain.ids import DecisionId, OfferId, Token
from edge.storage import tombstones
from edge.storage.instants import from_us, to_us

SCHEMA = """
CREATE TABLE exposures (
    seq      INTEGER PRIMARY KEY,
    token    TEXT NOT NULL,
    offer    TEXT NOT NULL,
    surface  TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    decision TEXT NOT NULL
) STRICT;
CREATE INDEX exposures_token ON exposures (token, at_us, offer);
CREATE INDEX exposures_at ON exposures (at_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One offer in front of one person, once."""

    token: Token
    offer: OfferId
    surface: str
    at: datetime
    decision: DecisionId


def add(conn: sqlite3.Connection, exposure: Exposure) -> bool:
    """Count the showing; False when the person was erased."""
    if tombstones.holds(conn, exposure.token):
        return False
    conn.execute(
        "INSERT INTO exposures (token, offer, surface, at_us, decision) VALUES (?, ?, ?, ?, ?)",
        (
            exposure.token,
            exposure.offer,
            exposure.surface,
            to_us(exposure.at),
            exposure.decision,
        ),
    )
    return True


def since(conn: sqlite3.Connection, token: Token, at: datetime) -> dict[OfferId, int]:
    """How often each offer was shown to the person from ``at`` on, in the order of the offers' ids."""
    rows = conn.execute(
        "SELECT offer, count(*) FROM exposures WHERE token = ? AND at_us >= ?"
        " GROUP BY offer ORDER BY offer",
        (token, to_us(at)),
    )
    return {OfferId(offer): int(count) for offer, count in rows}


def moments(
    conn: sqlite3.Connection, token: Token, at: datetime
) -> dict[OfferId, list[datetime]]:
    """When each offer was shown to the person from ``at`` on, oldest first."""
    rows = conn.execute(
        "SELECT offer, at_us FROM exposures WHERE token = ? AND at_us >= ? ORDER BY offer, at_us",
        (token, to_us(at)),
    )
    found = dict[OfferId, list[datetime]]()
    for offer, at_us in rows:
        found.setdefault(OfferId(offer), []).append(from_us(at_us))
    return found


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase what the person was shown."""
    return conn.execute("DELETE FROM exposures WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` showings before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM exposures WHERE seq IN"
        " (SELECT seq FROM exposures WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount
