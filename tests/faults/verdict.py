"""What a fault showed: the record that the report and the table are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.faults.evidence import Judgement

READY_WITHIN_S = 3.0

CONTROL = "control: "
"""How the names of negative controls begin: a service broken on purpose, which must be caught."""

Step = Callable[[], None]
"""Called after each try, for a progress bar."""


class Stuck(Exception):
    """The store does not come back; the message says what was waited for."""


class NotHere(Exception):
    """This machine lacks what the fault needs; the message says what. A trial that cannot run has not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One fault, tried ``tries`` times. ``violations`` says in words what broke the promise; empty is a pass.

    A trial that could not run says so there, with no ``tries``.
    """

    name: str
    promise: str
    tries: int
    violations: tuple[str, ...] = ()
    figures: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def passed(self) -> bool:
        """Whether the promise held."""
        return not self.violations

    def as_json(self) -> dict[str, object]:
        """The record as it is reported."""
        return {
            "name": self.name,
            "promise": self.promise,
            "tries": self.tries,
            "passed": self.passed,
            "violations": list(self.violations),
            **self.figures,
        }


def broken(found: Judgement) -> tuple[str, ...]:
    """What a judgement holds against the store."""
    counts = {
        "receipted events are not on disk": found.lost_on_disk,
        "receipted events have no record for the hub": found.lost_records,
        "records are not at the hub": found.lost_at_hub,
        "lines of consent are lost": found.lost_consents,
        "events are at the hub twice": found.duplicates,
        "file is damaged": found.damaged,
    }
    return tuple(f"{count} {what}" for what, count in counts.items() if count)


def late(ready_s: list[float]) -> tuple[str, ...]:
    """What the starts hold against the store: 99 of 100 must be in time."""
    slow = [s for s in ready_s if s > READY_WITHIN_S]
    if len(slow) <= len(ready_s) // 100:
        return ()
    count, worst = f"{len(slow)} of {len(ready_s)}", f"{max(slow):.2f} s"
    return (f"{count} starts took more than {READY_WITHIN_S:g} s (worst {worst})",)


def counted(found: Judgement) -> dict[str, object]:
    """A judgement as figures of the report."""
    return {
        "receipts": found.promised,
        "events_on_disk": found.on_disk,
        "losses": found.losses,
        "duplicates": found.duplicates,
    }


def times(ready_s: list[float]) -> dict[str, object]:
    """Starts as figures of the report, in seconds."""
    ordered = sorted(ready_s)
    return {
        "ready_s_p50": round(ordered[len(ordered) // 2], 3),
        "ready_s_worst": round(ordered[-1], 3),
    }
