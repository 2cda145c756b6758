"""What people do with offers: taken up, turned down, bought – and, through `redeeming`, redeemed at a till.

The executor records every transition; caps, back-off and the cost of a no count what is kept of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from edge.domain.basket import TillBasket
from edge.domain.exposure_memory import TAKEN_UP, OfferResponse
from edge.domain.identity import identify
from edge.domain.ids import ItemKey, Token
from edge.domain.market import MarketPolicy, RecognitionMethod
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import OfferClaim, OfferReply, Transition
from edge.domain.visit import Visit
from edge.pipeline.redeeming import OfferRedemptions, RedemptionChanges
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache, Person
from edge.storage.change_set import ChangeSet
from edge.storage.decisions.responses import StoredResponse
from models.items import item_key

_NOTHING = RedemptionChanges()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What has to be written because of a transition's replies, sales and offers."""

    answers: tuple[StoredResponse, ...] = ()
    redemptions: RedemptionChanges = _NOTHING
    coupons: Mapping[Token, bytes] = field(default_factory=dict[Token, bytes])


def with_answers(change_set: ChangeSet, found: Answers) -> ChangeSet:
    """``change_set`` with them."""
    return replace(
        change_set,
        responses=found.answers,
        redemptions=found.redemptions.given,
        undone=found.redemptions.undone,
        coupons=found.coupons,
    )


class OfferResponses:
    """Keeps each person's memory and the store's spending up to date, at once: two tills cannot both be first."""

    def __init__(
        self,
        people: CustomerCache,
        policy: MarketPolicy,
        catalogue: CurrentCatalogue,
        redemptions: OfferRedemptions,
        site: StoreSite,
    ) -> None:
        self._people = people
        self._policy = policy
        self._catalogue = catalogue
        self._site = site
        self.redemptions = redemptions

    def record(self, transition: Transition, at: datetime, now: datetime) -> Answers:
        """Remember what a transition says of offers. ``at`` is business, ``now`` the latest that real time may be."""
        claim = transition.claim
        owner = None if claim is None else self._owner(claim, at, now)
        changes = self.redemptions.record(transition, owner, at)
        return Answers(
            answers=tuple(self._said(transition, at, now)),
            redemptions=changes,
            coupons=self._unlearned(changes, at),
        )

    def _owner(self, claim: OfferClaim, at: datetime, now: datetime) -> Token | None:
        """Whose right is used up; of who does not agree to be recognised any more it is nobody's."""
        person = self._recognised(claim.token, claim.visit, at, now)
        return None if person is None else person.customer.token

    def _said(
        self, transition: Transition, at: datetime, now: datetime
    ) -> Iterable[StoredResponse]:
        """How a person took offers, by their reply, by what they redeem without one, and by what they buy."""
        reply, claim, basket = transition.reply, transition.claim, transition.basket
        if reply is not None:
            return self._replied(reply, at, now)
        if claim is not None and not claim.undone:
            return self._redeemed(claim, at, now)
        if transition.paid and basket is not None:
            visit = next((v for v in transition.visits if v.id == basket.visit), None)
            token = None if visit is None else visit.token
            person = self._recognised(token, visit, at, now)
            return () if person is None else self._bought(person, basket, at)
        return ()

    def _unlearned(self, changes: RedemptionChanges, at: datetime) -> dict[Token, bytes]:
        """The wallets of whoever had redeemed what is undone; what this visit's decisions read stays as it is."""
        found = dict[Token, bytes]()
        for one in changes.gone:
            person = self._people.find(one.token, at)
            offer = self._catalogue.offers.get(one.offer)
            if person is not None and offer is not None:
                person.freeze()
                day, _ = self._site.moment(one.at)
                person.wallet = person.wallet.returning(day, offer.items)
                found[person.customer.token] = person.wallet.to_bytes()
        return found

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

    def _replied(
        self, reply: OfferReply, at: datetime, now: datetime
    ) -> Iterable[StoredResponse]:
        person = self._recognised(reply.decision.token, reply.visit, at, now)
        return () if person is None else _kept(person, self._responses(reply, at))

    def _redeemed(
        self, claim: OfferClaim, at: datetime, now: datetime
    ) -> Iterable[StoredResponse]:
        person = self._recognised(claim.token, claim.visit, at, now)
        known = (self._catalogue.offers.get(name) for name in claim.offers)
        found = (
            OfferResponse(at, TAKEN_UP, offer.category, None, offer.id)
            for offer in known
            if offer is not None
        )
        return () if person is None else _kept(person, found)

    def _responses(self, reply: OfferReply, at: datetime) -> Iterable[OfferResponse]:
        """One for each item that was meant; of a whole screen, one for each offer on it."""
        slots = [slot for slot in reply.decision.slots if reply.sku in (None, slot.sku)]
        for slot in slots:
            key = ItemKey(item_key(slot.sku))
            if reply.sku is not None or slot.offer is not None:
                item = None if reply.sku is None else key
                yield OfferResponse(at, reply.liked, self._category(key), item, slot.offer)

    def _bought(
        self, person: Person, basket: TillBasket, at: datetime
    ) -> Iterable[StoredResponse]:
        """Who buys what an offer of this week is for has taken it up; who buys what they turned down wants it again."""
        bought = frozenset(ItemKey(item_key(sku)) for sku in basket.skus)
        shown = {touch.offer for touch in person.memory.lately(at)}
        known = self._catalogue.offers
        # Sorted: the order of a set differs between two runs.
        taken = [
            OfferResponse(at, TAKEN_UP, known[offer].category, None, offer)
            for offer in sorted(shown & known.keys())
            if not bought.isdisjoint(known[offer].items)
        ]
        # With each purchase, not the first alone: of two, either may come back. Habits hold what else is bought.
        wanted = sorted(bought & person.memory.turned_down(at))
        return _kept(
            person,
            (*taken, *(OfferResponse(at, TAKEN_UP, self._category(k), k) for k in wanted)),
        )

    def _category(self, key: ItemKey) -> str:
        sold = self._catalogue.in_force
        product = None if sold is None else sold.products.get(key)
        return "" if product is None else product.category


def _kept(person: Person, found: Iterable[OfferResponse]) -> tuple[StoredResponse, ...]:
    """These answers in the person's memory, and as they have to be written."""
    kept = tuple(found)
    person.memory.responses.extend(kept)
    return tuple(StoredResponse(token=person.customer.token, response=one) for one in kept)
