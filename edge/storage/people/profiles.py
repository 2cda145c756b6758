"""How each person shops, as the bytes the model reads; not compressed, because they are read in the loop.

The centre sends a history, paid baskets add to it, and the identity lookup reads it at an arrival.
"""

from __future__ import annotations

import sqlite3

from pydantic import JsonValue

from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.table import (
    NO_TERM_YET,
    Erasure,
    ExportReader,
    MigrationStep,
    Table,
    Unlimited,
)
from models.features.profile import Profile

SCHEMA = """
CREATE TABLE profiles (
    token TEXT PRIMARY KEY,
    body  BLOB NOT NULL
) STRICT;
"""


def save(conn: sqlite3.Connection, token: Token, body: bytes) -> bool:
    """Keep the person's profile, over the older one; False when they were erased."""
    if erased_people.holds(conn, token):
        return False
    conn.execute(
        "INSERT INTO profiles (token, body) VALUES (?1, ?2)"
        " ON CONFLICT (token) DO UPDATE SET body = ?2",
        (token, body),
    )
    return True


def find(conn: sqlite3.Connection, token: Token) -> bytes | None:
    """The person's profile."""
    row = conn.execute("SELECT body FROM profiles WHERE token = ?", (token,)).fetchone()
    return None if row is None else bytes(row[0])


def after(conn: sqlite3.Connection, token: str, limit: int) -> tuple[tuple[Token, bytes], ...]:
    """At most ``limit`` people with their profiles, those that follow ``token`` in the order of tokens."""
    # By key, not by offset: who comes or goes between two pages shifts nobody.
    rows = conn.execute(
        "SELECT token, body FROM profiles WHERE token > ? ORDER BY token LIMIT ?",
        (token, limit),
    )
    return tuple((Token(one), bytes(body)) for one, body in rows)


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's profile."""
    return conn.execute("DELETE FROM profiles WHERE token = ?", (token,)).rowcount


def _told(conn: sqlite3.Connection, token: Token) -> JsonValue:
    """Counters in words. Items go by the number that the model knows them by, days count from 1970."""
    body = find(conn, token)
    if body is None:
        return None
    profile = Profile.from_bytes(body)
    columns = (profile.keys, profile.counts, profile.first_days, profile.last_days)
    return {
        "trips": profile.trips,
        "days": [int(day) for day in profile.days],
        "items": [
            {"item": item, "trips": trips, "first_day": first, "last_day": last}
            for item, trips, first, last in zip(*(c.tolist() for c in columns), strict=True)
        ],
    }


TABLE = Table(
    name="profiles",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    retention=Unlimited(note=NO_TERM_YET),
    export=ExportReader(read=_told, before="decisions"),
)
