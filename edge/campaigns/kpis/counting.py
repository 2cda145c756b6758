"""What a transition adds to the key figures: rows in its own change set, so each is counted once or not at all.

The side effects of a transition call it; attribution, drivers and tips each give their part.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from edge.campaigns.kpis.attribution import WINDOW, Touchpoint, attribute, with_decisions
from edge.campaigns.kpis.challenges import CardUpdate, Challenges
from edge.campaigns.kpis.drivers import bounties
from edge.campaigns.kpis.tips import TabletCards
from edge.domain.basket import TillBasket
from edge.domain.booked_sale import BookedSale, SaleTies, book
from edge.domain.consent import Purpose
from edge.domain.event import StoreEvent
from edge.domain.ids import DeviceId, ItemKey, OfferId, Sku, Token, VisitId
from edge.domain.kpi import DayCount
from edge.domain.placement import surface_of
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import Transition
from edge.domain.visit import Visit
from edge.state.catalogue import CurrentCatalogue
from edge.state.decider import MadeDecision
from edge.state.presence import Presence
from edge.storage.change_set import ChangeSet, KpiUpdates
from edge.storage.database import Database
from edge.storage.decisions import exposures
from edge.storage.people.visit_days import PaidTrip
from models.items import item_key

_VISITS = 2_000
# A screen is refreshed all the time; of one visit so many showings are held against the till.
_SHOWINGS = 200
_NOBODY = frozenset[Purpose]()
_PAID = "Order Completed"

Purposes = Mapping[VisitId, frozenset[Purpose]]
"""What holds at this moment for each visit of a transition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingResult:
    """``gains`` go into the change set; ``facts`` stand in for the transition's, an order with what led to it.

    ``sale``: what was paid, as it is booked.
    """

    gains: KpiUpdates
    facts: tuple[StoreEvent, ...]
    sale: BookedSale | None = None


