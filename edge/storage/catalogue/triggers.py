"""The triggers in force in this store, and every version that was: what a marketer writes, checked word by word.

Published by a command or the centre's stream; the trigger engine (`edge.campaigns.triggers`) looks at `mark` and reads
them again when another one is in force.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from edge.decision.conditions import LONGEST, Expression
from edge.domain.campaign import Window
from edge.domain.consent import Purpose
from edge.domain.errors import ExpressionInvalid, SettingsInvalid
from edge.domain.ids import OfferId
from edge.domain.placement import SCREENS
from edge.domain.trigger import (
    QUIET,
    SOMEBODY_ASKED,
    TRIGGER_FACTS,
    MessageWording,
    Timing,
    Trigger,
    TriggerEvent,
)
from edge.storage.table import MigrationStep, Table, Unlimited
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE triggers (
    id           TEXT NOT NULL,
    version      INTEGER NOT NULL,
    body         TEXT NOT NULL,
    published_us INTEGER NOT NULL,
    in_force     INTEGER NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;
"""

# What a trigger's words may stand for.
_SLOT = re.compile(r"\{([^{}]*)\}")
_SLOTS = frozenset({"product", "price"})
_HOUR_S = 3_600
# What people agree to by these has nothing to do with messages.
_NEVER = frozenset({Purpose.TRAIN, Purpose.SHARE, Purpose.MEASURE})

Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class _Row(BaseModel):
    # Unlike a product's, an unknown key is refused: a rule that is read by half would fire where it must not.
    model_config = ConfigDict(frozen=True, extra="forbid")


class WindowRow(_Row):
    """Hours of a day: ``first_hour`` included, ``last_hour`` not; ``days`` 1 (Monday) to 7."""

    first_hour: int = Field(default=0, ge=0, le=23)
    last_hour: int = Field(default=24, ge=0, le=24)
    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)


class WordingRow(_Row):
    """What a message says."""

    headline: Words
    text: Annotated[str, Field(max_length=1_000)] = ""
    offer: Annotated[str, Field(min_length=1, max_length=128)] | None = None


class TriggerRow(_Row):
    """One trigger as it is written down; also the body of the central stream ``triggers``."""

    id: Id
    version: int = Field(default=1, ge=1, le=1_000_000)
    signal: TriggerEvent
    reason: Words
    when: Annotated[str, Field(max_length=LONGEST)] = ""
    refresh: str | None = None
    message: WordingRow | None = None
    purpose: Purpose = Purpose.PERSONALISE_PRIVATE
    campaign: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    windows: tuple[WindowRow, ...] = Field(default=(), max_length=14)
    quiet: WindowRow | None = None
    timing: Timing = Timing.NOW
    expires_after_hours: int = Field(default=24, ge=1, le=24 * 30)
    cooldown_days: int = Field(default=7, ge=0, le=90)
    paused: bool = False

    @field_validator("when")
    @classmethod
    def _can_be_asked(cls, when: str) -> str:
        try:
            if when:
                Expression(when, TRIGGER_FACTS, SOMEBODY_ASKED)
        except ExpressionInvalid as error:
            raise ValueError(str(error)) from None
        return when

    @field_validator("refresh")
    @classmethod
    def _is_a_private_place(cls, refresh: str | None) -> str | None:
        # Private places only: a screen that many see is never refreshed because of one person.
        places = [p.name for p in SCREENS.values() if not p.public]
        if refresh is not None and refresh not in places:
            raise ValueError(f"there is no such private place; there are {', '.join(places)}")
        return refresh

    @field_validator("purpose")
    @classmethod
    def _is_about_showing(cls, purpose: Purpose) -> Purpose:
        if purpose in _NEVER:
            raise ValueError(f"nobody agrees to messages by agreeing to {purpose.value}")
        return purpose

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.refresh is None and self.message is None:
            raise ValueError("it does nothing: give it a message, a place to refresh, or both")
        said = [
            self.reason,
            *((self.message.headline, self.message.text) if self.message else ()),
        ]
        for slot in (found for text in said for found in _SLOT.findall(text)):
            if slot not in _SLOTS:
                raise ValueError(
                    f"{{{slot}}} stands for nothing; there are {{product}}, {{price}}"
                )
        if self.timing is not Timing.NOW and self.message is None:
            raise ValueError("a screen is refreshed at once; only a message can be due later")
        return self

    def trigger(self) -> Trigger:
        """The noun; a message without quiet hours of its own has those of the house."""
        return Trigger(
            id=self.id,
            version=self.version,
            signal=self.signal,
            reason=self.reason,
            when=self.when,
            refresh=self.refresh,
            message=None
            if self.message is None
            else MessageWording(
                headline=self.message.headline,
                text=self.message.text,
                offer=None if self.message.offer is None else OfferId(self.message.offer),
            ),
            purpose=self.purpose,
            campaign=self.campaign,
            windows=tuple(_window(row) for row in self.windows),
            quiet=_window(self.quiet) if self.quiet else QUIET if self.message else None,
            timing=self.timing,
            expires_after_s=self.expires_after_hours * _HOUR_S,
            cooldown_days=self.cooldown_days,
            paused=self.paused,
        )


