"""Who and what is in the store right now: open visits, baskets, signed-in screens and what each screen shows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from edge.domain.basket import Basket, BasketState
from edge.domain.decision import Decision, Kind
from edge.domain.ids import BasketId, DecisionId, DeviceId, OfferId, Token, VisitId
from edge.domain.visit import Visit
from edge.turns.scene import Turn

# Closed baskets are kept this long in mind, so that a late line is refused and not taken for a new sale.
_CLOSED_BASKETS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """What one screen shows. ``until`` is real time."""

    decision: DecisionId
    surface: str
    visit: VisitId | None
    kind: Kind
    offers: tuple[OfferId, ...]
    until: datetime

    @classmethod
    def of(cls, decision: Decision, surface: str, until: datetime) -> Showing:
        """The showing that ``decision`` leads to."""
        return cls(
            decision=decision.id,
            surface=surface,
            visit=decision.visit,
            kind=decision.kind,
            offers=tuple(c.offer for c in decision.choices if c.offer is not None),
            until=until,
        )


class Floor:
    """The store's present, rebuilt from the database at start. All methods are plain and quick."""

    def __init__(self, visits: Iterable[Visit] = (), baskets: Iterable[Basket] = ()) -> None:
        self._visits: dict[VisitId, Visit] = {}
        self._by_token: dict[Token, VisitId] = {}
        self._by_kiosk: dict[DeviceId, VisitId] = {}
        self._baskets: OrderedDict[BasketId, Basket] = OrderedDict()
        self._showing: dict[DeviceId, Showing] = {}
        self._heard: dict[VisitId, datetime] = {}
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

    def basket(self, basket: BasketId | None) -> Basket | None:
        """A basket, open or closed lately."""
        return None if basket is None else self._baskets.get(basket)

    def open_basket_at(self, device: DeviceId) -> Basket | None:
        """The latest basket still open at a till."""
        return next(
            (
                basket
                for basket in reversed(self._baskets.values())
                if basket.device == device and basket.state is BasketState.OPEN
            ),
            None,
        )

    def take(self, turn: Turn, now: datetime) -> None:
        """Make a turn's visits and basket the present. ``now`` is real time."""
        for visit in turn.visits:
            self._place(visit)
            self._heard[visit.id] = now
            if visit.ended_at is not None:
                del self._heard[visit.id]
        if turn.basket is not None:
            self._keep(turn.basket)

    def quiet(self, since: datetime) -> tuple[Visit, ...]:
        """Visits of which nothing was heard after the real instant ``since``; unheard since start counts from now."""
        found = tuple[Visit, ...]()
        for visit in self._visits.values():
            heard = self._heard.setdefault(visit.id, since)
            if heard < since:
                found = (*found, visit)
        return found

    def personal_screens(self) -> tuple[VisitId, ...]:
        """Visits of whom some screen shows something personal."""
        showing = (s for s in self._showing.values() if s.kind is Kind.PERSONAL)
        return tuple({s.visit: None for s in showing if s.visit is not None})

    def shows(self, device: DeviceId, showing: Showing) -> None:
        """Note what a screen shows from now on."""
        self._showing[device] = showing

    def is_showing(self, device: DeviceId, decision: DecisionId) -> bool:
        """Whether a screen was last meant to show this decision."""
        showing = self._showing.get(device)
        return showing is not None and showing.decision == decision

    def elsewhere(
        self, visit: VisitId | None, surface: str, now: datetime
    ) -> tuple[OfferId, ...]:
        """Offers that other kinds of screens show to this visit at the real instant ``now``, sorted."""
        if visit is None:
            return ()
        found = {
            offer
            for showing in self._showing.values()
            if showing.visit == visit and showing.surface != surface and showing.until > now
            for offer in showing.offers
        }
        return tuple(sorted(found))

    def wipe(self, visit: VisitId) -> tuple[tuple[DeviceId, str], ...]:
        """Devices (with their class) whose screen speaks of this visit; they are taken as clear now."""
        found = tuple(
            (device, showing.surface)
            for device, showing in self._showing.items()
            if showing.visit == visit
        )
        for device, _ in found:
            del self._showing[device]
        return found

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

    def _keep(self, basket: Basket) -> None:
        self._baskets[basket.id] = basket
        self._baskets.move_to_end(basket.id)
        while len(self._baskets) > _CLOSED_BASKETS:
            oldest = next(iter(self._baskets.values()))
            if oldest.state is BasketState.OPEN:
                break
            del self._baskets[oldest.id]
