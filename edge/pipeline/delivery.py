"""What a screen is to show, put together for whoever may see it: consent, company and other screens are asked here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge.domain.clock import Clock
from edge.domain.identity import ANONYMOUS, Identity, identify
from edge.domain.ids import DecisionId, ItemKey, OfferId, VisitId
from edge.domain.placement import ARRIVAL, PLACEMENTS, Placement
from edge.domain.transitions.transition import ContentRequest
from edge.domain.visit import Visit
from edge.pipeline.offer_responses import OfferResponses
from edge.pipeline.online_learning import OnlineLearning
from edge.pipeline.showing import (
    PersonalContentSwitch,
    ScreenDelivery,
    Wish,
    count_exposures,
    showing_of,
)
from edge.pipeline.side_effects import SideEffects
from edge.pipeline.signal_handlers import SignalHandlers
from edge.state.activity_feed import ActivityFeed
from edge.state.counters import Counters
from edge.state.customers import CustomerCache, Person
from edge.state.decider import Decider, DecisionRequest
from edge.state.device_registry import DeviceRegistry
from edge.state.presence import Presence
from edge.storage.database import Database
from models.items import item_key


def _sure() -> int:
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorParts:
    """What the enactor works with; put together in ``app``. ``doubt_s``: by how much business time may be wrong."""

    presence: Presence
    people: CustomerCache
    signal_handlers: SignalHandlers
    decider: Decider
    learning: OnlineLearning
    device_registry: DeviceRegistry
    database: Database
    clock: Clock
    counters: Counters
    activity: ActivityFeed
    offer_responses: OfferResponses
    side_effects: SideEffects
    fresh_decision: Callable[[], DecisionId]
    ticket: Callable[[VisitId], str]
    doubt_s: Callable[[], int] = _sure


class ContentComposer:
    """Makes decisions for wishes. While the brake is on, nobody is known."""

    def __init__(self, parts: ExecutorParts, brake: PersonalContentSwitch) -> None:
        self._p = parts
        self._brake = brake

    def wanted(self, want: ContentRequest, at: datetime, now: datetime) -> list[ScreenDelivery]:
        """The content for a wish, if anybody is there to see it and it may be made."""
        p = self._p
        placement = PLACEMENTS[want.placement]
        visit = p.presence.visit(want.visit)
        devices = () if placement.name == ARRIVAL else p.device_registry.targets(want)
        if placement.name != ARRIVAL and not devices:
            return []
        if placement.personal_only and not self._is_allowed(placement, visit, at, now):
            return []
        wish = Wish(placement=placement, limit=placement.limit, zone=want.zone, devices=devices)
        return [self.made(wish, visit, at, now)]

    def made(
        self, wish: Wish, visit: Visit | None, at: datetime, now: datetime
    ) -> ScreenDelivery:
        """A decision for one wish. What everybody can see is nobody's, unless one person is surely alone with it."""
        p = self._p
        placement = wish.placement
        if placement.public:
            visit = self._alone_before(wish, at, now)
        person = None
        if visit is not None and not self._brake.on:
            person = p.people.meet(visit.token, at)
        identity = self.identity(person, visit, now)
        inside = None if visit is None else visit.id
        made = p.decider.make(
            DecisionRequest(
                id=p.fresh_decision(),
                placement=placement,
                limit=wish.limit,
                at=at,
                visit=inside,
                zone=wish.zone if visit is None else visit.zone,
                person=None if identity.customer is None else person,
                purposes=identity.purposes,
                basket=self._basket(placement, visit),
                elsewhere=p.presence.elsewhere(
                    inside,
                    placement.surface,
                    now,
                    personal=placement.purpose in identity.purposes,
                ),
                doubt_s=p.doubt_s(),
            )
        )
        shown = ScreenDelivery(
            made=made, placement=placement, devices=wish.devices, person=person, visit=visit
        )
        count_exposures(shown)
        if wish.devices:
            showing = showing_of(shown, now)
            for device in wish.devices:
                p.presence.shows(device, showing)
        return shown

    def may_show(self, shown: ScreenDelivery) -> bool:
        """Whether it may still be shown: consent, and on a public screen company, are asked again."""
        token = shown.made.decision.token
        if token is None:
            return True
        now = self._p.clock.now()
        if shown.placement.public:
            here = self._p.presence.alone_in(shown.made.inputs.zone, now)
            if here is None or here.token != token:
                return False
        person = self._p.people.meet(token, self._p.clock.business(now))
        identity = ANONYMOUS if self._brake.on else self.identity(person, shown.visit, now)
        return shown.placement.purpose in identity.purposes

    def identity(self, person: Person | None, visit: Visit | None, now: datetime) -> Identity:
        """Who it is and what their data may serve at the real instant ``now``."""
        if person is None or visit is None:
            return ANONYMOUS
        return identify(person.customer, visit.method, self._p.signal_handlers.policy, now)

    def contradicted(
        self, shown: list[ScreenDelivery], now: datetime
    ) -> tuple[ContentRequest, ...]:
        """Wishes for other content on people's own screens that contradict what all may see."""
        found = (
            want
            for s in shown
            for want in self._p.presence.contradicted(showing_of(s, now), self._clash, now)
        )
        return tuple(dict.fromkeys(found))

    def _clash(self, one: OfferId, other: OfferId) -> bool:
        """Two offers of one category before one person contradict each other."""
        catalogue = self._p.decider.catalogue
        if catalogue is None:
            return False
        known = catalogue.offers_by_id
        return one in known and other in known and known[one].contradicts(known[other])

    def _is_allowed(
        self, placement: Placement, visit: Visit | None, at: datetime, now: datetime
    ) -> bool:
        person = self._p.people.meet(None if visit is None else visit.token, at)
        return (
            placement.purpose in self.identity(person, visit, now).purposes
            and not self._brake.on
        )

    def _alone_before(self, wish: Wish, at: datetime, now: datetime) -> Visit | None:
        """The one person who can see the zone's screens, if that is certain and they agreed to be served there."""
        here = self._p.presence.alone_in(wish.zone, now)
        return here if self._is_allowed(wish.placement, here, at, now) else None

    def _basket(self, placement: Placement, visit: Visit | None) -> tuple[ItemKey, ...]:
        """What is in the visit's basket; on a public screen that is nobody's business."""
        basket = None if visit is None else self._p.presence.basket(visit.basket)
        if basket is None or placement.public:
            return ()
        return tuple(ItemKey(item_key(sku)) for sku in basket.skus)
