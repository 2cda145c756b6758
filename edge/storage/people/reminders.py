"""Products of which a person asked to be told when they are back or cheaper.

A touch on a screen asks; when stock or price changes, triggers find here whom to tell.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.domain.ids import ItemKey, Token
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE reminders (
    token    TEXT NOT NULL,
    item     INTEGER NOT NULL,
    asked_us INTEGER NOT NULL,
    PRIMARY KEY (token, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX reminders_item ON reminders (item);
CREATE INDEX reminders_asked ON reminders (asked_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One wish, asked for at the business time ``at``."""

    token: Token
    item: ItemKey
    at: datetime


def ask(conn: sqlite3.Connection, reminder: Reminder) -> bool:
    """Keep the wish, over an older one; False when the person was erased."""
    if erased_people.holds(conn, reminder.token):
        return False
    conn.execute(
        "INSERT INTO reminders (token, item, asked_us) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (token, item) DO UPDATE SET asked_us = ?3",
        (reminder.token, reminder.item, to_us(reminder.at)),
    )
    return True


def asked(
    conn: sqlite3.Connection, items: Iterable[ItemKey]
) -> dict[Token, frozenset[ItemKey]]:
    """Who asked for any of ``items``, and for which."""
    found = dict[Token, frozenset[ItemKey]]()
    # One question an item: what changes in stock or price at once is little.
    for item in items:
        for (token,) in conn.execute("SELECT token FROM reminders WHERE item = ?", (item,)):
            found[Token(token)] = found.get(Token(token), frozenset()) | {item}
    return found


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the person's wishes."""
    return conn.execute("DELETE FROM reminders WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` wishes of before ``before``."""
    return conn.execute(
        "DELETE FROM reminders WHERE (token, item) IN"
        " (SELECT token, item FROM reminders WHERE asked_us < ? ORDER BY asked_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="reminders",
    steps=(MigrationStep(release="0006-triggers", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="coupons"),
    retention=Retention(data_class="reminders", days=180, sweep=sweep),
    export=ExportQuery(
        sql="SELECT item, asked_us FROM reminders WHERE token = ? ORDER BY item",
        before="outbox",
    ),
)
