"""Which arm of every campaign one person, or one stretch of the store's time, is in.

The context step, enrolment and triggers ask it; the draws themselves stand in `experiment`.
"""

from __future__ import annotations

from datetime import datetime

from edge.domain.catalogue import Catalogue
from edge.domain.experiment import NO_CAMPAIGN, Arm, ArmDraw, Design, held_out
from edge.domain.ids import Token


class Assignment:
    """Draws when asked, and once a person: who comes by often is not drawn anew each time."""

    def __init__(
        self, catalogue: Catalogue, token: Token | None, place: int, at: datetime
    ) -> None:
        self._catalogue = catalogue
        self._token = token
        self._place = str(place)
        self._at = at
        # Kept with the catalogue: another one may draw otherwise.
        self._known = catalogue.drawn_for(token)

    @property
    def everywhere(self) -> Arm:
        """What the person gets in the global holdout."""
        if self._token is None:
            return Arm.OUTSIDE
        tuning = self._catalogue.tuning
        out = held_out(tuning.holdout_salt, self._token, tuning.holdout_pct)
        return Arm.HELD_OUT if out else Arm.TREATED

    def of(self, campaign: str) -> ArmDraw:
        """What is given of ``campaign``."""
        found = self._known.get(campaign)
        if found is None:
            found = self._draw(campaign)
        return found

    def strategy_at(self, placement: str) -> str | None:
        """The named strategy that a test puts in charge of ``placement`` for this person, if any does."""
        # In the order of their ids: of two tests of one placement the first one rules.
        for campaign in self._catalogue.strategy_tests:
            if not campaign.is_live(self._at):
                continue
            arm, variant = self.of(campaign.id)
            if arm is Arm.TREATED and variant is not None:
                named = dict(variant.strategies).get(placement)
                if named is not None:
                    return named
        return None

    def _draw(self, name: str) -> ArmDraw:
        campaign = self._catalogue.campaigns.get(name)
        if campaign is None:
            found = NO_CAMPAIGN
        else:
            arm = campaign.arm(self._token, self._place, self._at)
            found = ArmDraw(arm, campaign.variant(self._token))
        # A switchback goes by the time, so it is drawn anew each time.
        if campaign is None or campaign.design is Design.PERSON:
            self._known[name] = found
        return found
