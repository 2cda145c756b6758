"""The tables that `cloud_sync` keeps in the store's file: its queue to the centre, and how far each stream has come.

Listed by `edge.storage.tables` like any other. Declared here, because `cloud_sync` moves records that it does not
understand and must not know what a person or a market's retention is.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from cloud_sync import cursors, deadlines, outbox
from edge.storage.table import (
    Erasure,
    ExportQuery,
    MigrationStep,
    Retention,
    Table,
    Unlimited,
)


def _sweep_sent(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    return outbox.sweep(conn, before, limit=limit)


TABLES = (
    Table(
        name="outbox",
        # Rows that bit rot has hit are set aside there, whole, as evidence.
        also=("outbox_damaged",),
        # Its text also makes the tables below: triggers of the queue write into them.
        steps=(MigrationStep(release="0001-first", sql=outbox.SCHEMA),),
        erasure=Erasure(forget=outbox.forget),
        # Only what the centre has: everything else waits as long as it must.
        retention=Retention(data_class="events", days=3, sweep=_sweep_sent),
        export=ExportQuery(
            sql="SELECT type, time, body, sent_at FROM outbox WHERE subject = ? ORDER BY seq",
            json=frozenset({"body"}),
        ),
    ),
    Table(
        name="outbox_dropped",
        retention=Unlimited(note="a count for each type of event, about nobody"),
    ),
    Table(name="outbox_tally", retention=Unlimited(note="one row of sums, about nobody")),
    Table(
        name="outbox_deadline",
        # Files of the first release had none; a fresh one gets it with the queue.
        steps=(MigrationStep(release="0006-triggers", sql=deadlines.SCHEMA),),
        retention=Unlimited(note="a row goes by itself once its deadline has passed"),
    ),
    Table(
        name="sync_cursor",
        steps=(MigrationStep(release="0001-first", sql=cursors.SCHEMA),),
        retention=Unlimited(note="one row a stream, written over"),
    ),
    Table(
        name="sync_refused",
        erasure=Erasure(forget=cursors.forget),
        retention=Unlimited(note="a row goes when a newer change of its key was applied"),
        export=ExportQuery(
            sql="SELECT stream, refused_at FROM sync_refused WHERE key = ? ORDER BY stream"
        ),
    ),
)
