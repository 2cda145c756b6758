"""A change that a command makes to one store: on disk and told to the running service in one transaction.

Every command that writes calls ``open_store``, and leaves a row in ``command_notifications`` by which the
running service reads again what changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from edge.app.provisioning import code_rules_of
from edge.app.settings import Settings
from edge.cli.store_location import need_data, settings_at
from edge.domain.errors import NotProvisioned
from edge.domain.ids import Token
from edge.pipeline.central_changes import CentralChanges
from edge.storage.connection import open_connection, transaction
from edge.storage.timestamps import from_us

TOKEN_PATTERN = r"c-[a-z0-9-]{4,64}"  # noqa: S105 - the shape of a pseudonym, no secret
TokenArgument = Annotated[
    str, typer.Argument(metavar="TOKEN", help="The person's pseudonym, c-….")
]

# Of both, for a store may have seen visits and decided nothing, or the other way round.
_LATEST = (
    "SELECT max(at_us) FROM (SELECT max(at_us) AS at_us FROM decisions"
    " UNION ALL SELECT max(seen_us) FROM visits)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedStore:
    """One store's file, open. ``now`` is real time, ``at`` business time, which a demo's recorded day differs in."""

    settings: Settings
    conn: sqlite3.Connection
    now: datetime
    at: datetime

    @contextmanager
    def change(self) -> Generator[CentralChanges]:
        """All changes of the block, synced when it ends, or none; made by the same code as the centre's."""
        with transaction(self.conn):
            yield CentralChanges(
                zone=ZoneInfo(self.settings.store.time_zone),
                now=lambda: self.now,
                rules=code_rules_of(self.settings),
            )


@contextmanager
def open_store(config: Path | None, folder: Path | None) -> Generator[OpenedStore]:
    """The store that a command acts on.

    Raises:
        StoresideError: it is not named, or was never set up.
    """
    settings = settings_at(config, folder)
    need_data(settings)
    with closing(open_connection(settings.database)) as conn:
        now = datetime.now(UTC)
        yield OpenedStore(
            settings=settings, conn=conn, now=now, at=_business(settings, conn, now)
        )


def known(conn: sqlite3.Connection, text: str) -> Token:
    """The token, if somebody is known by it: a mistyped one must not pass for a person.

    Raises:
        NotProvisioned: nobody is.
    """
    # A withdrawal may be all that is left of somebody, and they must still be able to change it.
    asked = (
        "SELECT 1 FROM customers WHERE token = ?1 UNION SELECT 1 FROM consents WHERE token = ?1"
    )
    if conn.execute(asked, (text,)).fetchone() is None:
        raise NotProvisioned(
            "nobody is known by that token in this store",
            hint="storeside customers import FILE.jsonl",
        )
    return Token(text)


def _business(settings: Settings, conn: sqlite3.Connection, now: datetime) -> datetime:
    """In a demo the latest recorded instant that its store has seen, elsewhere ``now``."""
    # A demo's day is years ago; by today's date nothing there would be live.
    if settings.clock.source == "system":
        return now
    latest = conn.execute(_LATEST).fetchone()[0]
    return settings.clock.start if latest is None else from_us(latest)
