"""Days and instants on the command line, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]

Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        metavar="T",
        formats=_FORMATS,
        help="Leave out what was decided before this day or instant, UTC.",
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        metavar="T",
        formats=_FORMATS,
        help="Leave out what was decided from this day or instant on, UTC.",
    ),
]


def utc(given: datetime | None) -> datetime | None:
    """What was given, as an instant."""
    return None if given is None else given.replace(tzinfo=UTC)
