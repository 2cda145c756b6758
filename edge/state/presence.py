"""Who and what is in the store right now: open visits, baskets, signed-in screens and what each screen shows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from edge.domain.basket import BasketState, TillBasket
from edge.domain.decision import Decision
from edge.domain.headcount import Headcount, VisitSighting, alone
from edge.domain.ids import BasketId, DecisionId, DeviceId, ItemKey, OfferId, Token, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.transitions.beacon import SEEN_ON_AIR
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.visit import EndReason, Visit
from models.items import item_key

# Closed baskets are kept this long in mind, so that a late line is refused and not taken for a new sale.
_CLOSED_BASKETS = 2_000
# Store time for which somebody who has paid is packing and leaving: a phone heard then is no new arrival.
_LEAVING = timedelta(minutes=10)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Clash = Callable[[OfferId, OfferId], bool]
"""Whether two offers contradict each other before one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenContent:
    """What one screen shows, in its ``zone``. ``personal``: chosen with somebody's data; ``until`` is real time."""

    decision: DecisionId
    surface: str
    placement: str
    visit: VisitId | None
    personal: bool
    items: frozenset[ItemKey]
    offers: tuple[OfferId, ...]
    until: datetime
    zone: str | None = None

    @classmethod
    def of(
        cls, decision: Decision, surface: str, until: datetime, zone: str | None = None
    ) -> ScreenContent:
        """The showing that ``decision`` leads to."""
        return cls(
            decision=decision.id,
            surface=surface,
            placement=decision.placement,
            visit=decision.visit,
            personal=decision.token is not None,
            items=frozenset(ItemKey(item_key(c.sku)) for c in decision.choices),
            offers=tuple(c.offer for c in decision.choices if c.offer is not None),
            until=until,
            zone=zone,
        )


