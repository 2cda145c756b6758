"""A signal becomes a transition: whom it leads to, which visit and basket it touches, and what it changes.

The intake calls `handle`; what is found here goes into `edge.domain.transitions`, and its result to the executor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from devices.messages import Basket as BasketMessage
from devices.messages import (
    Consent,
    Feedback,
    FeedbackAction,
    LineRefusal,
    Play,
    Sighting,
    SignIn,
    SignOut,
)
from edge.decision.steps.feedback import played, replied
from edge.decision.steps.signal import Signal
from edge.domain.consent import Purpose
from edge.domain.customer import Customer
from edge.domain.decision import Decision
from edge.domain.errors import SignalRefused
from edge.domain.exposure_memory import DISMISSED, LOOKED_AT, NEVER_AGAIN, TAKEN_UP
from edge.domain.ids import (
    DecisionId,
    Sku,
    Token,
    VisitId,
    event_name,
    is_usable,
    link_code,
)
from edge.domain.market import MarketPolicy
from edge.domain.placement import surface_of
from edge.domain.transitions.beacon import passed, sighted
from edge.domain.transitions.kiosk import agreed, signed_in, signed_out, withdrew
from edge.domain.transitions.till import basket_changed
from edge.domain.transitions.transition import (
    OfferClaim,
    OfferReply,
    SignalContext,
    Transition,
    claim_of,
)
from edge.domain.visit import Visit
from edge.pipeline.till_signals import TillSignals
from edge.state.customers import CustomerCache
from edge.state.presence import Presence
from edge.state.product_codes import ProductCodes
from edge.state.recent_buyers import RecentBuyers
from edge.state.sign_in_limit import SignInLimit

# Kinds of beacon that can stand for a person; the others are parts of the building.
_PERSONAL_BEACONS = frozenset({"app", "eid"})

_LIKED: Mapping[FeedbackAction, int] = {
    FeedbackAction.VIEW: LOOKED_AT,
    FeedbackAction.TOUCH: LOOKED_AT,
    FeedbackAction.ACCEPT: TAKEN_UP,
    FeedbackAction.REDEEM: TAKEN_UP,
    FeedbackAction.SAID: LOOKED_AT,
    FeedbackAction.RATE: LOOKED_AT,
    FeedbackAction.DECLINE: DISMISSED,
    FeedbackAction.DISMISS: DISMISSED,
    FeedbackAction.NOT_FOR_ME: NEVER_AGAIN,
}

RedemptionCheck = Callable[[OfferClaim, datetime], None]
"""Raises SignalRefused where a till claims what may not be given (any more) at that business time."""


def _no_limits(_claim: OfferClaim, _at: datetime) -> None:
    return


class Directory(Protocol):
    """Who is who, without a raw identifier in it."""

    def by_code(self, code: str) -> Token | None:
        """The person whose identifier has this keyed code."""
        ...

    def by_beacon(self, rotating_id: str, now: datetime) -> Token | None:
        """The person whose app broadcasts this id around ``now`` (real time)."""
        ...

    def by_claim(self, claim: str, now: datetime) -> Token | None:
        """The person who signed this presence claim.

        Raises:
            SignalRefused: ``claim-invalid`` – forged, for another store, expired or used before.
        """
        ...

    def decision(self, decision: DecisionId) -> Decision | None:
        """A stored decision."""
        ...

    def enrolling(self, code: str) -> Token:
        """The pseudonym for somebody first met under this code."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledSignal:
    """What a signal changes, and what is not on the transition.

    ``enrolled``: the link of somebody who enrolled. ``refused_lines``: those of a basket that were not taken.
    """

    transition: Transition
    enrolled: tuple[str, Token] | None = None
    refused_lines: tuple[LineRefusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalHandlers:
    """Turns signals into transitions. It reads and changes nothing: the executor makes the transition real.

    ``key``: the store's secret for identifiers; ``new_visit_id`` makes a random one; ``check_redemption`` refuses
    a claim of what may not be redeemed.
    """

    presence: Presence
    recent_buyers: RecentBuyers
    people: CustomerCache
    directory: Directory
    till: TillSignals
    policy: MarketPolicy
    codes: ProductCodes
    key: bytes = field(repr=False)
    new_visit_id: Callable[[], VisitId]
    check_redemption: RedemptionCheck = _no_limits
    sign_in_limit: SignInLimit = field(default_factory=SignInLimit)

    def handle(
        self, signal: Signal, *, zone: str | None, at: datetime, now: datetime
    ) -> HandledSignal:
        """What ``signal`` changes.

        Args:
            signal: A taken signal.
            zone: Where its device stands.
            at: Business time.
            now: Real time.

        Raises:
            SignalRefused: with the reason on the wire.
        """
        here = _Here(signal=signal, zone=zone, at=at, now=now)
        match signal.data:
            case Sighting() as data:
                return HandledSignal(transition=self._sighting(here, data))
            case SignIn() as data:
                return self._sign_in(here, data)
            case SignOut() as data:
                return HandledSignal(transition=signed_out(self._at_kiosk(here), data.reason))
            case Consent() as data:
                return HandledSignal(transition=self._consent(here, data))
            case BasketMessage() as data:
                return self._basket(here, data)
            case Play() | Feedback() as data:
                return HandledSignal(transition=self._reply(here, data))
            case _:
                raise SignalRefused("unknown-type")

    def _sighting(self, here: _Here, data: Sighting) -> Transition:
        zone = data.zone or here.zone
        # First: a signed claim cannot be copied off the air like the id that it came with.
        if data.claim is not None:
            token = self.directory.by_claim(data.claim, here.now)
        elif data.beacon.kind in _PERSONAL_BEACONS:
            token = self.directory.by_beacon(data.beacon.id, here.now)
        elif zone is None:
            raise SignalRefused("unknown-beacon")
        else:
            return passed(self._context(here, zone=zone))
        context = self._context(here, zone=zone, found=self._person(token, here))
        transition = sighted(context)
        # Behind `sighted`, so that who did not agree is refused like any stranger, paid or not.
        is_packing = context.known is None and self.recent_buyers.is_leaving(token, here.at)
        return passed(context) if is_packing else transition

    def _sign_in(self, here: _Here, data: SignIn) -> HandledSignal:
        if data.method == "qr":
            # A claim is signed and used up, so there is nothing to guess and no miss to count.
            token, code = self.directory.by_claim(data.value, here.now), None
        else:
            code = self._code(here, data.method, data.value)
            token = self.directory.by_code(code)
            # Who agrees to something comes to enrol: an unknown number is then no guess.
            self.sign_in_limit.note(
                here.signal.device, here.now, known=token is not None or bool(data.purposes)
            )
        unknown = token is None and code is not None
        enrolling = self.directory.enrolling(code) if unknown and code is not None else None
        # Somebody who enrolled a moment ago may not be on disk yet.
        context = self._at_kiosk(here, found=self._person(token or enrolling, here))
        purposes = tuple(Purpose(p.value) for p in data.purposes)
        transition = signed_in(
            context, enrolling, purposes, data.notice_id, data.locale or "en-US"
        )
        new = transition.customer is not None and code is not None and enrolling is not None
        return HandledSignal(
            transition=transition,
            enrolled=(code, enrolling) if new and code and enrolling else None,
        )

    def _code(self, here: _Here, kind: str, value: str) -> str:
        """The keyed code of what somebody gave, unless it is no identifier or too many were tried here."""
        # Before any look-up: a device that guessed too often learns nothing more.
        self.sign_in_limit.check(here.signal.device, here.now)
        if not is_usable(kind, value):
            raise SignalRefused("malformed")
        return link_code(self.key, kind, value)

    def _consent(self, here: _Here, data: Consent) -> Transition:
        context = self._at_kiosk(here)
        purposes = tuple(Purpose(p.value) for p in data.purposes)
        if data.action == "grant":
            return agreed(context, purposes, data.notice_id or "")
        return withdrew(context, purposes, data.notice_id or "")

    def _basket(self, here: _Here, data: BasketMessage) -> HandledSignal:
        told = self.till.read(here.signal, data, at=here.at, now=here.now)
        here = replace(here, at=told.at)
        basket = told.step.basket
        session = self.presence.visit(basket.visit) or self.presence.of_person(basket.token)
        found = None
        # A place holder for a number is passed over and not refused: a till must not fail for our sake.
        if data.loyalty is not None and is_usable("loyalty", data.loyalty):
            found = self._person(
                self.directory.by_code(link_code(self.key, "loyalty", data.loyalty)), here
            )
        context = self._context(here, zone=here.zone, found=found, session=session)
        transition = basket_changed(context, told.step)
        return HandledSignal(
            transition=replace(transition, coupons=data.coupons), refused_lines=told.refused
        )

    def _reply(self, here: _Here, data: Play | Feedback) -> Transition:
        decision = self.directory.decision(DecisionId(data.decision_id))
        if decision is None:
            raise SignalRefused("unknown-decision")
        if isinstance(data, Play):
            return Transition(facts=(played(here.signal, data, decision, here.at),))
        if data.item_id is not None:
            data = data.model_copy(update={"item_id": self.codes.sku(data.item_id)})
        reply = self._answered(data, decision)
        claim = self._claimed(here, data, reply)
        if claim is not None:
            self.check_redemption(claim, here.at)
        return Transition(
            facts=(replied(here.signal, data, decision, here.at),), reply=reply, claim=claim
        )

    def _claimed(self, here: _Here, data: Feedback, reply: OfferReply) -> OfferClaim | None:
        """What the reply redeems, in the basket that is open at the till. A phone may only say that it redeems."""
        offers = tuple(offer for offer, _ in reply.offers)
        at_a_till = surface_of(here.signal.surface).redeems
        if data.action is not FeedbackAction.REDEEM or not at_a_till or not offers:
            return None
        basket = self.presence.open_basket_at(here.signal.device)
        if basket is None:
            raise SignalRefused("unknown-basket")
        return claim_of(basket, self.presence.visit(basket.visit), reply.decision, offers)

    def _answered(self, data: Feedback, decision: Decision) -> OfferReply:
        """What a person said to the decision; the visit goes with it while it is its person's."""
        visit = None if decision.visit is None else self.presence.visit(decision.visit)
        mine = visit is not None and visit.token == decision.token
        return OfferReply(
            decision=decision,
            liked=_LIKED[data.action],
            sku=None if data.item_id is None else Sku(data.item_id),
            visit=visit if mine else None,
        )

    def _at_kiosk(self, here: _Here, found: Customer | None = None) -> SignalContext:
        """The situation at a screen where one person has a session, or at a till in mid-sale."""
        session = self.presence.at_kiosk(here.signal.device)
        if session is None:
            basket = self.presence.open_basket_at(here.signal.device)
            session = None if basket is None else self.presence.visit(basket.visit)
        return self._context(here, zone=here.zone, found=found, session=session)

    def _context(
        self,
        here: _Here,
        *,
        zone: str | None,
        found: Customer | None = None,
        session: Visit | None = None,
    ) -> SignalContext:
        owner = None if session is None else self.people.find(session.token, here.at)
        known = None if found is None else self.presence.of_person(found.token)
        basket = None if session is None else self.presence.basket(session.basket)
        return SignalContext(
            event_id=event_name(here.signal.source, here.signal.id),
            source=here.signal.source,
            at=here.at,
            now=here.now,
            device=here.signal.device,
            surface=here.signal.surface,
            zone=zone,
            policy=self.policy,
            # Drawn whether it is needed or not: transitions are pure and make no ids.
            spare=self.new_visit_id(),
            found=found,
            person=None if owner is None else owner.customer,
            session=session,
            known=known,
            basket=basket,
            others=tuple(
                one
                for visit in {v.id: v for v in (session, known) if v is not None}.values()
                for one in self.presence.living_of(visit.id)
                if basket is None or one.id != basket.id
            ),
        )

    def _person(self, token: Token | None, here: _Here) -> Customer | None:
        person = self.people.find(token, here.at)
        return None if person is None else person.customer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """A signal with its place and its two times."""

    signal: Signal
    zone: str | None
    at: datetime
    now: datetime
