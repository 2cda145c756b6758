"""The consent ledger: lines are added, never changed, and each carries the hash of the one before.

Kiosk, console, commands and the centre append; every decision about a person asks what holds. A line's hash covers a
salted commitment to who it is about, not the token. Erasure takes the token, the line's id and the salt away: the line
then tells of nobody, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from edge.domain.consent import CLOCK_TOLERANCE, ConsentEntry, Consents, ConsentState, Purpose
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.catalogue import challenges
from edge.storage.measurement import experiment_outcomes, till_history
from edge.storage.people import messages, visit_days
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Table, Unlimited
from edge.storage.timestamps import from_us, from_us_or_none, to_us

SCHEMA = """
CREATE TABLE consents (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT UNIQUE,
    token      TEXT,
    salt       BLOB,
    person     TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    state      TEXT NOT NULL,
    market     TEXT NOT NULL,
    notice_id  TEXT NOT NULL,
    given_us   INTEGER NOT NULL,
    expires_us INTEGER,
    channel    TEXT NOT NULL,
    hash       TEXT NOT NULL
) STRICT;
CREATE INDEX consents_token ON consents (token, purpose, given_us, state, expires_us)
    WHERE token IS NOT NULL;
"""

# Later than any instant a line can carry.
_FOREVER_US = 2**62

# What the first line stands on.
_GENESIS = "storeside consent ledger 1"

_Line = tuple[str, str, str, str, str, int, int | None, str]


def append(conn: sqlite3.Connection, entries: Iterable[ConsentEntry]) -> int:
    """Put ``entries`` behind the ledger; returns how many are new.

    A line whose id is there already, or whose person was erased, is left out. What stood on a purpose that is
    taken back goes with it: messages that wait, tests, trips and cards.
    """
    # Read once: within this transaction nobody else can append.
    seq, previous = _head(conn)
    fresh = list[ConsentEntry]()
    for entry in entries:
        if _is_known(conn, entry.id) or erased_people.holds(conn, entry.token):
            continue
        fresh.append(entry)
        # Without it anybody could try tokens against the commitment.
        salt = secrets.token_bytes(16)
        line = _line(entry, _commitment(salt, entry.id, entry.token))
        seq, previous = seq + 1, _chained(previous, line)
        conn.execute(
            "INSERT INTO consents (seq, id, token, salt, person, purpose, state, market,"
            " notice_id, given_us, expires_us, channel, hash)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (seq, entry.id, entry.token, salt, *line, previous),
        )
    # Here and not at each caller, so that none can forget it.
    for table in (messages, experiment_outcomes, visit_days, challenges, till_history):
        table.withdraw(conn, fresh)
    return len(fresh)


def of(conn: sqlite3.Connection, token: Token) -> Consents:
    """The person's lines, in the order they came."""
    rows = conn.execute(
        "SELECT id, purpose, state, market, notice_id, given_us, expires_us, channel"
        " FROM consents WHERE token = ? ORDER BY seq",
        (token,),
    )
    return Consents(
        entries=tuple(
            ConsentEntry(
                id=id_,
                token=token,
                purpose=Purpose(purpose),
                state=ConsentState(state),
                market=market,
                notice_id=notice_id,
                given_at=from_us(given_us),
                expires_at=from_us_or_none(expires_us),
                channel=channel,
            )
            for id_, purpose, state, market, notice_id, given_us, expires_us, channel in rows
        )
    )


def counts_by_purpose(conn: sqlite3.Connection, now: datetime) -> dict[Purpose, int]:
    """How many people's latest answer is a yes that holds at ``now``, for every purpose."""
    # At one instant a no wins over a yes, and of two the one that ends first.
    rows = conn.execute(
        "SELECT yes.purpose, count(*) FROM consents AS yes"
        " WHERE yes.token IS NOT NULL AND yes.state = 'given' AND yes.given_us <= ?1"
        " AND (yes.expires_us IS NULL OR yes.expires_us > ?2) AND NOT EXISTS ("
        "  SELECT 1 FROM consents AS later"
        "  WHERE later.token = yes.token AND later.purpose = yes.purpose"
        "  AND (later.given_us > yes.given_us OR later.given_us = yes.given_us"
        "   AND (later.state <> 'given' OR (coalesce(later.expires_us, ?3), later.seq)"
        "    < (coalesce(yes.expires_us, ?3), yes.seq))))"
        " GROUP BY yes.purpose",
        # A yes may be dated ahead by as much as clocks differ; one that lies further ahead does not hold yet.
        (to_us(now + CLOCK_TOLERANCE), to_us(now), _FOREVER_US),
    )
    found = {Purpose(purpose): int(count) for purpose, count in rows}
    return {purpose: found.get(purpose, 0) for purpose in Purpose}


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Take the person out of their lines; the lines stay as proof of nobody's answer."""
    return conn.execute(
        "UPDATE consents SET id = NULL, token = NULL, salt = NULL WHERE token = ?", (token,)
    ).rowcount


def verify_chain(conn: sqlite3.Connection) -> bool:
    """Whether no line was changed, put in between or taken away."""
    return first_broken(conn) is None


def first_broken(conn: sqlite3.Connection) -> int | None:
    """The number of the first line that does not hold, counted from 1; None when all do."""
    expected, previous = 1, _GENESIS
    rows = conn.execute(
        "SELECT seq, id, token, salt, hash, person, purpose, state, market, notice_id,"
        " given_us, expires_us, channel FROM consents ORDER BY seq"
    )
    for seq, id_, token, salt, found, *line in rows:
        previous = _chained(previous, tuple(line))
        # A line of nobody has no salt left to hold its person against.
        about = token is None or _commitment(salt, id_, Token(token)) == line[0]
        if seq != expected or found != previous or not about:
            return expected
        expected += 1
    # Lines cut off at the end break no hash; the highest number ever given tells of them.
    return None if _last_number(conn) == expected - 1 else expected


def _head(conn: sqlite3.Connection) -> tuple[int, str]:
    row = conn.execute("SELECT seq, hash FROM consents ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, _GENESIS) if row is None else (int(row[0]), str(row[1]))


def _last_number(conn: sqlite3.Connection) -> int:
    """The highest number ever given: SQLite remembers it also when the last lines are deleted."""
    row = conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'consents'").fetchone()
    return 0 if row is None else int(row[0])


def _is_known(conn: sqlite3.Connection, id_: str) -> bool:
    return conn.execute("SELECT 1 FROM consents WHERE id = ?", (id_,)).fetchone() is not None


def _line(entry: ConsentEntry, person: str) -> _Line:
    return (
        person,
        entry.purpose.value,
        entry.state.value,
        entry.market,
        entry.notice_id,
        to_us(entry.given_at),
        to_us(entry.expires_at),
        entry.channel,
    )


def _commitment(salt: bytes, id_: str, token: Token) -> str:
    """Binds a line to its person and id; without the salt it can be tied to nobody."""
    # As JSON, so that id and token cannot run into each other.
    return hashlib.sha256(salt + json.dumps([id_, token]).encode()).hexdigest()


def _chained(previous: str, line: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps([previous, *line]).encode()).hexdigest()


TABLE = Table(
    name="consents",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    retention=Unlimited(
        note="the ledger is proof of answers; an erasure leaves its lines as nobody's"
    ),
    export=ExportQuery(
        sql=(
            "SELECT id, purpose, state, market, notice_id, given_us, expires_us, channel FROM consents"
            " WHERE token = ? ORDER BY seq"
        )
    ),
)
