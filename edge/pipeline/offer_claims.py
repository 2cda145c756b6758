"""What a till's question about an offer means: which offer, in which basket, in whose name – and whether it is granted.

Offer requests call `judge` and make real what it says; it reads and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from devices.errors import Refusal
from devices.messages import OfferAnswer, OfferAsk, OfferVerb
from edge.decision.steps.touchpoint import told
from edge.domain.basket import BasketState, TillBasket
from edge.domain.decision import Decision
from edge.domain.errors import SignalRefused
from edge.domain.ids import DecisionId, DeviceId, OfferId, Sku
from edge.domain.offer import Offer
from edge.domain.transitions.transition import OfferClaim, claim_of
from edge.pipeline.redeeming import OfferRedemptions
from edge.state.catalogue import CurrentCatalogue
from edge.state.identity_lookup import StoredDirectory
from edge.state.presence import Presence
from models.items import item_key


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferVerdict:
    """The answer, and what has to become real before it is given; without a claim nothing has."""

    answer: OfferAnswer
    claim: OfferClaim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferClaims:
    """Judges questions. ``currency``: what the store's money is in, by ISO 4217."""

    presence: Presence
    directory: StoredDirectory
    catalogue: CurrentCatalogue
    redemptions: OfferRedemptions
    currency: str

    def judge(self, device: DeviceId, ask: OfferAsk, at: datetime) -> OfferVerdict:
        """What ``device`` is answered at the business time ``at``; never raises for what was asked."""
        try:
            return self._judged(device, ask, at)
        except SignalRefused as refused:
            reason = Refusal(refused.reason)
            return OfferVerdict(
                answer=OfferAnswer(granted=False, reason=reason, field=_field_of(reason, ask))
            )

    def _judged(self, device: DeviceId, ask: OfferAsk, at: datetime) -> OfferVerdict:
        basket, decision = self._basket(device, ask), self._decision(ask)
        named = self._named(ask, decision)
        # Whichever of them it will be; what stands already is asked for all of them.
        every = claim_of(basket, self.presence.visit(basket.visit), decision, named)
        standing = tuple(one.offer for one in self.redemptions.standing(every))
        if ask.verb is OfferVerb.REVERSE:
            undone = _only(every, standing, undone=True) if standing else None
            return OfferVerdict(
                answer=self._granted((*standing, *named)[0], basket), claim=undone
            )
        if standing:
            # Asked again, under another id: it is taken off once, and this is it.
            return OfferVerdict(answer=self._granted(standing[0], basket))
        claim = self._first_to_pass(every, at)
        real = None if ask.verb is OfferVerb.INQUIRE else claim
        return OfferVerdict(answer=self._granted(claim.offers[0], basket), claim=real)

    def _basket(self, device: DeviceId, ask: OfferAsk) -> TillBasket:
        """The till's basket; only what is put back may be of one that is closed."""
        number = ask.basket_id
        basket = self.presence.basket_numbered(device, number)
        # On disk as well: what was given in a sale of yesterday may be put back today.
        basket = basket or next(iter(self.directory.baskets(device, number)), None)
        if basket is None:
            raise SignalRefused("unknown-basket")
        if basket.state is not BasketState.OPEN and ask.verb is not OfferVerb.REVERSE:
            raise SignalRefused("unknown-basket")
        return basket

    def _decision(self, ask: OfferAsk) -> Decision | None:
        if ask.decision_id is None:
            return None
        decision = self.directory.decision(DecisionId(ask.decision_id))
        if decision is None:
            raise SignalRefused("unknown-decision")
        return decision

    def _named(self, ask: OfferAsk, decision: Decision | None) -> tuple[OfferId, ...]:
        """The offers that are meant, in the order in which they are tried; one, unless several go by one code."""
        known = self.catalogue.offers
        among = set(known)
        if decision is not None:
            among = {s.offer for s in decision.slots if s.offer is not None}
        # In the order of their ids, so that of several the same is tried first every time.
        found = sorted(among)
        if ask.offer_id is not None:
            found = [one for one in found if one == ask.offer_id]
        elif ask.code is None and len(found) > 1:
            # A decision of several offers says nothing of which.
            found = []
        if not found and ask.code is None:
            raise SignalRefused("unknown-offer")
        if ask.code is not None:
            code = ask.code
            found = [one for one in found if one in known and known[one].answers_to(code)]
        if not found:
            raise SignalRefused("unknown-code")
        return tuple(found)

    def _first_to_pass(self, every: OfferClaim, at: datetime) -> OfferClaim:
        """Of several offers under one code the first that may be given. Raises what the last was refused for."""
        refusal = SignalRefused("unknown-offer")
        for name in every.offers:
            claim = _only(every, (name,))
            try:
                self.redemptions.check(claim, at)
            except SignalRefused as refused:
                refusal = refused
            else:
                return claim
        raise refusal

    def _granted(self, name: OfferId, basket: TillBasket) -> OfferAnswer:
        offer = self.catalogue.offers.get(name)
        # It may be gone from the catalogue and still be put back.
        if offer is None:
            return OfferAnswer(granted=True)
        return OfferAnswer(
            granted=True,
            discount=told(name, offer.taken_off, self.currency),
            item_id=self._article(offer, basket),
        )

    def _article(self, offer: Offer, basket: TillBasket) -> Sku | None:
        """Of the articles that the offer is on the one in the basket, or else the first that is sold here."""
        scanned = (line.sku for line in basket.sold if item_key(line.sku) in offer.items)
        products = self.catalogue.products
        others = (products[key].sku for key in offer.items if key in products)
        return next(chain(scanned, others), None)


def _only(
    claim: OfferClaim, offers: tuple[OfferId, ...], *, undone: bool = False
) -> OfferClaim:
    """The same claim of these offers alone."""
    return replace(claim, offers=offers, undone=undone)


def _field_of(reason: Refusal, ask: OfferAsk) -> str:
    """What of the question was wrong: what the reason is about, or what the offer was named by."""
    fields = {
        Refusal.UNKNOWN_BASKET: "basket_id",
        Refusal.UNKNOWN_DECISION: "decision_id",
        Refusal.UNKNOWN_CODE: "code",
    }
    named = "offer_id" if ask.offer_id else "code" if ask.code else "decision_id"
    return fields.get(reason, named)
