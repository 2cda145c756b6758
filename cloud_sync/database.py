"""The one door through which this package reads and writes the store's database.

The owner of the store's file fits it by shape; uplink and downlink are given it and open no connection of their own.
"""

import sqlite3
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class SyncDatabase(Protocol):
    """What the owner of the database lends: whole transactions and quick reads.

    ``write`` runs ``work`` on the writer's thread inside one transaction and returns
    after that transaction is synced to disk; if ``work`` raises, nothing of it stays.
    ``read`` runs at once on the caller's thread and must only be given quick queries.
    """

    async def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in one synced transaction."""
        ...

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run the quick, read-only ``work`` now."""
        ...
