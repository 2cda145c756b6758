"""Records and databases as the tests of this package need them."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cloud_sync import cursors, outbox
from cloud_sync.envelope import (
    Durability,
    Record,
    Stamp,
    build_track,
    canonical,
    encode_event,
    type_of,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PERSON = "c-abc"


def make_record(
    number: int = 1,
    *,
    stream: str = "sales",
    event: str = "Order Completed",
    subject: str | None = None,
    durability: Durability = "keep",
    pad: int = 0,
) -> Record:
    at = NOW + timedelta(seconds=number)
    stamp = Stamp(id=f"e-{number}", at=at, token=subject, visit=None if subject else "v-1")
    data = build_track(stamp, event, {"order_id": f"o-{number}", "pad": "x" * pad})
    return Record(
        id=f"e-{number}",
        stream=stream,
        type=type_of(event),
        time=at,
        source="storeside/1/s-1/service",
        subject=subject,
        durability=durability,
        data=canonical(data),
    )


def cloud_event(record: Record) -> dict[str, Any]:
    """The event that a record is sent as, read."""
    found: dict[str, Any] = json.loads(encode_event(record))
    return found


def pending_bytes(conn: sqlite3.Connection) -> int:
    """How much waits, by the tally."""
    found: int = conn.execute("SELECT pending_bytes FROM outbox_tally").fetchone()[0]
    return found


def make_records(count: int, *, stream: str = "sales", first: int = 1) -> list[Record]:
    return [make_record(number, stream=stream) for number in range(first, first + count)]


def open_database(file: Path | str = ":memory:") -> sqlite3.Connection:
    conn = sqlite3.connect(file, isolation_level=None)
    conn.execute("PRAGMA secure_delete = ON")
    conn.executescript(outbox.SCHEMA + cursors.SCHEMA)
    return conn


def pending_ids(conn: sqlite3.Connection, stream: str = "sales") -> list[str]:
    return [record.id for record in outbox.pending(conn, stream).records]


def fresh() -> closing[sqlite3.Connection]:
    return closing(open_database())
