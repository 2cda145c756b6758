"""Who a person is to triggers at one instant: what they agree to, where they are, what they were told already.

Engine and audience scan ask it whom they speak to; `matching` reads the person that it makes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from edge.campaigns.triggers.facts import about, listener_of, past, present
from edge.campaigns.triggers.matching import ObservedPerson
from edge.domain.catalogue import Product
from edge.domain.clock import Clock
from edge.domain.consent import Purpose
from edge.domain.customer import Customer
from edge.domain.identity import identify
from edge.domain.ids import ItemKey, Token
from edge.domain.market import MarketPolicy, RecognitionMethod
from edge.domain.store_site import StoreSite
from edge.domain.trigger import Occasion, TriggerMessage
from edge.domain.visit import Visit
from edge.state.catalogue import CurrentCatalogue
from edge.state.counters import Counters
from edge.state.customers import CustomerCache, Person
from edge.state.decider import Decider
from edge.state.presence import Presence
from edge.storage.catalogue import stock
from edge.storage.database import Database
from edge.storage.people import messages
from edge.storage.people.messages import PastFiring
from models.features.customer_value import CustomerBase
from models.features.profile import Profile

# So far back firings count; longer than the longest rest of a trigger.
_MEMORY = timedelta(days=93)
# What was fired this long ago is on disk, or was never written.
_UNDER_WAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerParts:
    """What triggers stand on; put together where all parts are."""

    presence: Presence
    people: CustomerCache
    decider: Decider
    catalogue: CurrentCatalogue
    site: StoreSite
    policy: MarketPolicy
    database: Database
    clock: Clock
    counters: Counters

    @property
    def products(self) -> Mapping[ItemKey, Product]:
        """All that is sold here."""
        return self.catalogue.products

    @property
    def customers(self) -> CustomerBase:
        """How customers come and go here."""
        sold = self.catalogue.in_force
        return CustomerBase() if sold is None else sold.tuning.customers

    def product(self, item: ItemKey | None) -> Product | None:
        """What is sold under ``item``."""
        return None if item is None else self.products.get(item)

    def is_private(self, occasion: Occasion) -> bool:
        """Whether it is about a product that is proposed to nobody."""
        return occasion.item in self.catalogue.sensitive


class PersonContext:
    """Introduces people. What was fired a moment ago counts, also while it is on its way to the disk."""

    def __init__(self, parts: TriggerParts) -> None:
        self._parts = parts
        self._under_way = dict[Token, dict[str, TriggerMessage]]()
        self._lately = deque[TriggerMessage]()

    def inside(
        self, visit: Visit, at: datetime, now: datetime
    ) -> tuple[Person, ObservedPerson] | None:
        """Somebody who is in the store, as their visit's method allows to know them; None where that is nobody."""
        person = self._parts.people.find(visit.token, at)
        if person is None:
            return None
        purposes = identify(person.customer, visit.method, self._parts.policy, now).purposes
        return person, self._listener(person.customer, person.profile, purposes, at, visit)

    def outside(
        self, customer: Customer, profile: Profile, at: datetime, now: datetime
    ) -> ObservedPerson:
        """Somebody who is not here, by what they have agreed to."""
        purposes = agreed(customer, self._parts.policy, now)
        return self._listener(customer, profile, purposes, at, None)

    def fired(self, message: TriggerMessage) -> None:
        """Remember it until it is on disk."""
        self._lately.append(message)
        self._under_way.setdefault(message.token, {})[message.id] = message
        # The message just added ends the loop, so there is always a first.
        while message.fired_at - self._lately[0].fired_at >= _UNDER_WAY:
            past = self._lately.popleft()
            theirs = self._under_way.get(past.token, {})
            theirs.pop(past.id, None)
            if not theirs:
                self._under_way.pop(past.token, None)

    def forget(self, token: Token) -> None:
        """The person is gone."""
        self._under_way.pop(token, None)
        self._lately = deque(one for one in self._lately if one.token != token)

    def about(self, occasion: Occasion, profile: Profile, *, asked: bool = False) -> Occasion:
        """The occasion with what is known of its product."""
        product = self._parts.product(occasion.item)
        if product is None:
            return occasion
        sku = product.sku
        on_hand = self._parts.database.read(lambda conn: stock.on_hand(conn, sku))
        return about(occasion, product, profile, on_hand, asked=asked)

    def _listener(
        self,
        customer: Customer,
        profile: Profile,
        purposes: frozenset[Purpose],
        at: datetime,
        visit: Visit | None,
    ) -> ObservedPerson:
        parts = self._parts
        local = at.astimezone(parts.site.zone)
        basket = None if visit is None else parts.presence.basket(visit.basket)
        facts = {
            **past(customer, profile, parts.products, local, parts.customers),
            **present(visit, basket, parts.products, local),
        }
        told = self._told(customer.token, at)
        return listener_of(customer.token, purposes, facts, told, local)

    def _told(self, token: Token, at: datetime) -> tuple[PastFiring, ...]:
        since = at - _MEMORY
        on_disk = self._parts.database.read(
            lambda conn: messages.fired_since(conn, token, since)
        )
        known = {one.id for one in on_disk}
        theirs = self._under_way.get(token, {}).values()
        # A firing can be on disk and still in memory: it counts once.
        coming = (m for m in theirs if m.id not in known)
        return (
            *on_disk,
            *(PastFiring(m.id, m.trigger, m.fired_at, m.due_at, m.state) for m in coming),
        )


def agreed(customer: Customer, policy: MarketPolicy, now: datetime) -> frozenset[Purpose]:
    """What may be done for somebody who is not here: what they agreed to, and the market allows to anybody known.

    Without ``recognise`` that is nothing.
    """
    methods = set(RecognitionMethod) - {RecognitionMethod.ANONYMOUS_CONTEXT}
    purposes = frozenset(
        purpose
        for purpose in customer.consents.allowed(now)
        if any(policy.allows(method, purpose, consented=True) for method in methods)
    )
    return purposes if Purpose.RECOGNISE in purposes else frozenset()


def midnight(at: datetime, zone: tzinfo) -> datetime:
    """When the local day of ``at`` began."""
    # By the calendar: where the clock changes a day has 23 hours or 25.
    return datetime.combine(at.astimezone(zone).date(), time(), zone)
