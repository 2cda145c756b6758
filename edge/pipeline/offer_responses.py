"""What people do with offers: taken up, turned down, redeemed – held against caps, budgets and one-time rights.

The executor records every transition; the signal handlers check a redemption before it becomes one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from edge.domain.basket import TillBasket
from edge.domain.catalogue import Product
from edge.domain.errors import SignalRefused
from edge.domain.exposure_memory import TAKEN_UP, OfferResponse
from edge.domain.identity import identify
from edge.domain.ids import ItemKey, OfferId, Sku, Token
from edge.domain.market import MarketPolicy, RecognitionMethod
from edge.domain.offer import Offer
from edge.domain.transitions.transition import OfferReply, Transition
from edge.domain.visit import Visit
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache, Person
from edge.storage.change_set import ChangeSet
from edge.storage.decisions.redemptions import Redemption
from edge.storage.decisions.responses import StoredResponse
from models.items import item_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What has to be written because of a transition's replies and sales."""

    answers: tuple[StoredResponse, ...] = ()
    redemptions: tuple[Redemption, ...] = ()


def with_answers(change_set: ChangeSet, found: Answers) -> ChangeSet:
    """``change_set`` with them."""
    return replace(change_set, responses=found.answers, redemptions=found.redemptions)


class OfferResponses:
    """Keeps each person's memory and the store's spending up to date, at once: two tills cannot both be first."""

    def __init__(
        self, people: CustomerCache, policy: MarketPolicy, catalogue: CurrentCatalogue
    ) -> None:
        self._people = people
        self._policy = policy
        self._catalogue = catalogue

    def check(self, reply: OfferReply, at: datetime) -> None:
        """Whether the store may give what is redeemed.

        Raises:
            SignalRefused: ``offer-used`` – this person has had it; ``offer-spent`` – the store has none left.
        """
        catalogue = self._catalogue.in_force
        if not reply.redeemed or catalogue is None:
            return
        person = self._people.find(reply.decision.token, at)
        # On a copy: an answer that is refused must have spent nothing.
        spending = self._catalogue.spending.copied()
        for offer, _ in self._known(reply):
            given = 0 if person is None else person.memory.given[offer.id]
            if offer.per_person is not None and given >= offer.per_person:
                raise SignalRefused("offer-used")
            if offer.id in spending.over(catalogue):
                raise SignalRefused("offer-spent")
            # All of one answer are given together: what one takes of a budget, the next cannot.
            spending.spend(offer.id, offer.campaign, offer.discount_cents)

    def record(self, transition: Transition, at: datetime, now: datetime) -> Answers:
        """Remember what a transition says of offers. ``at`` is business, ``now`` the latest that real time may be."""
        if transition.reply is not None:
            return self._replied(transition.reply, at, now)
        if transition.paid and transition.basket is not None:
            visit = next(
                (v for v in transition.visits if v.id == transition.basket.visit), None
            )
            token = None if visit is None else visit.token
            person = self._recognised(token, visit, at, now)
            if person is not None:
                return self._bought(person, transition.basket, at)
        return Answers()

    def _recognised(
        self, token: Token | None, visit: Visit | None, at: datetime, now: datetime
    ) -> Person | None:
        """Who it is, if they still agree to be recognised; after the visit, by any method that the market allows."""
        person = self._people.find(token, at)
        if person is None:
            return None
        methods = tuple(RecognitionMethod) if visit is None else (visit.method,)
        known = (identify(person.customer, one, self._policy, now).customer for one in methods)
        return person if any(known) else None

    def _replied(self, reply: OfferReply, at: datetime, now: datetime) -> Answers:
        """What a reply leaves; of who does not agree to be recognised any more, what was given, as nobody's."""
        person = self._recognised(reply.decision.token, reply.visit, at, now)
        redemptions = self._redeemed(reply, person, at) if reply.redeemed else ()
        if person is None:
            return Answers(redemptions=redemptions)
        found = list(self._responses(reply, at))
        person.memory.responses.extend(found)
        token = person.customer.token
        return Answers(
            answers=tuple(StoredResponse(token=token, response=one) for one in found),
            redemptions=redemptions,
        )

    def _responses(self, reply: OfferReply, at: datetime) -> Iterable[OfferResponse]:
        """One for each item that was meant; of a whole screen, one for each offer on it."""
        catalogue = self._catalogue.in_force
        products = dict[ItemKey, Product]() if catalogue is None else catalogue.products
        slots = [slot for slot in reply.decision.slots if reply.sku in (None, slot.sku)]
        for slot in slots:
            key = ItemKey(item_key(slot.sku))
            product = products.get(key)
            if reply.sku is not None or slot.offer is not None:
                category = "" if product is None else product.category
                item = None if reply.sku is None else key
                yield OfferResponse(at, reply.liked, category, item, slot.offer)

    def _redeemed(
        self, reply: OfferReply, person: Person | None, at: datetime
    ) -> tuple[Redemption, ...]:
        found = list[Redemption]()
        for offer, _ in self._known(reply):
            token: Token | None = None
            nth: int | None = None
            if person is not None:
                token = person.customer.token
                person.memory.given[offer.id] += 1
                # Numbered, so that the table itself refuses a second one of a one-time right.
                nth = person.memory.given[offer.id]
            # Before the sync: the next till must see it now.
            self._catalogue.spending.spend(offer.id, offer.campaign, offer.discount_cents)
            found.append(
                Redemption(
                    offer=offer.id,
                    campaign=offer.campaign,
                    cents=offer.discount_cents,
                    decision=reply.decision.id,
                    at=at,
                    token=token,
                    nth=nth,
                )
            )
        return tuple(found)

    def _bought(self, person: Person, basket: TillBasket, at: datetime) -> Answers:
        """Who buys what an offer of this week is for has taken it up."""
        catalogue = self._catalogue.in_force
        bought = frozenset(ItemKey(item_key(sku)) for sku in basket.skus)
        shown = {touch.offer for touch in person.memory.lately(at)}
        known: dict[OfferId, Offer] = {} if catalogue is None else dict(catalogue.offers_by_id)
        found = [
            OfferResponse(at, TAKEN_UP, known[offer].category, None, offer)
            # Sorted: the order of a set differs between two runs.
            for offer in sorted(shown & known.keys())
            if not bought.isdisjoint(known[offer].items)
        ]
        person.memory.responses.extend(found)
        token = person.customer.token
        return Answers(
            answers=tuple(StoredResponse(token=token, response=one) for one in found)
        )

    def _known(self, reply: OfferReply) -> Iterable[tuple[Offer, Sku]]:
        catalogue = self._catalogue.in_force
        known: dict[OfferId, Offer] = {} if catalogue is None else dict(catalogue.offers_by_id)
        # An offer that the store sells no more is given no more.
        return [(known[offer], sku) for offer, sku in reply.offers if offer in known]
