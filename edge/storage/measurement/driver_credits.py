"""Drivers that people brought, each credited once a person; and what the chain says each is worth.

Credited with the signal that showed it (`edge.campaigns.kpis.drivers`) and summed on the board. A credit stays as long
as its person is known, so that it is never given twice. Of somebody who was erased it stays as nobody's, so that sums
stay right, until its days are over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from edge.domain.driver_credit import Driver, DriverCredit
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table, Unlimited
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE bounties (
    seq    INTEGER PRIMARY KEY,
    token  TEXT,
    driver TEXT NOT NULL,
    cents  INTEGER NOT NULL,
    at_us  INTEGER NOT NULL,
    UNIQUE (token, driver)
) STRICT;
CREATE INDEX bounties_at ON bounties (at_us);
"""

VALUES = """
CREATE TABLE bounty_values (
    driver TEXT PRIMARY KEY,
    cents  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""


class BountyRow(BaseModel):
    """Stream ``bounties``, its key a driver: what that driver is worth to the chain, in cents."""

    # As with products an unknown key is left out: the centre may be a version ahead.
    model_config = ConfigDict(frozen=True, extra="ignore")

    cents: int = Field(ge=0, le=1_000_000)


def credit(conn: sqlite3.Connection, bounty: DriverCredit) -> bool:
    """Credit it at today's value; False where that person has brought this driver before, or was erased.

    A driver that was given no value counts, at nothing.
    """
    if erased_people.holds(conn, bounty.token):
        return False
    return (
        conn.execute(
            "INSERT OR IGNORE INTO bounties (token, driver, cents, at_us) VALUES (?1, ?2,"
            " coalesce((SELECT cents FROM bounty_values WHERE driver = ?2), 0), ?3)",
            (bounty.token, bounty.driver.value, to_us(bounty.at)),
        ).rowcount
        == 1
    )


def know_bounty(conn: sqlite3.Connection, key: str, body: Mapping[str, object] | None) -> None:
    """Value the driver ``key``; one that this version has not heard of is left alone. Raises ``ValidationError``."""
    if key not in set(Driver):
        return
    if body is None:
        drop_value(conn, Driver(key))
    else:
        put_value(conn, Driver(key), BountyRow.model_validate(body).cents)


def put_value(conn: sqlite3.Connection, driver: Driver, cents: int) -> None:
    """Say what a driver is worth from now on; what is credited already keeps its value."""
    conn.execute(
        "INSERT INTO bounty_values (driver, cents) VALUES (?1, ?2)"
        " ON CONFLICT (driver) DO UPDATE SET cents = ?2",
        (driver.value, cents),
    )


def drop_value(conn: sqlite3.Connection, driver: Driver) -> None:
    """The driver is worth nothing any more."""
    conn.execute("DELETE FROM bounty_values WHERE driver = ?", (driver.value,))


def values(conn: sqlite3.Connection) -> Mapping[Driver, int]:
    """What each driver is worth, in cents, where anything was said."""
    rows = conn.execute("SELECT driver, cents FROM bounty_values ORDER BY driver")
    return {Driver(driver): int(cents) for driver, cents in rows}


def credited(conn: sqlite3.Connection, since: datetime) -> Mapping[Driver, tuple[int, int]]:
    """By driver how many people were credited from ``since`` on, and their cents."""
    rows = conn.execute(
        "SELECT driver, count(*), sum(cents) FROM bounties WHERE at_us >= ?"
        " GROUP BY driver ORDER BY driver",
        (to_us(since),),
    )
    return {Driver(driver): (int(n), int(cents)) for driver, n, cents in rows}


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Make the person's credits nobody's: sums stay right."""
    return conn.execute("UPDATE bounties SET token = NULL WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` credits from before ``before`` that are nobody's."""
    return conn.execute(
        "DELETE FROM bounties WHERE seq IN (SELECT seq FROM bounties"
        " WHERE at_us < ? AND token IS NULL ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLES = (
    Table(
        name="bounties",
        steps=(MigrationStep(release="0008-kpis", sql=SCHEMA, before="tips"),),
        erasure=Erasure(forget=forget),
        # Thirteen months: a year to look back on.
        retention=Retention(data_class="bounties", days=395, sweep=sweep),
        export=ExportQuery(
            sql="SELECT driver, cents, at_us FROM bounties WHERE token = ? ORDER BY seq"
        ),
    ),
    Table(
        name="bounty_values",
        steps=(MigrationStep(release="0008-kpis", sql=VALUES, before="tips"),),
        retention=Unlimited(note="what a driver is worth now: the centre adds and takes away"),
    ),
)
