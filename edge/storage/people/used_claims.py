"""Signed claims and tickets that were used: each once, until it has expired anyway.

`change_set` uses a claim up in the transaction of its signal, so that a copy of it is refused for good.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.storage.table import MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE claims (
    jti        TEXT PRIMARY KEY,
    expires_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_expiry ON claims (expires_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedClaim:
    """A single-use statement by its name, and until when it could be used."""

    jti: str
    expires_at: datetime


def take(conn: sqlite3.Connection, claim: UsedClaim) -> bool:
    """Use the claim up; False when it was used before."""
    return (
        conn.execute(
            "INSERT OR IGNORE INTO claims (jti, expires_us) VALUES (?, ?)",
            (claim.jti, to_us(claim.expires_at)),
        ).rowcount
        == 1
    )


def spent(conn: sqlite3.Connection, jti: str) -> bool:
    """Whether the claim was used."""
    return conn.execute("SELECT 1 FROM claims WHERE jti = ?", (jti,)).fetchone() is not None


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` claims that expired before ``before``."""
    return conn.execute(
        "DELETE FROM claims WHERE jti IN"
        " (SELECT jti FROM claims WHERE expires_us < ? ORDER BY expires_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="claims",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    # Counted from its expiry: after that nobody can use it again anyway.
    retention=Retention(data_class="claims", days=1, sweep=sweep),
)
