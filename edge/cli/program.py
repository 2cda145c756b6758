"""All commands by name, and the call of one of them.

``edge.__main__`` calls ``call``; the module of the command asked for is loaded then, and no other.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Protocol, cast

import typer

from edge.cli import error_output


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    """One name of the command line, in the module of that name; what it says in the list of all."""

    name: str
    says: str


ENTRIES = (
    CommandEntry(
        name="demo", says="A whole store on this machine, with real shoppers replayed."
    ),
    CommandEntry(name="run", says="The service, on store hardware."),
    CommandEntry(name="init", says="Make what the service needs: secrets, database, model."),
    CommandEntry(name="doctor", says="What is missing or wrong, and the mend."),
    CommandEntry(name="hub", says="The central side."),
    CommandEntry(name="device", says="Add, list and revoke devices."),
    CommandEntry(name="customers", says="Bring people in from a file."),
    CommandEntry(name="sales", says="Bring sales in that other tills wrote down."),
    CommandEntry(name="products", says="Bring products in from a table."),
    CommandEntry(name="prices", says="Bring prices in from a table."),
    CommandEntry(name="stock", says="Bring counts of the stock in from a table."),
    CommandEntry(name="promotions", says="Bring promotions in from a table."),
    CommandEntry(name="consent", says="Grant or withdraw what a person allows."),
    CommandEntry(name="offers", says="Check, publish, list and export campaigns and offers."),
    CommandEntry(
        name="campaigns", says="Draft, approve, publish, pause and roll back campaigns."
    ),
    CommandEntry(name="assets", says="The pictures that creatives show."),
    CommandEntry(
        name="triggers", says="Test, rehearse and publish rules of signal and message."
    ),
    CommandEntry(
        name="experiments", says="What each test has shown; the winner made the rule."
    ),
    CommandEntry(name="privacy", says="A person's data, out or gone."),
    CommandEntry(name="kpis", says="Key figures, drivers, tips and challenges of four weeks."),
    CommandEntry(name="challenges", says="Bonus challenges, from a file."),
    CommandEntry(name="explain", says="Why this was shown, and why not those."),
    CommandEntry(
        name="decisions", says="Make decisions again: replay, diff, what-if, frontier."
    ),
    CommandEntry(name="models", says="Train, judge, verify and change the model."),
    CommandEntry(name="contract", says="The published contract, as documents."),
    CommandEntry(name="simulate", says="A store with a ground truth, in virtual time."),
    CommandEntry(name="bench", says="The benchmark suite."),
)


class Commands(Protocol):
    """What a module of commands has: it puts its own into the program."""

    def add_to(self, program: typer.Typer, name: str, says: str) -> None:
        """Add the command, or the group of commands, as ``name``."""
        ...


def call(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    try:
        program(arguments)(list(arguments), prog_name="storeside")
    except SystemExit as ended:
        # Typer ends with an exception, with a number, a text or nothing.
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as error:  # noqa: BLE001 - the last door: whatever happens ends in one sentence
        return error_output.tell(error)
    return 0


def program(arguments: Sequence[str]) -> typer.Typer:
    """The command line that can answer ``arguments``; of the other commands only names and sentences are known.

    Loading them all would make ``--help`` wait for array and network libraries.
    """
    made = typer.Typer(
        name="storeside",
        help="Storeside: the store-side decision engine.",
        epilog="Example: storeside demo --speed 60",
        no_args_is_help=True,
        add_completion=False,
        # Its pretty traceback prints local variables, in which somebody's data may stand.
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    made.callback()(_options)
    # The first word that is no option; options before it stand for the program itself.
    asked = next((word for word in arguments if not word.startswith("-")), None)
    for entry in ENTRIES:
        if entry.name == asked:
            module = cast("Commands", import_module(f"edge.cli.{entry.name}"))
            module.add_to(made, entry.name, entry.says)
        else:
            made.command(entry.name, help=entry.says)(_named_only)
    return made


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - the shape that the option's callback has
    if wanted:
        sys.stdout.write(f"storeside {version('storeside')}\n")
        raise typer.Exit


def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Say which version this is.",
        ),
    ] = False,
) -> None:
    """Storeside: the store-side decision engine."""


def _named_only() -> None:
    """Stands for a command that was not asked for."""
