"""Whom a campaign moves, as a view, with one sentence that says what it means.

The experiments' service and ``storeside experiments`` call it with what was worked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from edge.api.services.experiment_text import interval_of
from edge.api.views.experiments import UpliftColumnView, UpliftGroupView, UpliftView
from edge.campaigns.experiments.campaign_uplift import CampaignUplift, UpliftGate

if TYPE_CHECKING:
    from models.causal.uplift import Uplift

_CLOSED: Mapping[UpliftGate, str] = {
    UpliftGate.NO_HOLDOUT: "Nobody was drawn to go without it, so nothing can be told of whom it moves.",
    UpliftGate.UNEVEN: "People did not fall into the arms as meant; no figure is to be believed.",
    UpliftGate.NOT_ENOUGH: "Not enough yet: {people:,} of at least {least:,} people are counted.",
    UpliftGate.FEW_BUYERS: "Too few have bought, or have not, in one of the arms to learn from.",
}


def uplift_view(found: CampaignUplift) -> UpliftView:
    """What two propensity models say of a campaign, or why they say nothing."""
    learnt, average = found.found, found.average
    if found.closed is not None or learnt is None or average is None:
        gate = found.closed or UpliftGate.NOT_ENOUGH
        said = _CLOSED[gate].format(people=found.people, least=found.least)
        return UpliftView(closed=gate.value, people=found.people, least=found.least, words=said)
    return UpliftView(
        people=found.people,
        least=found.least,
        average=interval_of(average.difference),
        ranking=interval_of(learnt.ranking),
        tells_apart=learnt.tells_apart,
        groups=tuple(
            UpliftGroupView(
                people=one.people, foretold=round(one.foretold, 4), seen=interval_of(one.seen)
            )
            for one in learnt.groups
        ),
        columns=tuple(
            UpliftColumnView(name=name, shown=float(shown), held=float(held))
            for name, shown, held in zip(
                (*found.columns, "always"), learnt.models.shown, learnt.models.held, strict=True
            )
        ),
        words=_words(found, learnt),
    )


def _words(found: CampaignUplift, learnt: Uplift) -> str:
    if not learnt.tells_apart:
        return f"Of {found.people:,} people nobody can be told apart by how it moves them."
    first, last = learnt.groups[0].seen, learnt.groups[-1].seen
    return (
        f"It moves some more than others: of the third it moves most {_points(first.value)} more buy"
        f" for being shown it, of the third it moves least {_points(last.value)}."
    )


def _points(chance: float) -> str:
    return f"{chance * 100:+.1f} in a hundred"
