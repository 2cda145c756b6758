"""Pictures for creatives, each under the SHA-256 of its bytes: what is shown is what was approved.

The picture library (`edge.campaigns.authoring`) adds and deletes, pages ask for a picture by its hash, and a campaign
is published only if all its pictures are here.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.storage.table import MigrationStep, Table, Unlimited
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE assets (
    sha256   TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    media    TEXT NOT NULL,
    tags     TEXT NOT NULL,
    bytes    INTEGER NOT NULL,
    added_us INTEGER NOT NULL,
    body     BLOB NOT NULL
) STRICT;
"""

# As many as a screen of the console shows.
_FOUND = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """What is known of a picture. Units: ``size_bytes``."""

    sha256: str
    name: str
    media: str
    tags: tuple[str, ...]
    size_bytes: int
    added_at: datetime


def put(
    conn: sqlite3.Connection,
    body: bytes,
    media: str,
    *,
    name: str,
    tags: Sequence[str],
    at: datetime,
) -> Asset:
    """Have the picture; the same bytes again only change its name and tags."""
    asset = Asset(
        sha256=hashlib.sha256(body).hexdigest(),
        name=name,
        media=media,
        # Sorted and each once: the same tags are always stored as the same text.
        tags=tuple(sorted(set(tags))),
        size_bytes=len(body),
        added_at=at,
    )
    conn.execute(
        "INSERT INTO assets (sha256, name, media, tags, bytes, added_us, body)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        " ON CONFLICT (sha256) DO UPDATE SET name = ?2, tags = ?4",
        (
            asset.sha256,
            name,
            media,
            json.dumps(asset.tags, ensure_ascii=False),
            asset.size_bytes,
            to_us(at),
            body,
        ),
    )
    return asset


def read(conn: sqlite3.Connection, sha256: str) -> tuple[str, bytes] | None:
    """Media type and bytes; None where they are not here or no longer have that hash."""
    row = conn.execute("SELECT media, body FROM assets WHERE sha256 = ?", (sha256,)).fetchone()
    # Disks rot: bytes that are not those that were approved are not shown.
    if row is None or hashlib.sha256(row[1]).hexdigest() != sha256:
        return None
    return row[0], row[1]


def search(conn: sqlite3.Connection, tag: str = "", word: str = "") -> tuple[Asset, ...]:
    """Pictures with this ``tag`` and with ``word`` in their name or a tag, newest first; empty = any."""
    # `instr` and not LIKE: what somebody types may hold % and _.
    rows = conn.execute(
        "SELECT sha256, name, media, tags, bytes, added_us FROM assets WHERE"
        " (?1 = '' OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?1))"
        " AND (?2 = '' OR instr(lower(name), lower(?2)) OR EXISTS"
        " (SELECT 1 FROM json_each(tags) WHERE instr(lower(value), lower(?2))))"
        " ORDER BY added_us DESC, sha256 LIMIT ?3",
        (tag, word, _FOUND),
    )
    return tuple(
        Asset(
            sha256=sha256,
            name=name,
            media=media,
            tags=tuple(json.loads(tags)),
            size_bytes=size,
            added_at=from_us(added_us),
        )
        for sha256, name, media, tags, size, added_us in rows
    )


def delete(conn: sqlite3.Connection, hashes: Iterable[str]) -> int:
    """Have these pictures no more; returns how many were here."""
    before = conn.total_changes
    conn.executemany("DELETE FROM assets WHERE sha256 = ?", [(one,) for one in hashes])
    return conn.total_changes - before


def held(conn: sqlite3.Connection) -> frozenset[str]:
    """The hashes of all pictures that are here."""
    return frozenset(sha256 for (sha256,) in conn.execute("SELECT sha256 FROM assets"))


def size_bytes(conn: sqlite3.Connection) -> int:
    """What all pictures together weigh."""
    total: int = conn.execute("SELECT coalesce(sum(bytes), 0) FROM assets").fetchone()[0]
    return total


TABLE = Table(
    name="assets",
    steps=(MigrationStep(release="0004-campaigns", sql=SCHEMA),),
    retention=Unlimited(note="a marketer's pictures, until they take them away"),
)