class KpiCounting:
    """Counts transitions. Everybody together is always counted; a person only under their own consents."""

    def __init__(
        self,
        *,
        presence: Presence,
        catalogue: CurrentCatalogue,
        site: StoreSite,
        database: Database,
        challenges: Challenges,
    ) -> None:
        self._floor = presence
        self._catalogue = catalogue
        self._site = site
        self._database = database
        self.challenges = challenges
        self._cards = TabletCards()
        self._shown: OrderedDict[VisitId, list[Touchpoint]] = OrderedDict()

    def shown(self, made: MadeDecision, surface: str, device: DeviceId | None) -> None:
        """A decision has gone to a screen; ``device`` where it is known to which."""
        decision = made.decision
        if device is not None and surface_of(surface).associate:
            self._cards.sent(device, decision.id)
        if decision.visit is None or not decision.slots:
            return
        touched = self._shown.setdefault(decision.visit, [])
        if len(touched) < _SHOWINGS:
            touched.append(
                Touchpoint(
                    decision=decision.id,
                    at=decision.at,
                    surface=surface,
                    skus=frozenset(slot.sku for slot in decision.slots),
                    visit=decision.visit,
                )
            )
        # Visits that never pay leave their showings here.
        while len(self._shown) > _VISITS:
            self._shown.popitem(last=False)

    def after(
        self,
        transition: Transition,
        change_set: ChangeSet,
        purposes: Purposes,
        made: Sequence[MadeDecision],
    ) -> CountingResult:
        """What ``transition`` and the decisions ``made`` because of it add; to be called once the floor has taken it.

        Args:
            transition: What happened.
            change_set: What is written with it anyway; ``change_set.at`` is when it happened.
            purposes: What holds for its visits, and for those of the decisions.
            made: The decisions, the arrival's among them.
        """
        at = change_set.at
        day, _ = self._site.moment(at)
        told = (
            self._cards.tip(transition, reply, self._floor, at) for reply in change_set.feedback
        )
        drawn = tuple(
            card
            for one in made
            # A card is personal content: none is drawn without a yes to that.
            if _wants_personal(one.decision.visit, purposes)
            for card in self.challenges.draw(one, at)
        )
        gains = KpiUpdates(
            day=day,
            counts=_visits(transition),
            bounties=bounties(transition, change_set, purposes, at),
            tips=tuple(tip for tip in told if tip is not None),
            cards=drawn,
        )
        visit = _payer(transition)
        if visit is None or transition.basket is None:
            return CountingResult(gains=gains, facts=transition.facts)
        return self._paid(
            transition, transition.basket, visit, purposes.get(visit.id, _NOBODY), gains
        )

    def _paid(
        self,
        transition: Transition,
        basket: TillBasket,
        visit: Visit,
        allowed: frozenset[Purpose],
        gains: KpiUpdates,
    ) -> CountingResult:
        at = transition.facts[0].at
        joined = self._joined(basket, visit, allowed, at)
        filled = CardUpdate()
        if Purpose.PERSONALISE_PRIVATE in allowed:
            filled = self.challenges.fill(basket, visit, at)
        sale = book(
            basket,
            visit.token,
            at,
            gains.day,
            SaleTies(
                shown=frozenset(joined),
                measured=visit.token is not None and Purpose.MEASURE in allowed,
                cards=tuple((card.challenge, card.week) for card in filled.cards),
            ),
        )
        # Adding counters drops what is nought, so that no empty rows are written.
        counts = Counter(gains.counts) + sale.counts
        # A nameless visit's decision leads to nobody; a person's may leave the store only with a yes to sharing.
        may_name = visit.token is None or Purpose.SHARE in allowed
        told = tuple(
            replace(fact, properties=with_decisions(fact, joined))
            if may_name and fact.name == _PAID
            else fact
            for fact in transition.facts
        )
        done = replace(
            gains,
            counts=dict(counts),
            paid=(visit.id, sale.lines),
            trips=_trip(sale),
            cards=(*gains.cards, *filled.cards),
        )
        return CountingResult(gains=done, facts=(*told, *filled.facts), sale=sale)

    def _joined(
        self, basket: TillBasket, visit: Visit, allowed: frozenset[Purpose], at: datetime
    ) -> Mapping[Sku, Touchpoint]:
        """What was shown of the basket: to a nameless visit while it lasted, to a person who may be measured."""
        touched = self._shown.get(visit.id, [])
        # While another basket of the visit is being scanned, they count for that one, too.
        if visit.ended_at is not None:
            self._shown.pop(visit.id, None)
        if visit.token is not None:
            if Purpose.MEASURE not in allowed:
                return {}
            touched = [*touched, *self._earlier(visit.token, basket, at)]
        return attribute(basket.skus, touched, visit=visit.id, at=at)

    def _earlier(self, token: Token, basket: TillBasket, at: datetime) -> Iterable[Touchpoint]:
        """Offers that were shown to the person before this visit, by the products that they are good for."""
        catalogue = self._catalogue.in_force
        if catalogue is None:
            return ()
        keys = {ItemKey(item_key(sku)): sku for sku in basket.skus}
        known = self._database.read(partial(exposures.showings, token=token, at=at - WINDOW))

        def bought(offer: OfferId) -> frozenset[Sku]:
            found = catalogue.offers_by_id.get(offer)
            return frozenset(keys[k] for k in (found.items if found else ()) if k in keys)

        return (
            Touchpoint(decision=e.decision, at=e.at, surface=e.surface, skus=bought(e.offer))
            for e in known
        )


def _payer(transition: Transition) -> Visit | None:
    """The visit whose basket was paid by this transition."""
    if not transition.paid or transition.basket is None:
        return None
    return next((v for v in transition.visits if v.id == transition.basket.visit), None)


def _wants_personal(visit: VisitId | None, purposes: Purposes) -> bool:
    return visit is not None and Purpose.PERSONALISE_PRIVATE in purposes.get(visit, _NOBODY)


def _visits(transition: Transition) -> dict[DayCount, int]:
    names = Counter(fact.name for fact in transition.facts)
    counts = {
        DayCount.VISITS: names["Visit Started"],
        DayCount.KNOWN_VISITS: names["Customer Identified"],
    }
    return {count: n for count, n in counts.items() if n}


def _trip(sale: BookedSale) -> tuple[PaidTrip, ...]:
    if sale.token is None or not sale.measured:
        return ()
    return (
        PaidTrip(token=sale.token, day=sale.days.booked, at=sale.at, cents=sale.trip_cents),
    )
