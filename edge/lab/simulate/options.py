"""What a simulation can be told.

``edge.cli.simulate`` fills it in; ``run``, ``days`` and ``faults`` read it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from edge.domain.errors import SettingsInvalid
from edge.lab.simulate.planted_truth import PlantedTruth
from edge.lab.simulate.portfolio import DEFAULT

OPENS = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""When every simulation begins: a Monday at eight."""

_OUTAGE = re.compile(r"(hub|devices):(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)")
_JUMP = re.compile(r"(\d+(?:\.\d+)?):(-?\d+)(?::(\d+))?")
_JUMP_MINUTES = 30


class CutLine(StrEnum):
    """What can be cut: the line to the centre, or that to all devices."""

    HUB = "hub"
    DEVICES = "devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A line that is down. Units: seconds since the start."""

    line: CutLine
    from_s: float
    until_s: float

    def is_on(self, at_s: float) -> bool:
        """Whether it is down at this second."""
        return self.from_s <= at_s < self.until_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockJump:
    """The store's own clock is wrong ``by`` so much from second ``at_s`` on, for ``lasts_s``."""

    at_s: float
    by: timedelta
    lasts_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateOptions:
    """The command line of ``storeside simulate``.

    Units: ``hours`` of simulated time; ``visits_a_day`` on average. ``source``: whose habits, None = the
    invented town; ``strategies`` are tried against each other at the kiosks. ``folder``: where the store's data
    goes, None = a place that is gone afterwards; ``log``: the file for the event log.
    """

    hours: float = 24.0
    seed: int = 1
    visits_a_day: int = 300
    plant: PlantedTruth = DEFAULT
    source: str | None = None
    strategies: tuple[str, ...] = ()
    outages: tuple[Outage, ...] = ()
    jumps: tuple[ClockJump, ...] = ()
    folder: Path | None = None
    log: Path | None = None


def outage_of(text: str) -> Outage:
    """``hub:26-32``: the line to the centre is down from hour 26 to hour 32.

    Raises:
        SettingsInvalid: it is written otherwise, or ends before it begins.
    """
    found = _OUTAGE.fullmatch(text)
    if found is None or float(found[2]) >= float(found[3]):
        raise SettingsInvalid(
            f"{text!r} is no outage", hint="write hub:26-32 or devices:30-31, in hours"
        )
    line, first, last = found.groups()
    return Outage(line=CutLine(line), from_s=float(first) * 3600, until_s=float(last) * 3600)


def strategies_of(text: str, source: str | None) -> tuple[str, ...]:
    """``best-selling,low-price``: two or more named strategies.

    Raises:
        SettingsInvalid: there are fewer, or no real products that the shipped model could know.
    """
    # Each once: a strategy beside itself would be two arms of one name.
    names = tuple(dict.fromkeys(text.split(",")))
    if len(names) < 2 or not all(names):  # noqa: PLR2004 - one alone is compared with nothing
        raise SettingsInvalid(
            f"{text!r} is not two strategies", hint="write best-selling,low-price"
        )
    if source is None:
        raise SettingsInvalid(
            "a model knows no products of the made-up town",
            hint="give --data completejourney too",
        )
    return names


def jump_of(text: str) -> ClockJump:
    """``30:-3``: at hour 30 the clock is set three years back, for half an hour; ``30:-3:90``: for 90 minutes.

    Raises:
        SettingsInvalid: it is written otherwise.
    """
    found = _JUMP.fullmatch(text)
    if found is None or abs(int(found[2])) > 50:  # noqa: PLR2004 - calendars of Unix end
        raise SettingsInvalid(
            f"{text!r} is no jump of the clock", hint="write 30:-3, hour and years"
        )
    minutes = int(found[3] or _JUMP_MINUTES)
    return ClockJump(
        at_s=float(found[1]) * 3600,
        # Without leap days: a wrong clock need not be exactly wrong.
        by=timedelta(days=365 * int(found[2])),
        lasts_s=minutes * 60.0,
    )
