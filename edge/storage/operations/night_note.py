"""What came of the last night's learning, in a note that doctor and console read.

`edge.cli.model_learning` writes it with its audit line.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from edge.storage.operations import box_facts

_NAME = "night"


class NightNote(BaseModel):
    """One night. Fields as in `edge.app.night_learning:NightOutcome`; ``left_out``: how many days."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    verdict: str
    label: str
    beaten_by: tuple[str, ...] = ()
    left_out: int = 0
    baskets: int = 0
    seconds: float = 0.0
    peak_mb: int = 0


def keep_note(conn: sqlite3.Connection, note: NightNote) -> None:
    """Over the one of the night before."""
    box_facts.put(conn, _NAME, note.model_dump_json())


def last_night(conn: sqlite3.Connection) -> NightNote | None:
    """The latest; None before the first."""
    told = box_facts.find(conn, _NAME)
    return None if told is None else NightNote.model_validate_json(told)
