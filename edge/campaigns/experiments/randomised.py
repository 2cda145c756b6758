"""Tests in which people were drawn: arms compared with who was held out, metric by metric and segment by segment.

`results` calls it for each such test; `promote_winner` asks it whether an arm has won.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from edge.domain.experiment import Arm
from edge.storage.measurement.experiment_outcomes import MONTH, VISIT, ExperimentOutcome

# An open store loads the statistics when somebody asks for a result, not when it starts.
if TYPE_CHECKING:
    from models.causal.lift import Lift
    from models.causal.ratio import SampleRatio

# A segment with fewer people is not worth a line, nor may a line be about a few.
_LEAST_IN_SEGMENT = 20
_TREATED, _HELD_OUT = Arm.TREATED.value, Arm.HELD_OUT.value


class Metric(StrEnum):
    """What is compared; a closed list. The first is told first: it settles within two hours."""

    VISIT_SPEND = "visit-spend-cents"
    VISIT_ITEMS = "visit-items"
    MONTH_SPEND = "month-spend-cents"
    MONTH_TRIPS = "month-trips"
    REDEEMED = "month-redeemed"


_READ: Mapping[Metric, tuple[Callable[[ExperimentOutcome], int], timedelta]] = {
    Metric.VISIT_SPEND: (lambda o: o.visit_cents, VISIT),
    Metric.VISIT_ITEMS: (lambda o: o.visit_items, VISIT),
    Metric.MONTH_SPEND: (lambda o: o.month_cents, MONTH),
    Metric.MONTH_TRIPS: (lambda o: o.month_trips, MONTH),
    Metric.REDEEMED: (lambda o: o.redeemed, MONTH),
}
"""How a metric is read of a person, and how long after the first showing it no longer changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmComparison:
    """``arm`` beside ``against``, by one metric, among ``segment`` (None = everybody).

    ``settling``: people whose outcome can still change, not counted yet.
    """

    metric: Metric
    arm: str
    against: str
    lift: Lift
    settling: int
    segment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleResult:
    """A test of people as of now."""

    people: Mapping[str, int]
    ratio: SampleRatio
    compared: tuple[ArmComparison, ...]
    segments: tuple[ArmComparison, ...]

    @property
    def headline(self) -> ArmComparison | None:
        """All treated against the held-out, or the second arm against the first, by the first metric."""
        return next(iter(self.compared), None)


def compare_people(
    rows: Sequence[ExperimentOutcome],
    shares: Mapping[str, float],
    now: datetime,
    *,
    metrics: Sequence[Metric] = tuple(Metric),
) -> PeopleResult:
    """All comparisons of one draw; segments by the first of ``metrics``.

    A person counts from the instant at which nothing can change their outcome any more, whatever they did:
    counting buyers as soon as they buy would favour whichever arm buys sooner.

    Args:
        rows: Its people, in the order in which they came in.
        shares: Arm -> chance, by design.
        now: Business time.
        metrics: What is compared.
    """
    from models.causal.ratio import ratio_of  # noqa: PLC0415 - when a result is asked for

    # Rows of arms that this draw does not have can be held against nothing.
    known = [row for row in rows if row.arm in shares]
    places = {arm: place for place, arm in enumerate(shares)}
    arms = np.array([places[row.arm] for row in known], np.int64)
    draw = _Draw(shares=shares, now=now)
    return PeopleResult(
        people={arm: int((arms == place).sum()) for arm, place in places.items()},
        ratio=ratio_of(arms, np.array(list(shares.values()))),
        compared=tuple(
            draw.compare(known, metric, arm, against)
            for metric in metrics
            for arm, against in _pairs(shares)
        ),
        segments=_by_segment(known, draw, metrics[0]),
    )


def _pairs(shares: Mapping[str, float]) -> Sequence[tuple[str, str]]:
    """All treated against the held-out, then each variant against them, then each variant against the first."""
    variants = [arm for arm in shares if arm not in {_TREATED, _HELD_OUT}]
    against_held = [(_TREATED, _HELD_OUT), *((v, _HELD_OUT) for v in variants)]
    against_first = [(v, variants[0]) for v in variants[1:]]
    return [*(against_held if _has_both(shares) else ()), *against_first]


def _has_both(shares: Mapping[str, float]) -> bool:
    """Whether some are held out and some are not: of who is all alone nothing can be told."""
    return _HELD_OUT in shares and len(shares) > 1


def _by_segment(
    rows: Sequence[ExperimentOutcome], draw: _Draw, metric: Metric
) -> tuple[ArmComparison, ...]:
    """Where it has worked; the intervals hold together, so each is wider than one alone would be."""
    from models.causal.estimate import CONFIDENCE  # noqa: PLC0415 - when a result is asked for

    if not _has_both(draw.shares):
        return ()
    inside = dict[str, list[ExperimentOutcome]]()
    for row in rows:
        for segment in row.segments:
            inside.setdefault(segment, []).append(row)
    told = {s: found for s, found in sorted(inside.items()) if len(found) >= _LEAST_IN_SEGMENT}
    # The chance of an error is shared out among the segments (Bonferroni).
    shared = replace(draw, confidence=1 - (1 - CONFIDENCE) / max(len(told), 1))
    return tuple(
        replace(shared.compare(found, metric, _TREATED, _HELD_OUT), segment=segment)
        for segment, found in told.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draw:
    """The arms' chances, and the instant from which one looks back. ``confidence``: None for the usual one."""

    shares: Mapping[str, float]
    now: datetime
    confidence: float | None = None

    def compare(
        self, rows: Sequence[ExperimentOutcome], metric: Metric, arm: str, against: str
    ) -> ArmComparison:
        """``arm`` beside ``against``; ``treated`` is every arm that is not held out."""
        from models.causal.estimate import CONFIDENCE  # noqa: PLC0415 - when a result is asked for
        from models.causal.lift import TreatmentSample, lift_of  # noqa: PLC0415 - the same

        read, settles = _READ[metric]
        arms = set(self.shares) - {_HELD_OUT} if arm == _TREATED else {arm}
        concerned = [row for row in rows if row.arm in arms or row.arm == against]
        settled = [row for row in concerned if self.now - row.first_at >= settles]
        chance = sum(self.shares[a] for a in arms)
        sample = TreatmentSample(
            outcome=np.array([read(row) for row in settled], np.float64),
            treated=np.array([row.arm in arms for row in settled], np.bool_),
            # Among these two alone: the other arms are not in the comparison.
            share=chance / (chance + self.shares[against]),
            past=np.array([row.past_trips for row in settled], np.float64),
        )
        return ArmComparison(
            metric=metric,
            arm=arm,
            against=against,
            lift=lift_of(sample, confidence=self.confidence or CONFIDENCE),
            settling=len(concerned) - len(settled),
        )
