"""``storeside customers import``: people from a file, a local stand-in for what the centre sends down.

``program`` loads it for this command alone. Each line is read, its raw identifiers coded, and then written by
``pipeline.central_changes`` as if the centre had sent it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cloud_sync.downlink import StreamChange
from cloud_sync.errors import ChangeRefused
from edge.app.provisioning import identifiers_of, read_keys
from edge.cli.local_change import OpenedStore, open_store
from edge.cli.output import AsJson, note, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.domain.consent import ConsentState, Purpose
from edge.domain.errors import SignalRefused
from edge.domain.ids import Token
from edge.pipeline.central_changes import CentralChanges, CustomerBody
from edge.pipeline.identifiers import Identifiers
from edge.storage import erased_people
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification

# A transaction each: short enough that a running service's own writes wait a moment only.
_TOGETHER = 100

_UNUSABLE = {
    "malformed": "nobody can be told by it; of a telephone number, set store.country or give its country code",
    "card-number": "it holds the number of a payment card",
}

LONGEST_BYTES = 1_048_576
"""Longer than a thousand trips; a line beyond it is not read."""

Identifier = Annotated[str, Field(min_length=1, max_length=256)]
Market = Annotated[str, Field(min_length=1, max_length=128)]


@dataclass(slots=True)
class ImportCount:
    """What became of the lines. ``refused``: number of the line and reason; ``erased``: kept out for good."""

    imported: int = 0
    erased: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    group.command(
        "import",
        epilog="Example: storeside customers import people.jsonl --dir .storeside-demo",
    )(take)
    program.add_typer(group, name=name)


def take(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="One JSON object a line.")],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Bring people in: pseudonym, consents, habits. Good lines are taken, bad ones are named; exit 1 if any was bad.

    Loyalty numbers, e-mail addresses and phone numbers are coded with the store's key and never stored.
    """
    with open_store(config, folder) as store, file.open("rb") as lines:
        count = bring_in(store, lines)
    for number, reason in count.refused:
        # By number only: what stood in the line may be somebody's data.
        note(f"line {number}: {reason}")
    if as_json:
        refused = [{"line": number, "reason": reason} for number, reason in count.refused]
        print_document({"imported": count.imported, "erased": count.erased, "refused": refused})
    else:
        say(f"{count.imported} people imported, {len(count.refused)} lines refused")
    if count.erased:
        note(f"{count.erased} were erased here before and stay so")
    if count.refused:
        raise typer.Exit(1)


def bring_in(store: OpenedStore, lines: Iterable[bytes]) -> ImportCount:
    """Take every line that can be taken."""
    people, count = CustomerFile(_identifiers(store)), ImportCount()
    # Numbered before empty lines go, so that a number leads to the line in the file.
    left = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while together := list(islice(left, _TOGETHER)):
        with store.change() as incoming:
            for number, line in together:
                try:
                    taken = people.take(store.conn, incoming, line)
                except LineRefused as error:
                    count.refused.append((number, str(error)))
                    continue
                count.imported += taken
                count.erased += not taken
    return count


class LineRefused(ValueError):
    """A line is not taken; its text names a field and a limit, never what was in it."""


class ImportedIdentifiers(BaseModel):
    """What a person goes by elsewhere; only keyed codes of these are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    loyalty: Identifier | None = None
    email: Identifier | None = None
    phone: Identifier | None = None


class ConsentAnswer(BaseModel):
    """One answer of a person to one purpose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Purpose
    market: Market
    state: ConsentState
    given_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    notice_id: Annotated[str, Field(max_length=128)] = ""


class CustomerLine(CustomerBody):
    """One person in the file of ``storeside customers import``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    identifiers: ImportedIdentifiers = ImportedIdentifiers()
    consents: tuple[ConsentAnswer, ...] = Field(default=(), max_length=256)


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """Takes people in; ``identifiers`` are read as at the doors, so that whoever is imported is recognised there."""

    identifiers: Identifiers

    def take(self, conn: sqlite3.Connection, incoming: CentralChanges, line: bytes) -> bool:
        """Write one line's person in the caller's transaction, and tell the service; False for who was erased.

        Raises:
            LineRefused: it is not taken; nothing of it is written.
        """
        person = read(line)
        token = Token(person.token)
        # Before anything is written: no file brings back who asked to be forgotten.
        if erased_people.holds(conn, token):
            return False
        body = self._coded(person)
        # Within the portion's transaction, so that a refused line leaves nothing and the others stay.
        conn.execute("SAVEPOINT line")
        try:
            incoming.customer(conn, _change("customers", token, body))
            for answer in person.consents:
                incoming.consent(conn, _change("consents", token, _entry(token, answer)))
        # Without its cause, whose text could hold what was in the line.
        except (ChangeRefused, ValidationError) as error:
            conn.execute("ROLLBACK TO line")
            raise LineRefused(_reason(error)) from None
        # In either case, or the next line's savepoint would lie within this one.
        finally:
            conn.execute("RELEASE line")
        command_notifications.notify(conn, CommandNotification.PERSON, token)
        return True

    def _coded(self, person: CustomerLine) -> dict[str, object]:
        """The person as the centre would send them: codes in place of identifiers."""
        given = person.identifiers.model_dump(exclude_none=True)
        links = [{"kind": kind, "code": self._code(kind, v)} for kind, v in given.items()]
        body = person.model_dump(mode="json", exclude={"identifiers", "consents"})
        return {**body, "links": [*body["links"], *links]}

    def _code(self, kind: str, value: str) -> str:
        try:
            return self.identifiers.code(kind, value)
        # Such as ``n/a``, which would make one person of many.
        except SignalRefused as refused:
            raise LineRefused(f"identifiers.{kind}: {_UNUSABLE[refused.reason]}") from None


def read(line: bytes) -> CustomerLine:
    """The person of one line. Raises ``LineRefused``."""
    if len(line) > LONGEST_BYTES:
        raise LineRefused(f"longer than {LONGEST_BYTES} bytes")
    try:
        return CustomerLine.model_validate_json(line)
    except ValidationError as error:
        raise LineRefused(_reason(error)) from None


def _identifiers(store: OpenedStore) -> Identifiers:
    return identifiers_of(store.settings, read_keys(store.settings.secrets))


def _entry(token: Token, answer: ConsentAnswer) -> dict[str, object]:
    """The ledger line of an answer; the same answer in a second import is the same line."""
    told = answer.model_dump(mode="json")
    name = f"{token}\x00{answer.purpose}\x00{answer.state}\x00{answer.given_at.timestamp()}"
    code = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    return {**told, "id": f"import-{code}", "token": token, "channel": "import"}


def _change(stream: str, token: Token, body: dict[str, object]) -> StreamChange:
    return StreamChange(stream=stream, key=token, op="upsert", version=0, body=body)


def _reason(error: ChangeRefused | ValidationError) -> str:
    """What is wrong, without what was there."""
    if isinstance(error, ChangeRefused):
        return str(error)
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def _group() -> None:
    """People, as the centre would send them."""
