"""On which days people came and what they paid: for those who agreed to be measured, and for nobody else.

A paid basket adds to its day; the board of key figures reads how many came again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.domain.consent import ConsentEntry, Purpose, taken_back
from edge.domain.ids import Token
from edge.domain.kpi import DAYS, VisitorCounts
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE trips (
    token   TEXT NOT NULL,
    day     INTEGER NOT NULL,
    baskets INTEGER NOT NULL,
    cents   INTEGER NOT NULL,
    paid_us INTEGER NOT NULL,
    PRIMARY KEY (token, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX trips_day ON trips (day);
CREATE INDEX trips_paid ON trips (paid_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidTrip:
    """One paid basket of one person. ``day``: local, since 1970; ``at``: business time; ``cents`` before offers.

    ``baskets``: -1 for one that was taken back, 0 for less paid for one that stands.
    """

    token: Token
    day: int
    at: datetime
    cents: int
    baskets: int = 1


def add(conn: sqlite3.Connection, trip: PaidTrip) -> bool:
    """Count the basket to its day, or take it off; False when the person was erased."""
    if erased_people.holds(conn, trip.token):
        return False
    if trip.baskets < 1:
        # No row where there is none: it went with a consent, and must not come back below nought.
        conn.execute(
            "UPDATE trips SET baskets = baskets + ?3, cents = cents + ?4 WHERE token = ?1 AND day = ?2",
            (trip.token, trip.day, trip.baskets, trip.cents),
        )
        conn.execute("DELETE FROM trips WHERE token = ? AND baskets < 1", (trip.token,))
        return True
    # The later instant stays: a basket that arrives late must not make the day look older to the sweep.
    conn.execute(
        "INSERT INTO trips (token, day, baskets, cents, paid_us) VALUES (?1, ?2, 1, ?3, ?4)"
        " ON CONFLICT (token, day) DO UPDATE SET baskets = baskets + 1, cents = cents + ?3,"
        " paid_us = max(paid_us, ?4)",
        (trip.token, trip.day, trip.cents, to_us(trip.at)),
    )
    return True


def comers(conn: sqlite3.Connection, day: int) -> VisitorCounts:
    """Who came in the ``DAYS`` days up to local day ``day``, and in as many before."""
    first, before = day - DAYS, day - 2 * DAYS
    people, days, cents, repeaters = conn.execute(
        "SELECT count(*), coalesce(sum(n), 0), coalesce(sum(paid), 0), coalesce(sum(n > 1), 0)"
        " FROM (SELECT count(*) AS n, sum(cents) AS paid FROM trips"
        " WHERE day > ? AND day <= ? GROUP BY token)",
        (first, day),
    ).fetchone()
    earlier, returned = conn.execute(
        "SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM trips AS t"
        " WHERE t.token = e.token AND t.day > ?1 AND t.day <= ?2)), 0)"
        " FROM (SELECT DISTINCT token FROM trips WHERE day > ?3 AND day <= ?1) AS e",
        (first, day, before),
    ).fetchone()
    return VisitorCounts(
        people=people,
        days=days,
        cents=cents,
        repeaters=repeaters,
        earlier=earlier,
        returned=returned,
    )


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's days."""
    return conn.execute("DELETE FROM trips WHERE token = ?", (token,)).rowcount


def withdraw(conn: sqlite3.Connection, entries: Iterable[ConsentEntry]) -> int:
    """Who takes back the consent to be measured is in no figure any more; returns the rows."""
    return sum(forget(conn, token) for token in taken_back(entries, Purpose.MEASURE))


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` days from before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM trips WHERE (token, day) IN"
        " (SELECT token, day FROM trips WHERE paid_us < ? ORDER BY paid_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="trips",
    steps=(MigrationStep(release="0008-kpis", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # Two periods of four weeks are compared with each other; a quarter leaves room.
    retention=Retention(data_class="trips", days=92, sweep=sweep),
    export=ExportQuery(
        sql="SELECT day, baskets, cents, paid_us FROM trips WHERE token = ? ORDER BY day"
    ),
)
