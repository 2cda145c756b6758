"""Offers given at a till and put back again: who may have them, what they cost, and what undoes them.

Signal handlers and offer requests ask `check` before an offer is given; offer responses `record` every transition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from devices.errors import Refusal
from edge.domain.basket import BasketLine, BasketState, TillBasket
from edge.domain.errors import SignalRefused
from edge.domain.event import StoreEvent
from edge.domain.ids import ItemKey, OfferId, Sku, Token
from edge.domain.offer import Offer
from edge.domain.transitions.transition import OfferClaim, Transition
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache
from edge.state.redemption_ledger import RedemptionLedger
from edge.storage.decisions.redemptions import Redemption, UndoneRedemption
from models.items import item_key

# A basket in one of these states was no sale: nothing that was given in it stands.
_NO_SALE = frozenset({BasketState.ABANDONED, BasketState.VOIDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionChanges:
    """What has to be written: ``given`` and ``undone``.

    ``gone``: the latter as they stood; ``facts``: what the centre is told of them.
    """

    given: tuple[Redemption, ...] = ()
    undone: tuple[UndoneRedemption, ...] = ()
    gone: tuple[Redemption, ...] = ()
    facts: tuple[StoreEvent, ...] = ()


class OfferRedemptions:
    """Judges claims and makes them real in memory; the table refuses what memory should have."""

    def __init__(
        self, ledger: RedemptionLedger, people: CustomerCache, catalogue: CurrentCatalogue
    ) -> None:
        self._people = people
        self._catalogue = catalogue
        self._ledger = ledger

    def check(self, claim: OfferClaim, at: datetime) -> None:
        """Whether the store may give what is claimed at the business time ``at``.

        Raises:
            SignalRefused: ``unknown-basket`` – it takes nothing more; ``unknown-offer`` – the store has no such one;
                ``offer-ended``; ``offer-used`` – this person has had it, or this basket by this decision;
                ``offer-spent`` – the store has none left.
        """
        if claim.basket.state is not BasketState.OPEN:
            raise SignalRefused(Refusal.UNKNOWN_BASKET.value)
        catalogue = self._catalogue.in_force
        # On a copy: a claim that is refused must have spent nothing.
        spending = self._catalogue.spending.copied()
        for name in claim.offers:
            offer = self._catalogue.offers.get(name)
            if offer is None or catalogue is None:
                # It was promised once, so it is known to have been there.
                raise SignalRefused(
                    Refusal.UNKNOWN_OFFER.value
                    if claim.decision is None
                    else Refusal.OFFER_ENDED.value
                )
            if not self._holds(offer, claim, at):
                raise SignalRefused(Refusal.OFFER_ENDED.value)
            given = self._ledger.given_to(claim.token, name, at)
            is_used = offer.per_person is not None and given >= offer.per_person
            if is_used or self._stands(claim, name):
                raise SignalRefused(Refusal.OFFER_USED.value)
            cents = self._cost(offer, claim)
            if spending.lacks(catalogue, name, cents):
                raise SignalRefused(Refusal.OFFER_SPENT.value)
            # All of one claim are given together: what one takes of a budget, the next cannot.
            spending.spend(name, offer.campaign, cents)

    def standing(self, claim: OfferClaim) -> tuple[Redemption, ...]:
        """What stands in the claim's basket of its offers, by its decision where it has one."""
        return tuple(
            one
            for one in self._ledger.standing(claim.basket.id)
            if one.offer in claim.offers
            and (claim.decision is None or one.decision == claim.decision.id)
        )

    def record(
        self, transition: Transition, owner: Token | None, at: datetime
    ) -> RedemptionChanges:
        """Give and take back what a transition says. ``owner``: whose rights a claim uses up, if anybody's."""
        gone = tuple(self._gone(transition))
        undone = tuple(self._ledger.take_back(one, at) for one in gone)
        claim = transition.claim
        given = () if claim is None or claim.undone else tuple(self._given(claim, owner, at))
        # A till's own word that it puts something back is the fact itself.
        told = () if claim is not None else tuple(_facts(transition, gone, at))
        return RedemptionChanges(given=given, undone=undone, gone=gone, facts=told)

    def forget(self, token: Token) -> None:
        """Somebody was erased."""
        self._ledger.forget(token)

    def _given(
        self, claim: OfferClaim, owner: Token | None, at: datetime
    ) -> Iterable[Redemption]:
        for name in claim.offers:
            offer = self._catalogue.offers.get(name)
            if offer is not None:
                yield self._ledger.give(
                    claim.basket.id,
                    Redemption(
                        offer=name,
                        campaign=offer.campaign,
                        cents=self._cost(offer, claim),
                        decision=claim.decision_id,
                        at=at,
                        token=owner,
                    ),
                )

    def _gone(self, transition: Transition) -> Iterable[Redemption]:
        """What a transition undoes: by the till's word, with a basket, with the last of its items, by a return."""
        claim = transition.claim
        if claim is not None:
            return self.standing(claim) if claim.undone else ()
        found = [
            one
            for basket in transition.baskets
            if basket.state in _NO_SALE
            for one in self._ledger.standing(basket.id)
        ]
        if not found and transition.basket is not None and transition.voided:
            found = list(self._voided(transition.basket, transition.voided))
        # By what it is, each once: two lines of a return may have been on one offer.
        return dict.fromkeys((*found, *self._returned(transition.returned)))

    def _voided(self, basket: TillBasket, voided: Iterable[BasketLine]) -> Iterable[Redemption]:
        left = _keys(line.sku for line in basket.sold)
        gone = _keys(line.sku for line in voided) - left
        standing = self._ledger.standing(basket.id)
        return (one for one in standing if self._is_without(one.offer, gone, left))

    def _returned(self, lines: tuple[BasketLine, ...]) -> Iterable[Redemption]:
        """What stood on goods that came back: all of them, or so many that the till names the offer.

        Only where the till says of which sale they are: else who brings back anything would have their coupon anew.
        """
        for line in lines:
            key = ItemKey(item_key(line.sku))
            on_it = tuple(o.id for o in self._catalogue.offers.values() if key in o.items)
            sale = None
            if line.of is not None and on_it:
                sale = self._ledger.sale_with(line.of[0], on_it)
            if sale is None:
                continue
            named = {discount.offer for discount in line.discounts}
            back = sum(x.quantity for x in lines if x.of == line.of and _is_of(x, key))
            is_all = back >= sum(x.quantity for x in sale.sold if _is_of(x, key))
            for one in self._ledger.standing(sale.id):
                if one.offer in on_it and (is_all or one.offer in named):
                    yield one

    def _is_without(
        self, name: OfferId, voided: frozenset[ItemKey], left: frozenset[ItemKey]
    ) -> bool:
        """Whether what is now voided was the last that the offer stood on."""
        offer = self._catalogue.offers.get(name)
        items = frozenset[ItemKey]() if offer is None else frozenset(offer.items)
        return not items.isdisjoint(voided) and items.isdisjoint(left)

    def _stands(self, claim: OfferClaim, name: OfferId) -> bool:
        return any(one.offer == name for one in self.standing(claim))

    def _holds(self, offer: Offer, claim: OfferClaim, at: datetime) -> bool:
        """Whether it is live, or was when it was promised in this very visit."""
        if self._is_live(offer, at):
            return True
        decision, visit = claim.decision, claim.basket.visit
        if decision is not None and decision.visit == visit:
            return self._is_live(offer, decision.at)
        person = self._people.find(claim.token, at)
        touches = () if person is None else person.memory.touches
        return any(
            t.offer == offer.id and t.visit == visit and self._is_live(offer, t.at)
            for t in touches
        )

    def _is_live(self, offer: Offer, at: datetime) -> bool:
        catalogue = self._catalogue.in_force
        campaign = None if catalogue is None else catalogue.campaigns.get(offer.campaign)
        return offer.is_live(at) and (campaign is None or campaign.is_live(at))

    def _cost(self, offer: Offer, claim: OfferClaim) -> int:
        """What it takes of the budget: of its items the one in the basket counts, else the first."""
        scanned = _keys(line.sku for line in claim.basket.sold)
        item = next((key for key in offer.items if key in scanned), offer.items[0])
        product = self._catalogue.products.get(item)
        return offer.cost_cents(None if product is None else product.price_cents)


def _keys(skus: Iterable[Sku]) -> frozenset[ItemKey]:
    return frozenset(ItemKey(item_key(sku)) for sku in skus)


def _is_of(line: BasketLine, key: ItemKey) -> bool:
    return item_key(line.sku) == key


def _facts(
    transition: Transition, gone: Iterable[Redemption], at: datetime
) -> Iterable[StoreEvent]:
    """What the centre is told of offers that a basket took with it."""
    for number, one in enumerate(gone):
        because, basket = transition.facts[0], transition.basket
        yield StoreEvent(
            # Made from the signal's: a repeat of it tells the centre nothing twice.
            id=f"{because.id}.coupon-{number}",
            name="Coupon Removed",
            at=at,
            source=because.source,
            visit=None if basket is None else basket.visit,
            token=one.token,
            properties={
                "decision_id": one.decision,
                "promotion_id": one.offer,
                "sale_id": one.basket,
                "discount_cents": one.cents,
            },
        )
