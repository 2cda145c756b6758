"""What a what-if says: a figure with its interval, or that it cannot be told and why.

`trial` fills it from its rows; ``storeside decisions what-if`` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from edge.campaigns.whatif.estimate import LEAST_ANSWERS, LEAST_PEOPLE, WhatIfEstimate
from edge.campaigns.whatif.outcomes import OutcomeMeasure
from models.causal.estimate import Estimate

LEAST_SUPPORTED = 0.9
"""So much of what the change touches must have been possible before; else the rest does not speak for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfAnswer:
    """One measure. A row is a showing or, for what is spent, all that a person was shown.

    ``rows`` in all; ``touched``: the change would draw otherwise there; ``unsupported`` of those: it could show
    what the log never could. ``found`` is about the rest of the touched.
    """

    measure: OutcomeMeasure
    rows: int
    touched: int
    unsupported: int
    found: WhatIfEstimate

    @property
    def told(self) -> bool:
        """Whether there is a figure to be believed."""
        return not self.touched or (self._is_supported and self.found.told)

    @property
    def lift(self) -> Estimate:
        """What the change adds to a row of those that it touches, in the measure's unit."""
        return self.found.lift if self.touched else Estimate(value=0.0, low=0.0, high=0.0)

    @property
    def overall(self) -> Estimate:
        """What it adds to a row of all rows that can be spoken of."""
        # Rows that the log cannot speak of count on neither side.
        part = self.found.rows / max(self.rows - self.unsupported, 1)
        lift = self.lift
        return Estimate(value=lift.value * part, low=lift.low * part, high=lift.high * part)

    @property
    def says(self) -> str:
        """The answer in one sentence."""
        if not self.touched:
            return "nothing would have been shown otherwise"
        if not self._is_supported:
            share = 100 * self.unsupported / self.touched
            return (
                f"cannot be told from this log: {share:.0f} % of it was never shown; run a test"
            )
        found = self.found
        if found.then.effective < LEAST_PEOPLE:
            return (
                f"cannot be told from this log: it is worth {found.then.effective:.0f} people,"
                f" {LEAST_PEOPLE} are needed; run a test"
            )
        if not self.told:
            return (
                f"cannot be told from this log: {found.answers} people answered,"
                f" {LEAST_ANSWERS} are needed; take more days or run a test"
            )
        if self.lift.holds(0):
            return "no difference can be told from chance"
        return "it would be more" if self.lift.value > 0 else "it would be less"

    @property
    def _is_supported(self) -> bool:
        return self.unsupported <= (1 - LEAST_SUPPORTED) * self.touched

    def as_json(self) -> dict[str, JsonValue]:
        """For programs; figures that cannot be told are null."""
        then = self.found.then
        return {
            "measure": self.measure.value,
            "rows": self.rows,
            "touched": self.touched,
            "unsupported": self.unsupported,
            "people": self.found.people,
            "effective": round(then.effective, 1),
            "told": self.told,
            "says": self.says,
            "was": round(self.found.was, 6) if self.told else None,
            "ips": self._told(then.ips),
            "snips": self._told(then.snips),
            "dr": self._told(then.dr),
            "lift": self._told(self.lift),
            "overall": self._told(self.overall),
        }

    def _told(self, one: Estimate) -> JsonValue:
        if not (self.told and one.told):
            return None
        return {
            "value": round(one.value, 6), "low": round(one.low, 6), "high": round(one.high, 6)
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport:
    """What came out. ``since`` and ``until`` are business times; ``left_out``: reason -> showings."""

    since: datetime | None
    until: datetime | None
    showings: int
    people: int
    answers: tuple[WhatIfAnswer, ...]
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])

    def as_json(self) -> dict[str, JsonValue]:
        """For programs."""
        return {
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
            "showings": self.showings,
            "people": self.people,
            "left_out": dict(self.left_out),
            "answers": [answer.as_json() for answer in self.answers],
        }
