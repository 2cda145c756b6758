"""How fresh the store's copy of the centre is, stream by stream.

The downlink is asked for it: by the console, and by what says how old a decision's inputs are.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cloud_sync import cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFreshness:
    """What can be said of one stream.

    ``age_s`` is the time since the centre last answered for this stream: what is here may
    be that old. None: it never answered. ``refused`` counts keys that could not be applied.
    """

    stream: str
    version: int
    contacted_at: datetime | None
    applied_at: datetime | None
    age_s: float | None
    refused: int


def freshness(
    conn: sqlite3.Connection, streams: Iterable[str], now: datetime
) -> tuple[StreamFreshness, ...]:
    """Measure the streams in the order given."""
    return tuple(_measure(conn, stream, now) for stream in streams)


def _measure(conn: sqlite3.Connection, stream: str, now: datetime) -> StreamFreshness:
    at = cursors.get(conn, stream)
    seen = at.contacted_at
    return StreamFreshness(
        stream=stream,
        version=at.version,
        contacted_at=seen,
        applied_at=at.applied_at,
        # A clock that was set back must not make the copy younger than now.
        age_s=None if seen is None else max(0.0, (now - seen).total_seconds()),
        refused=cursors.count_refused(conn, stream),
    )
