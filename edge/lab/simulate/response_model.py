"""What offers do to people: who has seen what, how that moves their chance to buy, and the exact truth of it.

``visit`` notes what people see and asks what they take; ``findings`` is judged by its ``truth``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.simulator.chance import happens
from edge.domain.ids import Token
from edge.lab.simulate.planted_truth import PlantedResponse, PlantedTruth
from edge.lab.simulate.population import Shopper
from edge.lab.simulate.portfolio import SimulatedPortfolio

# From this showing on some people say "not for me".
ANNOYING = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseChance:
    """One product that a person passed, when their basket was paid: how likely they were to take it, in truth.

    ``campaign``: the product's, empty = of none. ``plain``: without any offer; ``moved``: as things were.
    Source: the town; no measurement may read it.
    """

    token: Token
    campaign: str
    paid_at: datetime
    plain: float
    moved: float


@dataclass(slots=True)
class _Memory:
    """What one person remembers of one campaign."""

    showings: int = 0
    stay: Hashable = None
    last: datetime | None = None
    creative: str | None = None


class ResponseModel:
    """Everybody's memory of the offers they saw. ``truth``: what measurements are judged by."""

    def __init__(self, plant: PlantedTruth, portfolio: SimulatedPortfolio) -> None:
        """Nobody has seen anything yet."""
        self._plant = plant
        self._campaigns = {campaign.id: campaign for campaign in portfolio.current}
        self._speaks_of = {str(offer.id): offer.campaign for offer in portfolio.offers}
        self._campaign_of = {
            str(item): offer.campaign
            for offer in portfolio.offers
            if offer.campaign in self._campaigns
            for item in offer.items
        }
        self._creative_of = {
            modules.headline: creative.id
            for offer in portfolio.offers
            for creative in offer.creatives
            for modules in creative.modules.values()
        }
        self._memories: dict[tuple[Token, str], _Memory] = {}
        self.truth: list[PurchaseChance] = []

    @property
    def shown_factor(self) -> float:
        """By how much it moves a chance to buy that a product was shown at all."""
        return 1 + self._plant.shown_pct / 100

    def sees(
        self,
        who: Shopper,
        offers: Iterable[tuple[str, str]],
        at: datetime,
        stay: Hashable = None,
    ) -> None:
        """One screen with ``offers`` (id, headline) is before them: one showing a campaign in a ``stay``.

        People know a creative by its words; what they see again on another screen of the same stay wears no thinner.
        """
        # By campaign: two of its offers on one screen are one showing.
        for campaign, headline in {self._speaks_of[o]: h for o, h in offers}.items():
            memory = self._memories.setdefault((who.token, campaign), _Memory())
            memory.showings += stay is None or stay != memory.stay
            memory.stay = stay
            memory.last, memory.creative = at, self._creative_of.get(headline)

    def spoken_of(self, offers: Iterable[str]) -> frozenset[str]:
        """The campaigns of these offers."""
        return frozenset(self._speaks_of[offer] for offer in offers)

    def is_annoyed(self, who: Shopper, sku: str, *about: object) -> bool:
        """Whether one showing too many of this product's campaign is answered with a no."""
        campaign = self._campaign_of.get(sku, "")
        memory = self._memories.get((who.token, campaign))
        pct = self._plant.of(campaign).annoyed_pct
        return (
            memory is not None
            and memory.showings >= ANNOYING
            and happens(pct / 100, who.token, campaign, *about)
        )

    def factor(self, who: Shopper, sku: str, at: datetime, passed: frozenset[str]) -> float:
        """By how much what they saw moves their chance to buy ``sku``.

        ``passed``: campaigns on shared screens that they walked past on this visit.
        """
        campaign = self._campaign_of.get(sku)
        if campaign is None:
            return 1.0
        response = self._plant.of(campaign)
        shared = 1 + response.spillover_pct / 100 if campaign in passed else 1.0
        return shared * self._lift(who, campaign, response, at)

    def note(
        self, who: Shopper, paid_at: datetime, sku: str, plain: float, moved: float
    ) -> None:
        """Write down the truth about one product that they passed, once the basket is paid."""
        campaign = self._campaign_of.get(sku, "")
        self.truth.append(
            PurchaseChance(
                token=who.token, campaign=campaign, paid_at=paid_at, plain=plain, moved=moved
            )
        )

    def _lift(
        self, who: Shopper, campaign: str, response: PlantedResponse, at: datetime
    ) -> float:
        memory = self._memories.get((who.token, campaign))
        if memory is None or memory.last is None:
            return 1.0
        if at - memory.last > timedelta(days=response.lasts_days):
            return 1.0
        variant = self._campaigns[campaign].variant(who.token)
        return response.lift(
            segments=who.segments,
            creative=memory.creative,
            variant="" if variant is None else variant.name,
            showings=memory.showings,
        )
