"""What a command says: words for people, or exactly one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]


def say(text: str) -> None:
    """One line on standard output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """One line on standard error: progress, and what went wrong beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_document(document: Mapping[str, object]) -> None:
    """One JSON document on one line of standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()
