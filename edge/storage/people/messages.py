"""What triggers have fired for whom: words that wait for their term, and what became of them; each firing once.

Triggers queue (`edge.campaigns.triggers`), the scheduler takes what is due and settles what became of it, and cooldowns
are counted from the past.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.ids import ItemKey, OfferId, Token
from edge.domain.trigger import MessageState, SuppressionReason, TriggerMessage
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE messages (
    seq        INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    token      TEXT NOT NULL,
    trigger_id TEXT NOT NULL,
    version    INTEGER NOT NULL,
    occasion   TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    headline   TEXT NOT NULL,
    text       TEXT NOT NULL,
    offer      TEXT,
    item       INTEGER,
    fired_us   INTEGER NOT NULL,
    due_us     INTEGER NOT NULL,
    look_us    INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    state      TEXT NOT NULL,
    hush       TEXT,
    UNIQUE (trigger_id, token, occasion)
) STRICT;
CREATE INDEX messages_look ON messages (look_us) WHERE state = 'pending';
CREATE INDEX messages_token ON messages (token, fired_us);
CREATE INDEX messages_fired ON messages (fired_us);
"""

_SELECT = (
    "SELECT id, token, trigger_id, version, occasion, purpose, reason, fired_us, due_us,"
    " expires_us, headline, text, offer, item, state, hush FROM messages"
)
_Row = tuple[
    str,
    str,
    str,
    int,
    str,
    str,
    str,
    int,
    int,
    int,
    str,
    str,
    str | None,
    int | None,
    str,
    str | None,
]


class PastFiring(NamedTuple):
    """One earlier firing for a person: what cooldowns and the daily limit count. ``due_at``: when it is or was sent."""

    id: str
    trigger: str
    at: datetime
    due_at: datetime
    state: MessageState


def queue(conn: sqlite3.Connection, message: TriggerMessage) -> bool:
    """Keep a firing; False when it is there already, or the person was erased."""
    if erased_people.holds(conn, message.token):
        return False
    # A conflict is the same trigger, person and occasion once more: each firing counts once.
    kept = conn.execute(
        "INSERT INTO messages (id, token, trigger_id, version, occasion, purpose, reason,"
        " headline, text, offer, item, fired_us, due_us, look_us, expires_us, state, hush)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            message.id,
            message.token,
            message.trigger,
            message.version,
            message.occasion,
            message.purpose.value,
            message.reason,
            message.headline,
            message.text,
            message.offer,
            message.item,
            to_us(message.fired_at),
            to_us(message.due_at),
            # Looked at first when it is due; `postpone` moves this instant, and never the term.
            to_us(message.due_at),
            to_us(message.expires_at),
            message.state.value,
            None if message.suppressed_by is None else message.suppressed_by.value,
        ),
    )
    return kept.rowcount == 1


def due(conn: sqlite3.Connection, at: datetime, limit: int) -> tuple[TriggerMessage, ...]:
    """At most ``limit`` messages that wait and are to be looked at by ``at``, the earliest first."""
    rows = conn.execute(
        f"{_SELECT} WHERE state = 'pending' AND look_us <= ? ORDER BY look_us, seq LIMIT ?",
        (to_us(at), limit),
    )
    return tuple(map(_message, rows))


def due_for(conn: sqlite3.Connection, token: Token, at: datetime) -> tuple[TriggerMessage, ...]:
    """What waits for this person and whose term has begun at ``at``, whenever it was to be looked at."""
    rows = conn.execute(
        f"{_SELECT} WHERE state = 'pending' AND token = ? AND due_us <= ? ORDER BY due_us, seq",
        (token, to_us(at)),
    )
    return tuple(map(_message, rows))


def fired_since(
    conn: sqlite3.Connection, token: Token, since: datetime
) -> tuple[PastFiring, ...]:
    """Everything fired for the person from ``since`` on."""
    rows = conn.execute(
        "SELECT id, trigger_id, fired_us, due_us, state FROM messages"
        " WHERE token = ? AND fired_us >= ?",
        (token, to_us(since)),
    )
    return tuple(
        PastFiring(id_, trigger, from_us(fired), from_us(due), MessageState(state))
        for id_, trigger, fired, due, state in rows
    )