class Presence:
    """The store's present, rebuilt from the database at start. All methods are plain and quick."""

    def __init__(
        self, visits: Iterable[Visit] = (), baskets: Iterable[TillBasket] = ()
    ) -> None:
        self._visits: dict[VisitId, Visit] = {}
        self._by_token: dict[Token, VisitId] = {}
        self._by_kiosk: dict[DeviceId, VisitId] = {}
        self._baskets: OrderedDict[BasketId, TillBasket] = OrderedDict()
        # A device may show what was sent to it and beside it what it asked for; a tablet a card for each visit.
        self._showing: dict[tuple[DeviceId, bool, VisitId | None], ScreenContent] = {}
        self._before: dict[tuple[VisitId | None, str], list[ScreenContent]] = {}
        self._paid: dict[Token, datetime] = {}
        self._heard: dict[VisitId, datetime] = {}
        self._sighted: dict[VisitId, tuple[object, datetime]] = {}
        self._counted: dict[str, Headcount] = {}
        for visit in visits:
            self._place(visit)
        for basket in baskets:
            self._keep(basket)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Everybody in the store, in order of arrival."""
        return tuple(self._visits.values())

    def visit(self, visit: VisitId | None) -> Visit | None:
        """An open visit by its id."""
        return None if visit is None else self._visits.get(visit)

    def of_person(self, token: Token | None) -> Visit | None:
        """The open visit of a person."""
        return None if token is None else self.visit(self._by_token.get(token))

    def at_kiosk(self, device: DeviceId) -> Visit | None:
        """Whose session runs at this screen."""
        return self.visit(self._by_kiosk.get(device))

    def basket(self, basket: BasketId | None) -> TillBasket | None:
        """A basket, open or closed lately."""
        return None if basket is None else self._baskets.get(basket)

    def open_basket_at(self, device: DeviceId) -> TillBasket | None:
        """The latest basket still open at a till."""
        here = (b for b in reversed(self._baskets.values()) if b.device == device)
        return next((b for b in here if b.state is BasketState.OPEN), None)

    def buyer(self, basket: TillBasket | None) -> Token | None:
        """Whose a basket has been until now, if anybody's."""
        known = None if basket is None else self._baskets.get(basket.id)
        visit = None if known is None else self.visit(known.visit)
        return None if visit is None else visit.token

    def take(self, transition: Transition, now: datetime) -> None:
        """Make a turn's visits and basket the present. ``now`` is real time."""
        heard = next((f for f in transition.facts[:1] if f.name == SEEN_ON_AIR), None)
        for visit in transition.visits:
            self._place(visit)
            self._heard[visit.id] = now
            if heard is not None:
                # Where the radio heard them; a single word of another zone has not moved the visit yet.
                self._sighted[visit.id] = (heard.properties.get("zone"), now)
            if visit.ended_at is not None:
                self._end(visit)
        if transition.basket is not None:
            self._keep(transition.basket)

    def count(self, zone: str, headcount: Headcount) -> None:
        """So many people stand before the screens of ``zone``."""
        self._counted[zone] = headcount

    def alone_in(self, zone: str | None, now: datetime) -> Visit | None:
        """The one person who can see the zone's screens at the real instant ``now``, if that is certain."""
        if zone is None:
            return None
        there = [
            VisitSighting(visit=visit.id, at=self._seen_in(zone, visit))
            for visit in self._visits.values()
            if zone in {visit.zone, visit.rumour_zone}
        ]
        return self.visit(alone(there, self._counted.get(zone), now))

    def _seen_in(self, zone: str, visit: Visit) -> datetime:
        where, at = self._sighted.get(visit.id, (None, visit.opened_at))
        return at if where == zone == visit.zone else _LONG_AGO

    def overlooked(self, now: datetime) -> tuple[tuple[DeviceId, ScreenContent], ...]:
        """Public screens that show something personal although it is no longer certain who can see them."""
        return tuple(
            (device, showing)
            for (device, _, _), showing in self._showing.items()
            if showing.personal
            and PLACEMENTS[showing.placement].public
            and ((here := self.alone_in(showing.zone, now)) is None or here.id != showing.visit)
        )

    def contradicted(
        self, shown: ScreenContent, clash: Clash, now: datetime
    ) -> tuple[ContentRequest, ...]:
        """Wishes for other content where somebody who sees ``shown`` is shown something of their own that clashes.

        What is nobody's stands, and what is personal gives way: the other way round would tell of the person.
        """
        if shown.personal or not shown.offers:
            return ()
        return tuple(
            ContentRequest(placement=mine.placement, visit=mine.visit, device=device)
            for (device, _, _), mine in self._showing.items()
            if mine.personal and mine.until > now and self._sees(mine.visit, shown)
            if any(clash(one, other) for one in mine.offers for other in shown.offers)
        )

    def _sees(self, visit: VisitId | None, showing: ScreenContent) -> bool:
        """Whether a visit's person can see what a screen shows: their own screens, and the displays of their zone."""
        here = self.visit(visit)
        if here is None:
            return False
        public = PLACEMENTS[showing.placement].public
        return here.zone == showing.zone is not None if public else showing.visit == visit

    def quiet(self, now: datetime, idle: timedelta) -> tuple[Visit, ...]:
        """Visits of which nothing was heard for ``idle`` at the real instant ``now``.

        One that was open before the service started counts as heard of when first asked about.
        """
        return tuple(
            visit
            for visit in self._visits.values()
            if now - self._heard.setdefault(visit.id, now) > idle
        )

    def personal_screens(self) -> tuple[VisitId, ...]:
        """Visits of whom some screen shows something personal."""
        showing = (s for s in self._showing.values() if s.personal)
        return tuple({s.visit: None for s in showing if s.visit is not None})

    def shows(self, device: DeviceId, showing: ScreenContent, *, asked: bool = False) -> None:
        """Note what a screen shows from now on; ``asked``: as the answer to a question of its own."""
        card = showing.visit if showing.surface == "tablet" else None
        self._showing[device, asked, card] = showing
        self._before.pop((showing.visit, showing.surface), None)
        if not asked:  # what is sent takes the place of what was asked for before
            self._showing.pop((device, True, card), None)

    def remember(self, showings: Iterable[ScreenContent]) -> None:
        """What screens may still show from before a start; nobody knows which, so it bars and is never wiped."""
        for showing in showings:
            self._before.setdefault((showing.visit, showing.surface), []).append(showing)

    def speaking_of(
        self, items: Collection[ItemKey], now: datetime
    ) -> tuple[ContentRequest, ...]:
        """Wishes for other content on every screen that still shows one of ``items`` at the real instant ``now``."""
        if not items:
            return ()
        found = {
            (device, showing.visit): ContentRequest(
                placement=showing.placement, visit=showing.visit, device=device
            )
            for (device, _, _), showing in self._showing.items()
            if showing.until > now and not showing.items.isdisjoint(items)
        }
        return tuple(found.values())

    def clears(self, device: DeviceId) -> None:
        """Nothing is shown on this public screen any more."""
        self._showing = {at: s for at, s in self._showing.items() if at[0] != device}

    def is_showing(self, device: DeviceId, decision: DecisionId) -> bool:
        """Whether a screen was last meant to show this decision."""
        return any(
            showing.decision == decision
            for (where, asked, _), showing in self._showing.items()
            if where == device and not asked
        )

    def elsewhere(
        self, visit: VisitId | None, surface: str, now: datetime, *, personal: bool
    ) -> tuple[OfferId, ...]:
        """Offers that other kinds of screens show to this visit at the real instant ``now``, sorted.

        The display of the zone that the visit is in is one of them. Unless ``personal``, what was chosen with
        the person's own data is left out.
        """
        found = {
            offer
            for showing in chain(self._showing.values(), *self._before.values())
            if showing.surface != surface and showing.until > now
            if (personal or not showing.personal) and self._sees(visit, showing)
            for offer in showing.offers
        }
        return tuple(sorted(found))

    def wipe(self, visit: VisitId) -> tuple[tuple[DeviceId, str], ...]:
        """Devices (with their class) whose screen speaks of this visit; they are taken as clear now."""
        gone = {at: s.surface for at, s in self._showing.items() if s.visit == visit}
        for at in gone:
            del self._showing[at]
        return tuple(
            {device: (device, surface) for (device, _, _), surface in gone.items()}.values()
        )

    def is_leaving(self, token: Token | None, at: datetime) -> bool:
        """Whether this person paid a moment ago, at the business time ``at``."""
        paid_at = None if token is None else self._paid.get(token)
        return paid_at is not None and at - paid_at < _LEAVING

    def _end(self, visit: Visit) -> None:
        del self._heard[visit.id]
        self._sighted.pop(visit.id, None)
        self._showing = {at: s for at, s in self._showing.items() if at[2] != visit.id}
        if visit.ended is EndReason.PAID and visit.token is not None and visit.ended_at:
            since = visit.ended_at - _LEAVING
            self._paid = {token: at for token, at in self._paid.items() if at > since}
            self._paid[visit.token] = visit.ended_at

    def _place(self, visit: Visit) -> None:
        before = self._visits.pop(visit.id, None)
        for past in (before, visit):
            if past is not None:
                self._unlink(past)
        if visit.ended_at is not None:
            return
        self._visits[visit.id] = visit
        if visit.token is not None:
            self._by_token[visit.token] = visit.id
        if visit.kiosk is not None:
            self._by_kiosk[visit.kiosk] = visit.id

    def _unlink(self, visit: Visit) -> None:
        if visit.token is not None and self._by_token.get(visit.token) == visit.id:
            del self._by_token[visit.token]
        if visit.kiosk is not None and self._by_kiosk.get(visit.kiosk) == visit.id:
            del self._by_kiosk[visit.kiosk]

    def _keep(self, basket: TillBasket) -> None:
        self._baskets[basket.id] = basket
        self._baskets.move_to_end(basket.id)
        if len(self._baskets) > _CLOSED_BASKETS:
            closed = (b.id for b in self._baskets.values() if b.state is not BasketState.OPEN)
            oldest = next(closed, None)
            if oldest is not None:
                del self._baskets[oldest]
