"""The triggers of the store as the console may see them."""

from __future__ import annotations

from collections.abc import Sequence

from edge.api.triggers import TriggerView
from edge.storage import messages, triggers
from edge.storage.database import Database


class StoredTriggers:
    """Reads them from the database; fits ``edge.api.triggers.TriggerBook``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[TriggerView]:
        """Every version of every trigger, by id."""
        rows = self._database.read(triggers.history)
        counts = self._database.read(messages.counts)
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
