"""Who is in the store right now: open visits by id, person and kiosk, and the baskets at the tills.

Signal handlers, decision requests, triggers and figures look people up here; only a transition changes it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from edge.domain.basket import BasketState, TillBasket
from edge.domain.ids import BasketId, DeviceId, Token, VisitId
from edge.domain.transitions.transition import Transition
from edge.domain.visit import Visit

# Closed baskets are kept this long in mind, so that a late line is refused and not taken for a new sale.
_CLOSED_BASKETS = 2_000


class Presence:
    """The store's present, rebuilt from the database at start. All methods are plain and quick."""

    def __init__(
        self, visits: Iterable[Visit] = (), baskets: Iterable[TillBasket] = ()
    ) -> None:
        self._visits: dict[VisitId, Visit] = {}
        self._by_token: dict[Token, VisitId] = {}
        self._by_kiosk: dict[DeviceId, VisitId] = {}
        self._baskets: OrderedDict[BasketId, TillBasket] = OrderedDict()
        # In real time, whatever day is replayed: by it a screen is idle (decision 0002).
        self._heard: dict[VisitId, datetime] = {}
        for visit in visits:
            self._place(visit)
        for basket in baskets:
            self._keep(basket)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Everybody in the store, in the order of their last signal."""
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

    def apply(self, transition: Transition, now: datetime) -> None:
        """Make a transition's visits and basket the present. ``now`` is real time."""
        for visit in transition.visits:
            self._place(visit)
            if visit.ended_at is None:
                self._heard[visit.id] = now
            else:
                self._heard.pop(visit.id, None)
        if transition.basket is not None:
            self._keep(transition.basket)

    def idle_visits(self, now: datetime, idle: timedelta) -> tuple[Visit, ...]:
        """Visits of which nothing was heard for ``idle`` at the real instant ``now``.

        One that was open before the service started counts as heard of when first asked about.
        """
        return tuple(
            visit
            for visit in self._visits.values()
            if now - self._heard.setdefault(visit.id, now) > idle
        )

    def _place(self, visit: Visit) -> None:
        before = self._visits.pop(visit.id, None)
        # Under its old names and its new ones: a visit may have lost a person or a kiosk.
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
        # Its own entries only: a kiosk may be the next visit's by now.
        if visit.token is not None and self._by_token.get(visit.token) == visit.id:
            del self._by_token[visit.token]
        if visit.kiosk is not None and self._by_kiosk.get(visit.kiosk) == visit.id:
            del self._by_kiosk[visit.kiosk]

    def _keep(self, basket: TillBasket) -> None:
        self._baskets[basket.id] = basket
        # Behind the others, because the open basket at a till is looked for from the end.
        self._baskets.move_to_end(basket.id)
        if len(self._baskets) > _CLOSED_BASKETS:
            # Never an open one: its next line would begin the sale anew.
            closed = (b.id for b in self._baskets.values() if b.state is not BasketState.OPEN)
            oldest = next(closed, None)
            if oldest is not None:
                del self._baskets[oldest]