def publish(conn: sqlite3.Connection, row: TriggerRow, at: datetime) -> None:
    """Put this version in force, in place of any other.

    Raises:
        SettingsInvalid: this version was published before and said something else.
    """
    # Compared as text below: the model always writes its fields in the same order.
    body = row.model_dump_json()
    found = conn.execute(
        "SELECT body FROM triggers WHERE id = ? AND version = ?", (row.id, row.version)
    ).fetchone()
    if found is not None and found[0] != body:
        raise SettingsInvalid(
            f"trigger {row.id}: version {row.version} was published before and says something else",
            hint=f"give it version {latest(conn, row.id) + 1}",
        )
    # Before the insert: of each trigger one version is in force.
    withdraw(conn, row.id)
    # A conflict is the same version word for word, see above: it comes back into force.
    conn.execute(
        "INSERT INTO triggers (id, version, body, published_us, in_force) VALUES (?1, ?2, ?3, ?4, 1)"
        " ON CONFLICT (id, version) DO UPDATE SET in_force = 1, published_us = ?4",
        (row.id, row.version, body, to_us(at)),
    )


def withdraw(conn: sqlite3.Connection, id_: str) -> int:
    """No version of it is in force any more; returns how many were."""
    return conn.execute(
        "UPDATE triggers SET in_force = 0 WHERE id = ? AND in_force = 1", (id_,)
    ).rowcount


def body_of(conn: sqlite3.Connection, id_: str, version: int) -> TriggerRow | None:
    """What a published version says."""
    found = conn.execute(
        "SELECT body FROM triggers WHERE id = ? AND version = ?", (id_, version)
    ).fetchone()
    return None if found is None else TriggerRow.model_validate_json(found[0])


def latest(conn: sqlite3.Connection, id_: str) -> int:
    """The highest version of it that was ever published; 0 before the first."""
    found = conn.execute("SELECT max(version) FROM triggers WHERE id = ?", (id_,)).fetchone()
    return int(found[0] or 0)


def in_force(conn: sqlite3.Connection) -> tuple[Trigger, ...]:
    """The triggers in force, by id."""
    rows = conn.execute("SELECT body FROM triggers WHERE in_force = 1 ORDER BY id")
    return tuple(TriggerRow.model_validate_json(body).trigger() for (body,) in rows)


def history(conn: sqlite3.Connection) -> tuple[tuple[TriggerRow, datetime, bool], ...]:
    """Every version by id: what it says, when it was published last, and whether it is in force."""
    rows = conn.execute(
        "SELECT body, published_us, in_force FROM triggers ORDER BY id, version"
    )
    return tuple(
        (TriggerRow.model_validate_json(body), from_us(us), bool(force))
        for body, us, force in rows
    )


def mark(conn: sqlite3.Connection) -> tuple[int, ...]:
    """Changes whenever another trigger is in force; quick."""
    # Publishing or withdrawing changes one of the three at least, and no body is read for it.
    row = conn.execute(
        "SELECT count(*), coalesce(sum(in_force), 0), coalesce(max(published_us), 0) FROM triggers"
    ).fetchone()
    return tuple(map(int, row))


def _window(row: WindowRow) -> Window:
    return Window(first_hour=row.first_hour, last_hour=row.last_hour, days=row.days)


TABLE = Table(
    name="triggers",
    steps=(MigrationStep(release="0006-triggers", sql=SCHEMA),),
    retention=Unlimited(note="every version that was in force, so that a firing can be told"),
)
