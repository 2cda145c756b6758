"""Who changed what the store does, and from what to what: one line an act, never a person's data.

Publishing a campaign or promoting a winner writes the line in the transaction of the act itself.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.storage.table import MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY,
    at_us  INTEGER NOT NULL,
    who    TEXT NOT NULL,
    act    TEXT NOT NULL,
    object TEXT NOT NULL,
    before TEXT NOT NULL,
    after  TEXT NOT NULL
) STRICT;
CREATE INDEX audit_object ON audit (object);
CREATE INDEX audit_at ON audit (at_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change. ``who`` is a role or a name that an operator gave; ``object`` what was changed, as ``campaign/id``.

    ``before`` and ``after`` are SHA-256 digests of it, empty where there was or is none.
    """

    at: datetime
    who: str
    act: str
    object: str
    before: str
    after: str


def add(conn: sqlite3.Connection, act: AuditEntry) -> None:
    """Write the line, in the transaction of the change itself."""
    conn.execute(
        "INSERT INTO audit (at_us, who, act, object, before, after) VALUES (?, ?, ?, ?, ?, ?)",
        (to_us(act.at), act.who, act.act, act.object, act.before, act.after),
    )


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` lines before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM audit WHERE seq IN"
        " (SELECT seq FROM audit WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="audit",
    steps=(MigrationStep(release="0007-measuring", sql=SCHEMA),),
    # Thirteen months: a year to look back on.
    retention=Retention(data_class="audit", days=395, sweep=sweep),
)
