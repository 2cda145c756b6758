"""A file of triggers with their own tests, and the triggers in force with their conditions compiled.

``storeside triggers`` reads files with it; the engine keeps those in force and `matching` asks them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.campaigns.triggers.signals.registry import SIGNALS
from edge.campaigns.triggers.signals.signal import TriggerSignal
from edge.decision.conditions import Expression
from edge.domain.audience import Condition
from edge.domain.errors import SettingsInvalid
from edge.domain.trigger import (
    SOMEBODY_ASKED,
    TRIGGER_FACTS,
    SuppressionReason,
    Trigger,
    TriggerEvent,
)
from edge.storage.catalogue.triggers import TriggerRow

SHIPPED = Path(__file__).parent / "library.yaml"
"""The triggers that come with the product; in force once somebody publishes them."""

# Two hundred triggers with their tests are far smaller.
_LIMIT_BYTES = 512 * 1024
FIRES = "fires"

Given = bool | int | str | tuple[str, ...]


class TriggerCase(BaseModel):
    """One test of a trigger: who it is and what happened to them, and what must come of it.

    ``given`` are facts; what is not said is of nobody. ``at`` is an instant on the store's wall clock.
    ``fired_days_ago``: it fired for them before. ``expect``: "fires", or the reason why it must not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    given: Mapping[str, Given] = Field(default_factory=dict[str, Given])
    at: datetime | None = None
    consent: bool = True
    fired_days_ago: int | None = Field(default=None, ge=0, le=90)
    messages_today: int = Field(default=0, ge=0, le=100)
    expect: str = FIRES

    @model_validator(mode="after")
    def _can_be_tried(self) -> Self:
        unknown = sorted(self.given.keys() - TRIGGER_FACTS.keys())
        if unknown:
            raise ValueError(
                f"there is no fact {unknown[0]!r}; there are {', '.join(TRIGGER_FACTS)}"
            )
        for name, value in self.given.items():
            # The very type: to Python True is also the number 1.
            if type(value) is not type(TRIGGER_FACTS[name][0]):
                raise ValueError(f"{name} is no {type(TRIGGER_FACTS[name][0]).__name__}")
        if self.expect != FIRES and self.expect not in list(SuppressionReason):
            raise ValueError(
                f"a test expects {FIRES!r} or one of {', '.join(SuppressionReason)}"
            )
        if self.at is not None and self.at.tzinfo is not None:
            raise ValueError("a test's instant is on the store's wall clock, without a zone")
        return self


class TriggerEntry(TriggerRow):
    """One trigger of a file, with its tests; the tests are not published."""

    tests: tuple[TriggerCase, ...] = Field(default=(), max_length=50)

    def row(self) -> TriggerRow:
        """What is published of it."""
        return TriggerRow.model_validate(self.model_dump(exclude={"tests"}))


class TriggerFile(BaseModel):
    """All triggers of a file, each id once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    triggers: tuple[TriggerEntry, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        twice = [id_ for id_, n in Counter(one.id for one in self.triggers).items() if n > 1]
        if twice:
            raise ValueError(f"trigger {twice[0]} is in the file twice")
        return self


def read_library(file: Path) -> TriggerFile:
    """The triggers of ``file``, YAML or JSON.

    Raises:
        SettingsInvalid: it is too large, no list of triggers, or says something that no trigger can say.
    """
    with file.open("rb") as opened:
        # One byte too many tells that it is too large, and nothing more is read.
        data = opened.read(_LIMIT_BYTES + 1)
    if len(data) > _LIMIT_BYTES:
        raise SettingsInvalid(
            f"{file.name}: a file of triggers has at most {_LIMIT_BYTES} bytes",
            hint="storeside triggers shipped shows what one looks like",
        )
    try:
        return TriggerFile.model_validate(yaml.safe_load(data))
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{file.name}: {str(error).splitlines()[0]}") from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise SettingsInvalid(f"{file.name}: {where}: {first['msg']}") from None


@dataclass(frozen=True)
class TriggerLibrary:
    """The triggers in force, ready to be asked."""

    triggers: tuple[Trigger, ...] = ()

    @classmethod
    def of(cls, triggers: Iterable[Trigger]) -> TriggerLibrary:
        """Those that are not paused, by id."""
        # By id: of two triggers on one signal the same one wins on every machine.
        return cls(tuple(sorted((t for t in triggers if not t.paused), key=lambda t: t.id)))

    @cached_property
    def by_id(self) -> Mapping[str, Trigger]:
        """Each under its name."""
        return {one.id: one for one in self.triggers}

    @cached_property
    def by_signal(self) -> Mapping[TriggerEvent, tuple[Trigger, ...]]:
        """Those that listen to each signal; a signal to which none listens is not there."""
        found = dict[TriggerEvent, tuple[Trigger, ...]]()
        for one in self.triggers:
            found[one.signal] = (*found.get(one.signal, ()), one)
        return found

    @cached_property
    def signals(self) -> tuple[TriggerSignal, ...]:
        """The signals to which anybody listens, the most telling first."""
        return tuple(one for event, one in SIGNALS.items() if event in self.by_signal)

    @cached_property
    def conditions(self) -> Mapping[str, Condition]:
        """Conditions by their text."""
        # Each text once: triggers share conditions, and a compiled one keeps its answers.
        texts = {one.when for one in self.triggers if one.when}
        return {text: Expression(text, TRIGGER_FACTS, SOMEBODY_ASKED) for text in sorted(texts)}
