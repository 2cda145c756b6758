"""What a command says: words for people, or exactly one JSON document.

Every command prints through it, so that ``--json`` means the same everywhere.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Annotated, Self

import typer

# Between two words of progress in a log.
_QUIET_S = 5.0

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]


def say(text: str) -> None:
    """One line on standard output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """One line on standard error: progress, and what went wrong beside the answer."""
    sys.stderr.write(f"{text}\n")
    # Progress is read while it happens, also through a pipe.
    sys.stderr.flush()


def print_document(document: Mapping[str, object]) -> None:
    """One JSON document on one line of standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


class Progress:
    """How far a long piece of work is, as one line on standard error; on a terminal it is written over."""

    def __init__(self, what: str) -> None:
        self._what = what
        # Below nothing, so that 0 % is told once.
        self._shown = -1
        self._live = sys.stderr.isatty()
        # Quick work says nothing at all in a log.
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live and self._shown >= 0:
            note("")

    def at(self, part: float, stage: str | None = None) -> None:
        """Say that ``part``, 0..1, is done; off a terminal every few seconds only."""
        self._what = stage or self._what
        percent, now = int(part * 100), time.monotonic()
        # Writing each step would cost more than many of them.
        if percent == self._shown or now - self._told_at < (0 if self._live else _QUIET_S):
            return
        self._shown, self._told_at = percent, now
        start, end = ("\r\x1b[K", "") if self._live else ("", "\n")
        sys.stderr.write(f"{start}{'█' * (percent // 5):20} {percent:3} % {self._what}{end}")
        sys.stderr.flush()