def sent_since(conn: sqlite3.Connection, token: Token, at: datetime) -> int:
    """How many messages the person was sent from ``at`` on."""
    # `settle` has put the instant of sending into due_us.
    found = conn.execute(
        "SELECT count(*) FROM messages WHERE token = ? AND state = 'sent' AND due_us >= ?",
        (token, to_us(at)),
    ).fetchone()
    return int(found[0])


def settle(
    conn: sqlite3.Connection,
    id_: str,
    state: MessageState,
    at: datetime,
    suppressed_by: SuppressionReason | None = None,
) -> bool:
    """What became at ``at`` of a message that waits; False when it waits no more: nobody settles it twice."""
    # due_us becomes the instant of the outcome: that is what the daily limit counts by.
    changed = conn.execute(
        "UPDATE messages SET state = ?, hush = ?, due_us = ? WHERE id = ? AND state = 'pending'",
        (state.value, None if suppressed_by is None else suppressed_by.value, to_us(at), id_),
    )
    return changed.rowcount == 1


def postpone(conn: sqlite3.Connection, id_: str, at: datetime) -> None:
    """It cannot go out now: unless its person comes in, it is looked at again at ``at``."""
    conn.execute(
        "UPDATE messages SET look_us = ? WHERE id = ? AND state = 'pending'", (to_us(at), id_)
    )


def expire(conn: sqlite3.Connection, ids: Iterable[str]) -> int:
    """Messages handed on that did not leave the store in time: they were never sent; returns how many."""
    return conn.executemany(
        "UPDATE messages SET state = 'expired', hush = 'expired' WHERE id = ? AND state = 'sent'",
        [(id_,) for id_ in ids],
    ).rowcount


def withdraw(conn: sqlite3.Connection, entries: Iterable[ConsentEntry]) -> int:
    """What waits under a purpose that was taken back is never sent, without ``recognise`` nothing; how many."""
    return sum(
        conn.execute(
            "UPDATE messages SET state = 'withdrawn', hush = 'no-consent'"
            " WHERE token = ?1 AND (purpose = ?2 OR ?2 = ?3) AND state = 'pending'",
            (entry.token, entry.purpose.value, Purpose.RECOGNISE.value),
        ).rowcount
        for entry in entries
        if entry.state is not ConsentState.GIVEN
    )


def counts(conn: sqlite3.Connection) -> dict[tuple[str, int], dict[str, int]]:
    """Trigger and version -> state -> how many firings; nobody is named."""
    found = dict[tuple[str, int], dict[str, int]]()
    rows = conn.execute(
        "SELECT trigger_id, version, state, count(*) FROM messages"
        " GROUP BY trigger_id, version, state ORDER BY trigger_id, version, state"
    )
    for trigger, version, state, count in rows:
        found.setdefault((trigger, int(version)), {})[state] = int(count)
    return found


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase all that was ever fired for the person."""
    return conn.execute("DELETE FROM messages WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` firings of before ``before`` that wait no more."""
    # What waits stays, however old: its own expiry ends it.
    return conn.execute(
        "DELETE FROM messages WHERE seq IN (SELECT seq FROM messages"
        " WHERE fired_us < ? AND state <> 'pending' ORDER BY fired_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


def _message(row: _Row) -> TriggerMessage:
    return TriggerMessage(
        id=row[0],
        token=Token(row[1]),
        trigger=row[2],
        version=row[3],
        occasion=row[4],
        purpose=Purpose(row[5]),
        reason=row[6],
        fired_at=from_us(row[7]),
        due_at=from_us(row[8]),
        expires_at=from_us(row[9]),
        headline=row[10],
        text=row[11],
        offer=None if row[12] is None else OfferId(row[12]),
        item=None if row[13] is None else ItemKey(row[13]),
        state=MessageState(row[14]),
        suppressed_by=None if row[15] is None else SuppressionReason(row[15]),
    )


TABLE = Table(
    name="messages",
    steps=(MigrationStep(release="0006-triggers", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="coupons"),
    # Longer than the longest rest of a trigger (90 days).
    retention=Retention(data_class="messages", days=93, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT trigger_id, reason, headline, text, offer, fired_us, state FROM messages"
            " WHERE token = ? ORDER BY seq"
        ),
        before="outbox",
    ),
)
