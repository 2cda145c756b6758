"""The command line as a document, made from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from edge.cli.program import ENTRIES, program

DOCUMENT = Path(__file__).parents[3] / "docs" / "commands.md"
_HEAD = """\
# Commands

`storeside NAME --help` says the same. Every command ends with code 0 only if it did all it was asked; what went wrong
is one sentence and its mend on standard error. With `--json`, standard output has exactly one JSON document. Commands
that act on one store take `--config FILE` (its settings) or `--dir DIR` (its data folder, also a running demo's or a
copy); with neither, the store installed on this machine is meant. They work while the service runs, and take effect
within a third of a second. This page is made from the commands by `make docs`.
"""
# Said once above instead of at every command.
_EVERYWHERE = frozenset({"--help", "--json", "--config FILE", "--dir DIR"})


def as_markdown() -> str:
    """``docs/commands.md``."""
    parts = [_HEAD]
    for entry in ENTRIES:
        parts.append(f"## `storeside {entry.name}`\n\n{entry.says}\n")
        parts += [_told(words, command) for words, command in _leaves(entry.name)]
    return "\n".join(parts)


def _leaves(name: str) -> Iterator[tuple[str, Any]]:
    """Each command of the entry with all its words; the library's own types are not public."""
    found: Any = typer.main.get_command(program([name]))
    command = found.commands[name]
    for below, one in getattr(command, "commands", {}).items():
        yield f"{name} {below}", one
    if not hasattr(command, "commands"):
        yield name, command


def _told(words: str, command: Any) -> str:
    lines = [] if " " not in words else [f"### `storeside {words}`", ""]
    lines += [inspect.cleandoc(command.help), ""]
    rows = [row for param in command.params if (row := _row(param))]
    lines += [*rows, ""] if rows else []
    lines += ["```", command.epilog.removeprefix("Example: "), "```", ""]
    return "\n".join(lines)


def _row(param: Any) -> str | None:
    name = " ".join(part for part in (param.opts[0], param.metavar) if part)
    if param.param_type_name == "argument":
        name = param.metavar
    if name in _EVERYWHERE or (name == "--config FILE" and not param.required):
        return None
    required = ", required" if param.required and param.param_type_name == "option" else ""
    return f"- `{name}`{required}: {param.help}"


if __name__ == "__main__":
    DOCUMENT.write_text(as_markdown(), encoding="utf-8")
