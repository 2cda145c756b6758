"""Proof of play: which creative ran where, when and for how long, each run once.

Displays report runs to the intake; the centre gets each as an event, and the row here keeps it from counting twice.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.domain.ids import DecisionId, DeviceId, Token
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE plays (
    seq         INTEGER PRIMARY KEY,
    decision    TEXT NOT NULL,
    creative    TEXT NOT NULL,
    device      TEXT NOT NULL,
    started_us  INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    completed   INTEGER NOT NULL,
    UNIQUE (decision, creative, started_us)
) STRICT;
CREATE INDEX plays_started ON plays (started_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayRecord:
    """One run of one creative on one screen."""

    decision: DecisionId
    creative: str
    device: DeviceId
    started_at: datetime
    duration_ms: int
    completed: bool


def add(conn: sqlite3.Connection, play: PlayRecord) -> bool:
    """Count the run; False when it was counted before."""
    # A display repeats its report until it is acknowledged.
    return (
        conn.execute(
            "INSERT OR IGNORE INTO plays"
            " (decision, creative, device, started_us, duration_ms, completed)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                play.decision,
                play.creative,
                play.device,
                to_us(play.started_at),
                play.duration_ms,
                int(play.completed),
            ),
        ).rowcount
        == 1
    )


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase the runs of what was decided about the person; to be called before the decisions are erased."""
    return conn.execute(
        "DELETE FROM plays WHERE decision IN (SELECT id FROM decisions WHERE token = ?)",
        (token,),
    ).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` runs that started before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM plays WHERE seq IN"
        " (SELECT seq FROM plays WHERE started_us < ? ORDER BY started_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="plays",
    steps=(MigrationStep(release="0001-first", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="decisions"),
    # A month of what must not count twice.
    retention=Retention(data_class="plays", days=31, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT p.decision, p.creative, p.device, p.started_us, p.duration_ms, p.completed"
            " FROM plays AS p JOIN decisions AS d ON d.id = p.decision WHERE d.token = ? ORDER BY p.seq"
        ),
        before="snapshots",
    ),
)
