"""The triggers of the store as the console may see them: every version, and what became of its messages.

The trigger route calls it; a trigger itself is published by ``storeside triggers``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from edge.api.views.records import TriggerView
from edge.storage.catalogue import triggers
from edge.storage.catalogue.triggers import TriggerRow
from edge.storage.database import Database
from edge.storage.people import messages

_Read = tuple[
    Sequence[tuple[TriggerRow, datetime, bool]], Mapping[tuple[str, int], Mapping[str, int]]
]


class StoredTriggers:
    """Every version of every trigger, with what became of its messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[TriggerView]:
        """Every version of every trigger, by id; three months of messages are counted, so not in the loop."""
        rows, counts = await self._database.read_aside(_read)
        return [
            TriggerView(
                id=row.id,
                version=row.version,
                signal=row.signal.value,
                when=row.when,
                reason=row.reason,
                refresh=row.refresh,
                headline=None if row.message is None else row.message.headline,
                campaign=row.campaign,
                published_at=at,
                in_force=in_force,
                messages=counts.get((row.id, row.version), {}),
            )
            for row, at, in_force in rows
        ]


def _read(conn: sqlite3.Connection) -> _Read:
    return triggers.history(conn), messages.counts(conn)
