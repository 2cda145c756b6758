"""Step 6: which arm a person is in – globally and in each campaign – by draws that every store makes alike.

`flow` calls it before anything is allowed; the offer rules and creatives read the arms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.decision.steps.context import DecisionContext
from edge.decision.steps.score import Scored
from edge.domain.experiment import NO_CAMPAIGN, Arm, ArmDraw


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """``everywhere``: the global holdout; ``campaigns``: those with an offer on a candidate, by id."""

    everywhere: Arm
    campaigns: Mapping[str, ArmDraw]

    def of(self, campaign: str) -> ArmDraw:
        """What is given of a campaign."""
        return self.campaigns.get(campaign, NO_CAMPAIGN)

    def named(self) -> Mapping[str, str]:
        """Campaign -> what a decision calls its arm; campaigns that nobody knows are left out."""
        return {
            id_: drawn.name for id_, drawn in self.campaigns.items() if drawn is not NO_CAMPAIGN
        }


def assign(context: DecisionContext, scored: Scored) -> Arms:
    """Draw, for each campaign that has something to say about a candidate."""
    by_item = context.standing.by_item
    keys: list[int] = scored.candidates.keys.tolist()
    concerned = {offer.campaign for key in by_item.keys() & keys for offer in by_item[key]}
    # Sorted, so that the arms of a stored decision have one order in every process.
    drawn = {id_: context.assignment.of(id_) for id_ in sorted(concerned)}
    return Arms(everywhere=context.assignment.everywhere, campaigns=drawn)
