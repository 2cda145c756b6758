"""What the store has given away: which offers are used up, by their own number or by their campaign's budget.

The catalogue refresh reads it from redemptions; the decider hands what is spent to each decision.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edge.domain.catalogue import Catalogue
from edge.domain.ids import OfferId


@dataclass(slots=True, kw_only=True)
class BudgetSpend:
    """Redemptions in this store. ``given``: by offer; ``cents``: discounts by campaign."""

    given: Counter[OfferId] = field(default_factory=Counter[OfferId])
    cents: Counter[str] = field(default_factory=Counter[str])
    # Every decision asks and few redemptions change it; the digest tells for which catalogue it holds.
    _over: tuple[str, tuple[OfferId, ...]] | None = None

    def spend(self, offer: OfferId, campaign: str, cents: int) -> None:
        """One more was given away."""
        self.given[offer] += 1
        self.cents[campaign] += cents
        self._over = None

    def give_back(self, offer: OfferId, campaign: str, cents: int) -> None:
        """One that was given away was undone."""
        self.given[offer] -= 1
        self.cents[campaign] -= cents
        # Without those at nought: the database tells of none either.
        self.given, self.cents = +self.given, +self.cents
        self._over = None

    def copied(self) -> BudgetSpend:
        """The same, to be spent from on trial."""
        return BudgetSpend(given=self.given.copy(), cents=self.cents.copy())

    def over(self, catalogue: Catalogue) -> tuple[OfferId, ...]:
        """Offers of which nothing is left to give, by id; worked out once after each change."""
        if self._over is None or self._over[0] != catalogue.digest:
            found = [
                o.id for o in catalogue.offers if self.lacks(catalogue, o.id, o.discount_cents)
            ]
            self._over = (catalogue.digest, tuple(found))
        return self._over[1]

    def lacks(self, catalogue: Catalogue, name: OfferId, cents: int) -> bool:
        """Whether one more redemption, of ``cents``, is more than there is left to give."""
        offer = catalogue.offers_by_id[name]
        if offer.per_store is not None and self.given[name] >= offer.per_store:
            return True
        campaign = catalogue.campaigns.get(offer.campaign)
        budget = None if campaign is None else campaign.budget_cents
        # The next redemption must fit: a budget is never overdrawn.
        return budget is not None and self.cents[offer.campaign] + cents > budget
