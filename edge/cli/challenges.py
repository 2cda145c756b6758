"""``storeside challenges``: bonus challenges from a file, checked as a whole and kept as a whole.

``program`` loads it for this command alone. It writes through ``local_change``, and
``campaigns.kpis.challenges`` counts what people do for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.cli.local_change import open_store
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.domain.errors import NotProvisioned, SettingsInvalid
from edge.storage.catalogue import challenges, offers
from edge.storage.catalogue.challenges import ChallengeRow

# Larger than any list of challenges, small enough that a wrong file costs nothing.
_LIMIT_BYTES = 1024 * 1024
_SHAPE = "see docs/kpis.md for a file that works"

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="A list of challenges, YAML or JSON.")
]


class ChallengeFile(BaseModel):
    """A file of challenges; a key that it cannot have is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    challenges: tuple[ChallengeRow, ...] = Field(min_length=1, max_length=1_000)


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside challenges publish challenges.yaml")(publish)
    group.command("list", epilog="Example: storeside challenges list --json")(list_)
    program.add_typer(group, name=name)


def publish(
    file: File, config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Take up the challenges of a file; a running store draws cards from them at the next arrival."""
    found = read_challenges(file)
    with open_store(config, folder) as store, store.change():
        # Of this very transaction: an offer must not go between the check and the write.
        known = {offer.id for offer in offers.every(store.conn)}
        for row in found.challenges:
            challenge = row.challenge()
            # A reward that nobody can redeem would be promised on screens.
            if challenge.reward.offer is not None and challenge.reward.offer not in known:
                raise SettingsInvalid(
                    f"challenge {challenge.id}: no offer is called {challenge.reward.offer}",
                    hint="storeside offers publish FILE, then this again",
                )
            challenges.put(store.conn, challenge)
    if as_json:
        print_document({"published": len(found.challenges)})
    else:
        say(f"{len(found.challenges)} challenges published")


def list_(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Every challenge that this store knows, and whether it is on."""
    with open_store(config, folder) as store:
        rows = [
            {
                "id": c.id,
                "headline": c.headline,
                "starts_at": c.starts_at.isoformat(),
                "ends_at": c.ends_at.isoformat(),
                "live": c.is_live(store.at),
            }
            for c in challenges.every(store.conn)
        ]
    if as_json:
        print_document({"challenges": rows})
        return
    for row in rows:
        say(f"{row['id']}: {row['headline']} ({'on' if row['live'] else 'off'})")


def read_challenges(file: Path) -> ChallengeFile:
    """The challenges in ``file``.

    Raises:
        NotProvisioned: there is no such file.
        SettingsInvalid: it is too large, no YAML, or says something that a challenge cannot be.
    """
    try:
        size = file.stat().st_size
        if size > _LIMIT_BYTES:
            raise SettingsInvalid(
                f"{file}: {size} bytes; a file of challenges has at most {_LIMIT_BYTES}",
                hint="split it",
            )
        # The safe loader: a file must not be able to make objects.
        return ChallengeFile.model_validate(yaml.safe_load(file.read_bytes()))
    except OSError as error:
        raise NotProvisioned(f"there is no file {file}", hint="check the path") from error
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{file} is no YAML", hint=_SHAPE) from error
    except ValidationError as error:
        # Without the input, which could be anything.
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise SettingsInvalid(f"{file}: {where}: {first['msg']}", hint=_SHAPE) from error
