"""Who gets what in a test: by a salted hash of the token alone, so every store, restart and auditor agrees.

`assignment` draws by it for whoever asks: the context of a decision, enrolment and triggers.
"""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

POINTS = 10_000
"""Shares are counted in ten-thousandths of all people."""

_RANGE = 2**64


class Arm(StrEnum):
    """What a person gets in a holdout; nobody's visits are outside the experiment."""

    TREATED = "treated"
    HELD_OUT = "held-out"
    OUTSIDE = "outside"


class Design(StrEnum):
    """What is drawn: a person for good, or a store and a stretch of time for screens that people share."""

    PERSON = "person"
    SWITCHBACK = "switchback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One arm of an A/B/n test. ``weight``: its part of the treated, relative to the others'.

    ``offers`` and ``creatives``: what it may show of the campaign's; empty = all. ``strategies``: placement ->
    the named strategy that orders it for people in this arm.
    """

    name: str
    weight: int = 1
    offers: tuple[str, ...] = ()
    creatives: tuple[str, ...] = ()
    strategies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A campaign's part of a layer: campaigns of one layer share nobody where their parts do not overlap.

    Units: ``first`` (included) and ``last`` (not included) in ten-thousandths of the layer's people.
    """

    name: str
    first: int = 0
    last: int = POINTS


class ArmDraw(NamedTuple):
    """The outcome of a draw: what is given, and in which variant where there are some."""

    arm: Arm
    variant: Variant | None

    @property
    def name(self) -> str:
        """What a decision calls it: the variant's name, where one is given."""
        treated = self.arm is Arm.TREATED and self.variant is not None
        return self.variant.name if treated and self.variant else self.arm.value


NO_CAMPAIGN = ArmDraw(Arm.TREATED, None)
"""An offer without a campaign is held back from nobody but those of the global holdout."""


def draw(salt: str, unit: str) -> int:
    """The place of ``unit`` under ``salt``, 0..9,999, equally likely; the same everywhere, for good."""
    # A byte that neither part holds stands between them: no other pair makes the same text.
    code = hashlib.sha256(f"{salt}\x00{unit}".encode()).digest()
    # Whole numbers only, so that every machine agrees, and no `%`, which would favour the first places.
    return int.from_bytes(code[:8], "big") * POINTS // _RANGE


def held_out(salt: str, unit: str, pct: int) -> bool:
    """Whether ``unit`` is among the ``pct`` per cent (0..100) that are held out under ``salt``."""
    code = hashlib.sha256(f"{salt}\x00{unit}".encode()).digest()
    # Who is held out at ten per cent is so at twenty: a share that is raised lets nobody back in.
    return int.from_bytes(code[:8], "big") * 100 < pct * _RANGE


def within(layer: Layer | None, unit: str) -> bool:
    """Whether ``unit`` belongs to this part of the layer; without a layer everybody does."""
    # By the name of the layer and no salt: its campaigns must cut up one and the same line.
    return layer is None or layer.first <= draw(f"layer/{layer.name}", unit) < layer.last


def variant_of(salt: str, unit: str, variants: Sequence[Variant]) -> Variant | None:
    """The arm of ``unit``; None where there are no variants."""
    edges = list(accumulate(variant.weight for variant in variants))
    if not edges or not edges[-1]:
        return None
    # Not the holdout's salt: the first arm would then lose exactly the people who are held out.
    return variants[bisect(edges, draw(f"{salt}/variant", unit) * edges[-1] // POINTS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchbackSchedule:
    """A switchback: treatment goes on and off by stretches of time, drawn for each store.

    Units: ``period_minutes`` a stretch; of each, the first ``washout_minutes`` are measured by nobody, so
    that what the stretch before has left behind does not count.
    """

    period_minutes: int = 240
    washout_minutes: int = 30

    def stretch(self, at: datetime) -> int:
        """The number of the stretch that ``at`` lies in, counted from 1970."""
        return int(at.timestamp()) // (self.period_minutes * 60)

    def is_on(self, salt: str, store: str, at: datetime) -> bool:
        """Whether the treatment is on. Stretches come in pairs, one on and one off, in drawn order."""
        pair, half = divmod(self.stretch(at), 2)
        # Drawn by the pair: treatment is on for half of the time, whatever the draws.
        first_on = draw(f"{salt}/rota", f"{store}/{pair}") < POINTS // 2
        return first_on is (half == 0)

    def is_washout(self, at: datetime) -> bool:
        """Whether ``at`` is too close to the stretch before to be measured."""
        begun = timedelta(seconds=int(at.timestamp()) % (self.period_minutes * 60))
        return begun < timedelta(minutes=self.washout_minutes)
