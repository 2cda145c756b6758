"""All tests of a store as they stand now, read from one state of its file.

Console, command line and the board of key figures ask it; people and stretches each have their own reckoning.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.campaigns.experiments.design import (
    EVERYTHING,
    design_of,
    global_design,
    global_shares,
    shares_of,
)
from edge.campaigns.experiments.randomised import Metric, PeopleResult, compare_people
from edge.campaigns.experiments.switchback import StretchResult, compare_stretches
from edge.domain import kpi
from edge.domain.campaign import Campaign
from edge.domain.experiment import Design
from edge.storage import other_channel_sales
from edge.storage.catalogue import campaigns
from edge.storage.measurement import experiment_outcomes, switchback_sums
from edge.storage.measurement.experiment_outcomes import ExperimentOutcome
from edge.storage.measurement.switchback_sums import Stretch
from models.errors import StatisticsMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalHoldout:
    """The global holdout's draw, as the store is set."""

    salt: str
    pct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentEvidence:
    """What was counted for one test.

    ``campaign`` is None for everything together; ``lineage``: it and its parents, first iteration first.
    ``elsewhere``: how many sales by e-mail or app named one of its showings, and their cents: what came before
    them, not what caused them.
    """

    id: str
    name: str
    shares: Mapping[str, float]
    campaign: Campaign | None = None
    lineage: tuple[str, ...] = ()
    people: tuple[ExperimentOutcome, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    elsewhere: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test as of now: of people, or of stretches of time."""

    evidence: ExperimentEvidence
    people: PeopleResult | None = None
    switched: StretchResult | None = None


def gather(conn: sqlite3.Connection, holdout: GlobalHoldout) -> tuple[ExperimentEvidence, ...]:
    """What was counted: everything together first, then campaign by campaign; quick, no figures yet."""
    known = {campaign.id: campaign for campaign in campaigns.every(conn)}
    return (
        _everything(conn, holdout),
        *(_evidence(conn, campaign, known) for campaign in known.values()),
    )


def judge(
    evidence: ExperimentEvidence, now: datetime, *, metrics: Sequence[Metric] = tuple(Metric)
) -> Result:
    """The figures; takes milliseconds, so not in the loop. ``now`` is business time.

    Raises:
        models.errors.StatisticsMissing: the library of intervals is not installed.
    """
    campaign = evidence.campaign
    if campaign is not None and campaign.design is Design.SWITCHBACK:
        return Result(
            evidence=evidence, switched=compare_stretches(evidence.stretches, campaign, now)
        )
    return Result(
        evidence=evidence,
        people=compare_people(evidence.people, evidence.shares, now, metrics=metrics),
    )


def lineage_of(campaign: Campaign, known: Mapping[str, Campaign]) -> tuple[str, ...]:
    """The campaign's parents and itself, first iteration first; a circle ends where it closes."""
    line = [campaign.id]
    parent = campaign.parent
    while parent is not None and parent not in line:
        line.append(parent)
        above = known.get(parent)
        parent = None if above is None else above.parent
    return tuple(reversed(line))


def _everything(conn: sqlite3.Connection, holdout: GlobalHoldout) -> ExperimentEvidence:
    return ExperimentEvidence(
        id=EVERYTHING,
        name="All personal offers together",
        shares=global_shares(holdout.pct),
        people=experiment_outcomes.of(
            conn, EVERYTHING, global_design(holdout.salt, holdout.pct)
        ),
    )


def _evidence(
    conn: sqlite3.Connection, campaign: Campaign, known: Mapping[str, Campaign]
) -> ExperimentEvidence:
    # The draw in force: people of an earlier one are never mixed in.
    design = design_of(campaign)
    return ExperimentEvidence(
        id=campaign.id,
        name=campaign.name,
        shares=shares_of(campaign),
        campaign=campaign,
        lineage=lineage_of(campaign, known),
        people=experiment_outcomes.of(conn, campaign.id, design),
        stretches=switchback_sums.of(conn, campaign.id, design),
        elsewhere=other_channel_sales.joined(conn, campaign.id),
    )


def iterations(found: Iterable[ExperimentEvidence], id_: str) -> tuple[ExperimentEvidence, ...]:
    """What was counted of a campaign's iterations, first to last; its own is the last."""
    known = {one.id: one for one in found}
    line = known[id_].lineage or (id_,)
    return tuple(known[one] for one in line if one in known)


def incremental(
    conn: sqlite3.Connection, holdout: GlobalHoldout, now: datetime
) -> kpi.MeasuredLift | None:
    """What all personal offers together add to a visit, for the board of key figures.

    None before it can be told, and where the statistics are not installed.
    """
    try:
        # The board tells this one figure: no other is worked out.
        result = judge(_everything(conn, holdout), now, metrics=(Metric.VISIT_SPEND,))
    except StatisticsMissing:
        return None
    first = None if result.people is None else result.people.headline
    if first is None or not first.lift.told:
        return None
    return kpi.MeasuredLift(cents=first.lift.difference.value, people=first.lift.treated)
