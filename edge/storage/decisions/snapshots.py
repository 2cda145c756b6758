"""What decisions were read from – profiles, trends, catalogues – kept under the digest of its bytes.

A decision names its snapshots in its inputs and replay finds them here. A person's snapshot is theirs alone: two people
with equal bytes have a row each, so that forgetting one leaves the other's decisions computable.
"""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.domain.ids import Token, digest_of
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, RetainedWith, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE snapshots (
    seq     INTEGER PRIMARY KEY,
    digest  TEXT NOT NULL,
    token   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    body    BLOB NOT NULL,
    used_us INTEGER NOT NULL,
    UNIQUE (digest, token)
) STRICT;
CREATE INDEX snapshots_used ON snapshots (used_us);
CREATE INDEX snapshots_token ON snapshots (token) WHERE token <> '';
"""

# A snapshot's last use is noted this coarsely: most decisions then write nothing here.
_NOTED_EVERY = timedelta(hours=1)

# As for decisions: nearly as small as the default, in a fraction of its time.
_LEVEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Bytes that decisions read, under their digest. ``token`` is set where they tell of a person."""

    digest: str
    kind: str
    body: bytes
    token: Token | None = None


def keep(conn: sqlite3.Connection, snapshot: Snapshot, at: datetime) -> bool:
    """Have the snapshot from now on; costs next to nothing when it is there. False: its person was erased."""
    if erased_people.holds(conn, snapshot.token):
        return False
    # Not NULL: no two of those are equal, and the key would let a snapshot in twice.
    owner = snapshot.token or ""
    known = conn.execute(
        "SELECT 1 FROM snapshots WHERE digest = ? AND token = ?", (snapshot.digest, owner)
    ).fetchone()
    if known is None:
        conn.execute(
            "INSERT INTO snapshots (digest, token, kind, body, used_us) VALUES (?, ?, ?, ?, ?)",
            (
                snapshot.digest,
                owner,
                snapshot.kind,
                zlib.compress(snapshot.body, _LEVEL),
                to_us(at),
            ),
        )
    else:
        touch(conn, snapshot.digest, at)
    return True


def touch(conn: sqlite3.Connection, digest: str, at: datetime) -> None:
    """Note that something made at ``at`` reads the snapshot, if it is here."""
    conn.execute(
        "UPDATE snapshots SET used_us = ?2 WHERE digest = ?1 AND used_us < ?3",
        (digest, to_us(at), to_us(at - _NOTED_EVERY)),
    )


def find(conn: sqlite3.Connection, digest: str) -> bytes | None:
    """The bytes under ``digest``; None where they are not here or no longer have that digest."""
    # Whose row it is does not matter: under one digest all hold the same bytes.
    row = conn.execute(
        "SELECT body FROM snapshots WHERE digest = ? LIMIT 1", (digest,)
    ).fetchone()
    if row is None:
        return None
    try:
        body = zlib.decompress(row[0])
    except zlib.error:
        return None
    return body if digest_of(body) == digest else None


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase every snapshot that tells of the person."""
    return conn.execute("DELETE FROM snapshots WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` snapshots that nothing made since ``before`` reads."""
    # The last use may be that much later than it was noted.
    return conn.execute(
        "DELETE FROM snapshots WHERE seq IN"
        " (SELECT seq FROM snapshots WHERE used_us < ? ORDER BY used_us LIMIT ?)",
        (to_us(before - _NOTED_EVERY), limit),
    ).rowcount


TABLE = Table(
    name="snapshots",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # As long as the decisions that read it.
    retention=RetainedWith(data_class="decisions", sweep=sweep),
    export=ExportQuery(
        sql="SELECT digest, kind, used_us FROM snapshots WHERE token = ? ORDER BY used_us, seq"
    ),
)
