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
        # The latest of each till's number, and those that may still be paid.
        self._numbers: dict[tuple[DeviceId, str], BasketId] = {}
        self._alive: dict[BasketId, datetime | None] = {}
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

    @property
    def living(self) -> tuple[TillBasket, ...]:
        """Every basket that may still be paid, in the order of their last signal."""
        return tuple(self._baskets[id_] for id_ in self._alive)

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

    def basket_numbered(self, device: DeviceId, number: str) -> TillBasket | None:
        """The latest basket to which a till gave this number, open or closed lately."""
        return self.basket(self._numbers.get((device, number)))

    def living_of(self, visit: VisitId | None) -> tuple[TillBasket, ...]:
        """The visit's baskets that may still be paid, in the order of their last signal."""
        return tuple(b for b in self.living if b.visit == visit)

    def open_basket_at(self, device: DeviceId) -> TillBasket | None:
        """The latest basket that is being scanned at a till now."""
        here = (b for b in reversed(self.living) if b.device == device and not b.late)
        return next((b for b in here if b.state is BasketState.OPEN), None)

    def orphans(self, now: datetime, idle: timedelta) -> tuple[TillBasket, ...]:
        """Baskets being scanned that belong to no open visit, and of which nothing was heard for ``idle``."""
        found = list[TillBasket]()
        for basket in self.living:
            heard = self._alive[basket.id]
            if heard is None:
                # Open before the service started: it counts as heard of when first asked about.
                self._alive[basket.id] = now
            elif now - heard > idle and self.visit(basket.visit) is None:
                found.append(basket)
        return tuple(found)

    def buyers(self, transition: Transition) -> dict[BasketId, Token | None]:
        """Whose each of a transition's baskets has been until now."""
        found = dict[BasketId, Token | None]()
        for basket in transition.baskets:
            known = self._baskets.get(basket.id)
            visit = None if known is None else self.visit(known.visit)
            # Of one that is no part of the present only the basket itself knows.
            found[basket.id] = None if known is None else (visit or known).token
        return found

    def apply(self, transition: Transition, now: datetime) -> None:
        """Make a transition's visits and basket the present. ``now`` is real time."""
        for visit in transition.visits:
            self._place(visit)
            if visit.ended_at is None:
                self._heard[visit.id] = now
            else:
                self._heard.pop(visit.id, None)
        for basket in transition.baskets:
            self._keep(basket, now)

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

    def _keep(self, basket: TillBasket, now: datetime | None = None) -> None:
        before = self._baskets.get(basket.id)
        # Resumed elsewhere, it is no longer to be found under the number of the till where it was put aside.
        if before is not None and (before.device, before.number) != (
            basket.device,
            basket.number,
        ):
            self._numbers.pop((before.device, before.number), None)
        self._baskets[basket.id] = basket
        self._numbers[basket.device, basket.number] = basket.id
        # Behind the others, because the open basket at a till is looked for from the end.
        self._baskets.move_to_end(basket.id)
        self._alive.pop(basket.id, None)
        if basket.state.is_alive:
            self._alive[basket.id] = now
        if len(self._baskets) > _CLOSED_BASKETS:
            # Never one that may still be paid: its next line would begin the sale anew.
            oldest = next((b for b in self._baskets.values() if not b.state.is_alive), None)
            if oldest is not None:
                self._let_go(oldest)

    def _let_go(self, basket: TillBasket) -> None:
        del self._baskets[basket.id]
        if self._numbers.get((basket.device, basket.number)) == basket.id:
            del self._numbers[basket.device, basket.number]
