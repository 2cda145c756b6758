"""What is known when a signal comes in, and the transition that follows from it.

Signal handlers gather the context, a file beside this one makes the transition, the executor makes it real.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from edge.domain.basket import BasketLine, TillBasket
from edge.domain.consent import ConsentEntry
from edge.domain.customer import Customer
from edge.domain.decision import Decision
from edge.domain.event import StoreEvent
from edge.domain.identity import Identity, identify
from edge.domain.ids import DecisionId, DeviceId, OfferId, Sku, Token, VisitId
from edge.domain.market import MarketPolicy, RecognitionMethod
from edge.domain.placement import ARRIVAL, BOARDS, CARD, PLACEMENTS
from edge.domain.visit import EndReason, Visit

_AT_A_SESSION = tuple(p.name for p in PLACEMENTS.values() if p.at_session)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalContext:
    """Everything a signal may touch, gathered beforehand.

    ``found`` is whom the signal's identifier leads to, consent not yet asked; ``session`` the visit now
    at this device (its kiosk session or its basket's); ``known`` the visit that ``found`` already has;
    ``person`` who the session belongs to; ``spare`` the id for a visit that begins here; ``others`` further baskets of
    ``session`` and ``known`` that may still be paid. ``at`` is business time, ``now`` real time, by which consent is
    judged – by ``latest`` where the clock is in doubt and it may be later.
    """

    event_id: str
    source: str
    at: datetime
    now: datetime
    device: DeviceId
    surface: str
    zone: str | None
    policy: MarketPolicy
    spare: VisitId
    found: Customer | None = None
    person: Customer | None = None
    session: Visit | None = None
    known: Visit | None = None
    basket: TillBasket | None = None
    others: tuple[TillBasket, ...] = ()
    latest: datetime | None = None

    @property
    def judged_at(self) -> datetime:
        """The real time by which it is judged whether a consent still holds."""
        return self.now if self.latest is None else max(self.now, self.latest)

    def identity(self, method: RecognitionMethod) -> Identity:
        """Whether ``found`` may be used under ``method``."""
        return identify(self.found, method, self.policy, self.judged_at)

    def new_visit(self) -> Visit:
        """An anonymous visit that begins with this signal."""
        return Visit(
            id=self.spare,
            opened_at=self.at,
            seen_at=self.at,
            zone=self.zone,
            zone_since=self.at if self.zone else None,
        )

    def fact(self, name: str, visit: Visit | None, **properties: object) -> StoreEvent:
        """The fact that this signal itself is; its id is the signal's."""
        return StoreEvent(
            id=self.event_id,
            name=name,
            at=self.at,
            source=self.source,
            visit=None if visit is None else visit.id,
            token=None if visit is None else visit.token,
            properties=properties,
        )

    def further(self, name: str, visit: Visit, **properties: object) -> StoreEvent:
        """A fact that follows from the signal; its id is made from the signal's."""
        # The same signal makes the same id again, so that a repeat tells the centre nothing twice.
        mark = name.casefold().replace(" ", "-")
        return replace(self.fact(name, visit, **properties), id=f"{self.event_id}.{mark}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentRequest:
    """A wish for content: which placement, for whose visit, and on which device or in which zone.

    With neither ``device`` nor ``zone`` it is for every device of the placement's class. ``limit``: so many items
    at most; None: as many as the placement holds.
    """

    placement: str
    visit: VisitId | None
    device: DeviceId | None = None
    zone: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What one signal changes. ``facts[0]`` is the signal itself.

    ``visits`` and ``basket`` replace what was there, and so do ``others``: baskets that change with their visit alone.
    ``clear`` names visits whose content must leave every screen; ``bought`` are lines to learn from, ``voided`` lines
    to unlearn; ``paid`` says that goods were bought with the basket, with ``coupons`` of any kind handed in for it;
    ``returned`` are lines by which goods came back; ``undone``: the basket is a sale that was taken back whole.
    ``reply``: what a person said to a decision; ``claim``: offers that a till gives, or puts back. ``late``: it
    happened long ago, so it touches nothing of the present.
    """

    facts: tuple[StoreEvent, ...]
    visits: tuple[Visit, ...] = ()
    basket: TillBasket | None = None
    others: tuple[TillBasket, ...] = ()
    customer: Customer | None = None
    consents: tuple[ConsentEntry, ...] = ()
    wants: tuple[ContentRequest, ...] = ()
    clear: tuple[VisitId, ...] = ()
    bought: tuple[BasketLine, ...] = ()
    voided: tuple[BasketLine, ...] = ()
    paid: bool = False
    coupons: int = 0
    returned: tuple[BasketLine, ...] = ()
    undone: bool = False
    late: bool = False
    reply: OfferReply | None = None
    claim: OfferClaim | None = None

    @property
    def baskets(self) -> tuple[TillBasket, ...]:
        """All of them, the one that it is about first."""
        return self.others if self.basket is None else (self.basket, *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferReply:
    """How ``decision`` was taken, or its item ``sku``; ``liked`` as in `edge.domain.exposure_memory`.

    ``visit``: its person's, while it goes on. ``device``: on which it was said.
    """

    decision: Decision
    liked: int
    sku: Sku | None = None
    visit: Visit | None = None
    device: DeviceId | None = None

    @property
    def offers(self) -> tuple[tuple[OfferId, Sku], ...]:
        """The offers concerned, each once, with the first of its products."""
        found = dict[OfferId, Sku]()
        for slot in self.decision.slots:
            if slot.offer is not None and self.sku in (None, slot.sku):
                found.setdefault(slot.offer, slot.sku)
        return tuple(found.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferClaim:
    """Offers that a till gives in an open basket or, ``undone``, puts back.

    ``decision``: the one that promised them; without it the shopper came with a code. ``token``: whose they are,
    by the decision, else by the basket; ``visit``: theirs, while it goes on.
    """

    basket: TillBasket
    offers: tuple[OfferId, ...]
    decision: Decision | None = None
    token: Token | None = None
    visit: Visit | None = None
    undone: bool = False

    @property
    def decision_id(self) -> DecisionId:
        """The name of the decision that promised them; empty without one."""
        return DecisionId("") if self.decision is None else self.decision.id


def claim_of(
    basket: TillBasket,
    visit: Visit | None,
    decision: Decision | None,
    offers: tuple[OfferId, ...],
) -> OfferClaim:
    """A claim in the name of whom the decision was made for, else of whom the basket is."""
    told = None if decision is None else decision.token
    present = None if visit is None else visit.token
    token = told or basket.token or present
    return OfferClaim(
        basket=basket,
        offers=offers,
        decision=decision,
        token=token,
        visit=visit if token is not None and present == token else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitMerge:
    """A person joined to a visit: the visit to go on with, those it replaced, and what follows."""

    visit: Visit
    replaced: tuple[Visit, ...] = ()
    facts: tuple[StoreEvent, ...] = ()
    wants: tuple[ContentRequest, ...] = ()


def arrive(context: SignalContext, token: Token, method: RecognitionMethod) -> VisitMerge:
    """Join ``token`` to the situation: their visit elsewhere and the session here become one.

    The session's basket and zone are kept, so that an anonymous basket survives the recognition.
    """
    here = context.session
    # The session of somebody else is not theirs to go on with.
    if here is not None and here.token is not None and here.token != token:
        here = None
    if context.known is not None:
        visit = context.known.seen(context.at)
        if here is None or here.id == visit.id:
            return VisitMerge(visit=visit)
        merged = replace(here, kiosk=None).closing(EndReason.MERGED, context.at)
        return VisitMerge(
            visit=visit.absorbing(here), replaced=(merged,), facts=(_merged(context, merged),)
        )
    visit = (here or context.new_visit()).seen(context.at).known_as(token, method)
    started = () if here is not None else (context.further("Visit Started", visit),)
    facts = (*started, context.further("Customer Identified", visit, method=method.value))
    return VisitMerge(visit=visit, facts=facts, wants=arrival_requests(visit))


def _merged(context: SignalContext, over: Visit) -> StoreEvent:
    """The end of a visit that went on as another; the signal may end a second one, so its id is its own."""
    ended = context.fact("Visit Ended", over, reason=EndReason.MERGED.value)
    return replace(ended, id=f"{over.id}.ended")


def arrival_requests(visit: Visit) -> tuple[ContentRequest, ...]:
    """What follows from recognising a person: the arrival list and the associate's card."""
    return (
        ContentRequest(placement=ARRIVAL, visit=visit.id),
        ContentRequest(placement=CARD, visit=visit.id, zone=visit.zone),
    )


def session_requests(visit: Visit) -> tuple[ContentRequest, ...]:
    """The screen where the visit has a session; of these wishes the one for its class finds it."""
    if visit.kiosk is None:
        return ()
    return tuple(
        ContentRequest(placement=p, visit=visit.id, device=visit.kiosk) for p in _AT_A_SESSION
    )


def boards(zone: str | None) -> tuple[ContentRequest, ...]:
    """What everybody in ``zone`` can see, anew."""
    return tuple(
        ContentRequest(placement=board.name, visit=None, zone=zone) for board in BOARDS.values()
    )


def refresh_requests(visit: Visit) -> tuple[ContentRequest, ...]:
    """All of the visit's screens once more, under changed consents."""
    return (
        # One arrival list a visit: the model is judged by the first.
        *(w for w in arrival_requests(visit) if w.placement != ARRIVAL),
        *session_requests(visit),
    )
