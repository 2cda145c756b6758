"""Runs the commands of the figures, one after the other, and says meanwhile where it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.figures.rows import Document, Step

Say = Callable[[str], None]
_TELLING_LINES = 3


class StepFailed(Exception):
    """A command gave no document; its last words."""


def command_of(step: Step, *, short: bool) -> str:
    """What is run."""
    return step.short if short and step.short else step.command


def measured(
    steps: Iterable[Step], root: Path, folder: Path, say: Say, *, short: bool
) -> Iterator[tuple[str, Document]]:
    """Each step that gave a document, as it ends; the others run all the same."""
    for step in steps:
        command = command_of(step, short=short)
        say(f"{step.name}: {command}")
        try:
            document = run(step, command, root, folder, say)
        except StepFailed as failure:
            say(f"{step.name} FAILED, its figures stay as they were: {failure}")
        else:
            say(f"{step.name}: done in {document['took_s']:.0f} s")
            yield step.name, document


def run(step: Step, command: str, root: Path, folder: Path, say: Say) -> Document:
    """One command's document, with ``took_s`` (its own word for it, if it has one) and ``until_s`` beside its own keys.

    An exit code that is not 0 says that a promise was broken: with a whole document that is a figure like any other.
    Raises ``StepFailed``.
    """
    bin_ = Path(sys.executable).parent
    env = {
        **os.environ,
        "FOLDER": str(folder),
        "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
    }
    began, until_s, last = time.monotonic(), None, list[str]()
    with (folder / f"{step.name}.out").open("w+", encoding="utf-8") as out:
        with subprocess.Popen(  # noqa: S603 - the table's own commands
            ["/bin/bash", "-c", command],
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            for line in process.stderr or ():
                last = [*last[1 - _TELLING_LINES :], line.rstrip()]
                if step.until and step.until in line and until_s is None:
                    until_s = round(time.monotonic() - began, 1)
        took_s = round(time.monotonic() - began, 1)
        out.seek(0)
        document = document_in(out.read())
    if document is None or (step.until and until_s is None):
        raise StepFailed(f"exit code {process.returncode}; {' | '.join(last)}")
    if process.returncode:
        say(
            f"{step.name}: exit code {process.returncode}, some promise was not kept: {' | '.join(last)}"
        )
    more = {} if until_s is None else {"until_s": until_s}
    return {**document, **more, "took_s": took_s}


def document_in(text: str) -> Document | None:
    """The JSON object that begins a line and goes on to the end; what a set-up said before it is left out."""
    begin = 0 if text.startswith("{") else text.find("\n{") + 1
    try:
        found = json.loads(text[begin:])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
