"""Uplift of one campaign: closed until people were drawn to go without it, then by whom it moves.

Console and ``storeside experiments uplift`` ask it with what ``results`` gathers; ``models.causal.uplift`` learns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from edge.campaigns.experiments.errors import NotTold
from edge.campaigns.experiments.results import ExperimentEvidence
from edge.domain.experiment import Arm, Design
from edge.domain.ids import Token
from edge.storage.measurement.experiment_outcomes import VISIT, ExperimentOutcome

# An open store loads the statistics when somebody asks for a result, not when it starts.
if TYPE_CHECKING:
    import numpy.typing as npt

    from models.causal.lift import Lift
    from models.causal.uplift import Uplift

_HELD_OUT = Arm.HELD_OUT.value
TRIPS = "trips"
"""The column of trips known before, as its logarithm; every other one is a segment."""

# A segment with fewer people in either arm says nothing, and must not be about a few.
_LEAST_IN_SEGMENT = 20


class UpliftGate(StrEnum):
    """Why nothing is told of whom a campaign moves; a closed list."""

    NO_HOLDOUT = "no-holdout"
    UNEVEN = "uneven"
    NOT_ENOUGH = "not-enough"
    FEW_BUYERS = "few-buyers"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignUplift:
    """What can be told of whom a campaign moves: to buy one of its products in the visit.

    ``closed``: why nothing can; ``people``: who are counted, ``least``: how many it takes. ``columns``: what the
    models read, in their order. ``average``: what being shown adds to the chance, however often one looks.
    """

    campaign: str
    closed: UpliftGate | None
    people: int = 0
    least: int = 0
    columns: tuple[str, ...] = ()
    average: Lift | None = None
    found: Uplift | None = None


def campaign_uplift(evidence: ExperimentEvidence, now: datetime) -> CampaignUplift:
    """Learn from the people of the draw in force whose visit is over. ``now`` is business time.

    Raises:
        models.errors.StatisticsMissing: the library of intervals is not installed.
    """
    shares, campaign = evidence.shares, evidence.campaign
    by_person = campaign is None or campaign.design is Design.PERSON
    if not by_person or len(shares) < 2 or _HELD_OUT not in shares:  # noqa: PLR2004 - both arms
        return CampaignUplift(campaign=evidence.id, closed=UpliftGate.NO_HOLDOUT)
    known = [row for row in evidence.people if row.arm in shares]
    if _is_uneven(known, shares[_HELD_OUT]):
        return CampaignUplift(campaign=evidence.id, closed=UpliftGate.UNEVEN, people=len(known))
    # Who is still in the shop counts once nothing can change what became of the visit.
    return _learnt(
        evidence.id, [row for row in known if now - row.first_at >= VISIT], shares[_HELD_OUT]
    )


def _is_uneven(rows: Sequence[ExperimentOutcome], held: float) -> bool:
    from models.causal.ratio import ratio_of  # noqa: PLC0415 - when a result is asked for

    arms = np.array([row.arm != _HELD_OUT for row in rows], np.int64)
    return ratio_of(arms, np.array([held, 1 - held])).alarm


def _learnt(campaign: str, rows: Sequence[ExperimentOutcome], held: float) -> CampaignUplift:
    from models.causal.lift import TreatmentSample, lift_of  # noqa: PLC0415 - when asked for
    from models.causal.uplift import LEAST_BUYERS, UpliftSample, uplift_of  # noqa: PLC0415 - same

    treated = np.array([row.arm != _HELD_OUT for row in rows], np.bool_)
    bought = np.array([row.visit_items > 0 for row in rows], np.bool_)
    columns = columns_of(rows)
    average = lift_of(
        TreatmentSample(
            outcome=bought.astype(np.float64),
            treated=treated,
            share=1 - held,
            past=np.array([row.past_trips for row in rows], np.float64),
        )
    )
    closed = None if average.told else UpliftGate.NOT_ENOUGH
    sample = UpliftSample(
        features=features_of(rows, columns), bought=bought, treated=treated, share=1 - held
    )
    if closed is None and sample.least < LEAST_BUYERS:
        closed = UpliftGate.FEW_BUYERS
    return CampaignUplift(
        campaign=campaign,
        closed=closed,
        people=len(rows),
        least=average.least,
        columns=columns,
        average=None if closed else average,
        found=None if closed else uplift_of(sample),
    )


def columns_of(rows: Sequence[ExperimentOutcome]) -> tuple[str, ...]:
    """What is read of people: their trips, and each segment that has enough of them in both arms."""
    seen = dict[str, list[int]]()
    for row in rows:
        for segment in row.segments:
            seen.setdefault(segment, [0, 0])[row.arm == _HELD_OUT] += 1
    return (TRIPS, *sorted(s for s, arms in seen.items() if min(arms) >= _LEAST_IN_SEGMENT))


def features_of(
    rows: Sequence[ExperimentOutcome], columns: Sequence[str]
) -> npt.NDArray[np.float64]:
    """What the models read of people. Shape (n, d)."""
    found = [
        [np.log1p(row.past_trips), *(float(name in row.segments) for name in columns[1:])]
        for row in rows
    ]
    return np.array(found, np.float64).reshape(len(rows), len(columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUplift:
    """One person of a test: their chance to buy if shown and if held out, 0..1."""

    token: Token
    if_shown: float
    if_held_out: float


def scores_of(
    uplift: CampaignUplift, people: Sequence[tuple[Token, ExperimentOutcome]]
) -> tuple[PersonUplift, ...]:
    """Everybody's two chances, in the order given.

    Raises:
        NotTold: nothing can be told of the campaign, or nobody can be told apart.
    """
    found = uplift.found
    if found is None or not found.tells_apart:
        raise NotTold(
            f"of {uplift.campaign} nothing can be told of single people",
            hint=f"storeside experiments uplift {uplift.campaign} says why",
        )
    shown, held = found.models.chances(features_of([row for _, row in people], uplift.columns))
    return tuple(
        PersonUplift(token=token, if_shown=if_shown, if_held_out=if_held_out)
        for (token, _), if_shown, if_held_out in zip(
            people, shown.tolist(), held.tolist(), strict=True
        )
    )
