"""``storeside privacy``: a person's data, out or gone, with a receipt.

``program`` loads it for this command alone. Export and erasure are those of ``api.services``; a running
service is told by a notification that it must forget, too.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path
from typing import Annotated

import typer

from edge.api.services import data_export, erasure_and_consent
from edge.cli.local_change import OpenedStore, TokenArgument, known, open_store
from edge.cli.lock_file import is_occupied
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.domain.errors import StorageFailed
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification

# The service looks for bells four times a second; a busy one may take longer.
_HEARD_WITHIN_S = 10.0
_LOOK_S = 0.05
# As long as a reader may hold the log at one try; between tries the time is looked at.
_READERS_MS = 1_000

OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to write it, mode 0600.")
]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside privacy export c-abcd --out person.json")(export)
    group.command(epilog="Example: storeside privacy erase c-abcd --json")(erase)
    program.add_typer(group, name=name)


def export(
    token: TokenArgument,
    out: OutFile = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Everything the store has on a person, as JSON: to standard output, or into a file."""
    with open_store(config, folder) as store:
        found = data_export.export(store.conn, known(store.conn, token), store.now)
    if out is None:
        print_document(found)
        return
    # A new file is ours alone from its first instant: it holds everything about a person.
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(found, file, ensure_ascii=False, indent=1)
    if as_json:
        print_document({"written": str(out)})
    else:
        say(f"written to {out}")


def erase(
    token: TokenArgument,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Forget a person: every row, in memory and on screens too, and no byte of them left on the disk.

    They are kept out from then on: no late event, no copy and no message of the centre brings them back.
    """
    with open_store(config, folder) as store:
        # Who was erased before may be erased again, should the first time have been cut short.
        person = Token(token)
        if not erased_people.holds(store.conn, person):
            known(store.conn, token)
        with store.change():
            receipt = erasure_and_consent.erase(store.conn, person, now=store.now, at=store.at)
            command_notifications.notify(store.conn, CommandNotification.ERASED, person)
        shred(store, person)
    if as_json:
        print_document(receipt.model_dump(mode="json"))
        return
    say(f"erased; receipt {receipt.id}")
    for table, rows in receipt.counts.items():
        if rows:
            say(f"  {rows:6} {table}")


def shred(store: OpenedStore, token: Token) -> None:
    """See to it that no byte of the person stays: the running service does it, else this command.

    Raises:
        StorageFailed: somebody keeps reading the file, or the service does not follow.
    """
    until = time.monotonic() + _HEARD_WITHIN_S
    folder = store.settings.data_dir
    # The service deletes the notification once its memory and screens are clear.
    while is_occupied(folder) and _is_rung(store.conn, token):
        if time.monotonic() > until:
            raise StorageFailed(
                "the person is erased, but the running service has not taken note of it",
                hint="systemctl restart storeside",
            )
        time.sleep(_LOOK_S)
    # In a notification that nobody heard the token is a trace, too.
    command_notifications.forget(store.conn, token)
    # Deleted rows live on in the log until it is moved into the file and cut.
    while not _emptied(store.conn):
        if time.monotonic() > until:
            raise StorageFailed(
                "the person is erased, but another process reads the file, so its log keeps their bytes",
                hint="end the other process, then run: storeside privacy erase TOKEN once more",
            )
        time.sleep(_LOOK_S)


def _is_rung(conn: sqlite3.Connection, token: Token) -> bool:
    return conn.execute("SELECT 1 FROM bells WHERE key = ?", (token,)).fetchone() is not None


def _emptied(conn: sqlite3.Connection) -> bool:
    """Move the log into the file and cut it to nothing; False while somebody reads."""
    # Short, so that the deadline is looked at between two tries.
    conn.execute(f"PRAGMA busy_timeout = {_READERS_MS}")
    busy: int = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return busy == 0
