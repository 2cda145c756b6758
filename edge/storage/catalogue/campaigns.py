"""The campaigns that run in this store, or will.

Written by publishing and by the centre's stream; the catalogue in memory is read from here after each change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from pydantic import TypeAdapter

from edge.domain.campaign import Campaign
from edge.storage.table import MigrationStep, Table, Unlimited

SCHEMA = """
CREATE TABLE campaigns (
    id   TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""

# Built once: it costs more than all campaigns of a store together.
_BODY = TypeAdapter(Campaign)


def upsert(conn: sqlite3.Connection, campaigns: Iterable[Campaign]) -> int:
    """Know these campaigns, over older ones of the same id; returns how many."""
    rows = [(one.id, _BODY.dump_json(one).decode()) for one in campaigns]
    conn.executemany(
        "INSERT INTO campaigns (id, body) VALUES (?1, ?2)"
        " ON CONFLICT (id) DO UPDATE SET body = ?2",
        rows,
    )
    return len(rows)


def delete(conn: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Run these campaigns no more; returns how many were known."""
    before = conn.total_changes
    conn.executemany("DELETE FROM campaigns WHERE id = ?", [(id_,) for id_ in ids])
    return conn.total_changes - before


def every(conn: sqlite3.Connection) -> tuple[Campaign, ...]:
    """All campaigns, in the order of their ids."""
    rows = conn.execute("SELECT body FROM campaigns ORDER BY id")
    return tuple(_BODY.validate_json(body) for (body,) in rows)


def find(conn: sqlite3.Connection, id_: str) -> Campaign | None:
    """One campaign, if it is known."""
    row = conn.execute("SELECT body FROM campaigns WHERE id = ?", (id_,)).fetchone()
    return None if row is None else _BODY.validate_json(row[0])


TABLE = Table(
    name="campaigns",
    steps=(MigrationStep(release="0004-campaigns", sql=SCHEMA),),
    retention=Unlimited(note="what runs or will: publishing and the centre add and take away"),
)
