"""What was answered the first time, so that the same question gets the same answer again, also after a crash.

The doors for whole sales and for offers write it under a key of the asker's; whoever asks again is answered from here.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.storage.table import MigrationStep, RetainedWith, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE first_answers (
    source TEXT NOT NULL,
    asked  TEXT NOT NULL,
    digest BLOB NOT NULL,
    answer TEXT,
    at_us  INTEGER NOT NULL,
    PRIMARY KEY (source, asked)
) STRICT, WITHOUT ROWID;
CREATE INDEX first_answers_at ON first_answers (at_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswer:
    """The answer to one question. ``digest`` names its body; ``answer`` is JSON, None until there is one."""

    source: str
    key: str
    digest: bytes
    answer: str | None = None


def find(conn: sqlite3.Connection, source: str, key: str) -> FirstAnswer | None:
    """What is known of a question."""
    row = conn.execute(
        "SELECT digest, answer FROM first_answers WHERE source = ? AND asked = ?", (source, key)
    ).fetchone()
    if row is None:
        return None
    return FirstAnswer(source=source, key=key, digest=row[0], answer=row[1])


def keep(conn: sqlite3.Connection, first: FirstAnswer, at: datetime) -> None:
    """Keep a question, or its answer where it has none yet; a first answer is never written over."""
    conn.execute(
        "INSERT INTO first_answers (source, asked, digest, answer, at_us) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (source, asked) DO UPDATE SET answer = coalesce(answer, ?4)",
        (first.source, first.key, first.digest, first.answer, to_us(at)),
    )


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` answers given before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM first_answers WHERE (source, asked) IN"
        " (SELECT source, asked FROM first_answers WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="first_answers",
    steps=(MigrationStep(release="0009-the-till", sql=SCHEMA),),
    # As long as what must not count twice.
    retention=RetainedWith(data_class="seen", sweep=sweep),
)
