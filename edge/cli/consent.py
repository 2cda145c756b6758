"""``storeside consent``: a yes or a no of one person, a local stand-in for what the centre sends down.

``program`` loads it for this command alone. The entry is written as the centre's would be, and the running
service drops what it knew of the person.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from edge.api.services import erasure_and_consent
from edge.api.services.erasure_and_consent import Word
from edge.app.provisioning import read_policy_of
from edge.cli.local_change import OpenedStore, TokenArgument, known, open_store
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.domain.consent import Purpose
from edge.domain.ids import Token
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from edge.storage.people import consents

# The ledger tells by it that no device and no centre said this.
_CHANNEL = "command"

Purposes = Annotated[
    list[Purpose], typer.Option("--purpose", help="What for; can be given several times.")
]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside consent grant c-abcd --purpose recognise")(grant)
    group.command(epilog="Example: storeside consent withdraw c-abcd --purpose recognise")(
        withdraw
    )
    program.add_typer(group, name=name)


def grant(
    token: TokenArgument,
    purpose: Purposes,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Note a person's yes; it holds as long as the market's policy lets a yes hold."""
    _say(erasure_and_consent.grant, (token, purpose), (config, folder), as_json=as_json)


def withdraw(
    token: TokenArgument,
    purpose: Purposes,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Note a person's no; a running service clears what stood on the yes within a third of a second."""
    _say(erasure_and_consent.withdraw, (token, purpose), (config, folder), as_json=as_json)


def _say(
    write: Callable[[sqlite3.Connection, Word], int],
    wish: tuple[str, list[Purpose]],
    place: tuple[Path | None, Path | None],
    *,
    as_json: bool,
) -> None:
    """Write the word, tell the service, and say what holds now."""
    with open_store(*place) as store:
        token = known(store.conn, wish[0])
        with store.change():
            lines = write(store.conn, _word(store, token, wish[1]))
            # In the same transaction, so that no consent changes without the service hearing of it.
            command_notifications.notify(store.conn, CommandNotification.PERSON, token)
        allowed = sorted(consents.of(store.conn, token).allowed(store.now))
    if as_json:
        print_document({"token": token, "lines": lines, "allowed": allowed})
    else:
        say(f"{lines} lines added; allowed now: {', '.join(allowed) or 'nothing'}")


def _word(store: OpenedStore, token: Token, purposes: list[Purpose]) -> Word:
    policy = read_policy_of(store.settings)
    return Word(
        token=token,
        purposes=tuple(purposes),
        market=policy.market,
        channel=_CHANNEL,
        now=store.now,
        at=store.at,
        # The ledger wants a notice; the smallest id, for a policy's notices have no order.
        notice_id=min(policy.notice_ids),
        # In real time, as law goes by it, also in a demo.
        expires_at=store.now + timedelta(days=policy.consent_days),
    )
