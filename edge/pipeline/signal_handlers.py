"""A signal becomes a transition: whom it leads to, which visit and basket it touches, and what it changes.

The intake calls `handle`; what is found here goes into `edge.domain.transitions`, and its result to the executor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from devices.errors import Refusal
from devices.messages import Basket as BasketMessage
from devices.messages import (
    BasketAction,
    Consent,
    Feedback,
    FeedbackAction,
    LineRefusal,
    Play,
    Sighting,
    SignIn,
    SignOut,
)
from edge.decision.steps.feedback import check_play, played, replied
from edge.decision.steps.signal import Signal
from edge.domain.consent import Purpose
from edge.domain.customer import Customer
from edge.domain.decision import Decision
from edge.domain.errors import SignalRefused
from edge.domain.exposure_memory import DISMISSED, LOOKED_AT, NEVER_AGAIN, TAKEN_UP
from edge.domain.ids import (
    DecisionId,
    DeviceId,
    Sku,
    Token,
    VisitId,
    event_name,
    made_at,
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
from edge.pipeline.identifiers import Identifiers
from edge.pipeline.till_signals import TillSignals
from edge.state.customers import CustomerCache
from edge.state.presence import Presence
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
class PassedOver:
    """A field that was not taken while the rest of its message was, with the reason on the wire."""

    reason: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledSignal:
    """What a signal changes, and what is not on the transition.

    ``enrolled``: the link of somebody who enrolled. ``refused_lines``: those of a basket that were not taken;
    ``passed_over``: what else of the message was not.
    """

    transition: Transition
    enrolled: tuple[str, Token] | None = None
    refused_lines: tuple[LineRefusal, ...] = ()
    passed_over: PassedOver | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalHandlers:
    """Turns signals into transitions. It reads and changes nothing: the executor makes the transition real.

        ``identifiers``: how they are read here; ``new_visit_id`` makes a random one; ``check_redemption`` refuses
    a claim of what may not be redeemed; ``latest``: the latest that real time may be.
    """

    presence: Presence
    recent_buyers: RecentBuyers
    people: CustomerCache
    directory: Directory
    till: TillSignals
    policy: MarketPolicy
    identifiers: Identifiers
    new_visit_id: Callable[[], VisitId]
    latest: Callable[[], datetime]
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
            code, token = self._owner(here, data.method, data.value)
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

    def _owner(self, here: _Here, kind: str, value: str) -> tuple[str, Token | None]:
        """The keyed code of what somebody gave and whose it is, unless it is no identifier or too many were tried."""
        # Before any look-up: a device that guessed too often learns nothing more.
        self.sign_in_limit.check(here.signal.device, here.now)
        try:
            return self.identifiers.owner(kind, value, self.directory.by_code)
        except SignalRefused as refused:
            # Refused or unknown, it was a try.
            self.sign_in_limit.note(here.signal.device, here.now, known=False)
            raise SignalRefused(refused.reason, field="value") from None

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
        found, passed_over = self._shown_card(here, data)
        context = self._context(here, zone=here.zone, found=found, session=session)
        transition = basket_changed(context, told.step)
        return HandledSignal(
            transition=replace(transition, coupons=data.coupons),
            refused_lines=told.refused,
            passed_over=passed_over,
        )

    def _shown_card(
        self, here: _Here, data: BasketMessage
    ) -> tuple[Customer | None, PassedOver | None]:
        """Whom the loyalty number leads to; a number that cannot be one is passed over, for a sale must not be lost.

        Raises:
            SignalRefused: ``card-number`` – there is nothing in the message but the number of a payment card.
        """
        if data.loyalty is None:
            return None, None
        try:
            _, token = self.identifiers.owner("loyalty", data.loyalty, self.directory.by_code)
        except SignalRefused as refused:
            # A place holder such as ``n/a`` is a till's habit and no word worth.
            if refused.reason == Refusal.MALFORMED:
                return None, None
            if data.action is BasketAction.IDENTIFY and not data.lines:
                raise SignalRefused(refused.reason, field="loyalty") from None
            return None, PassedOver(reason=refused.reason, field="loyalty")
        return self._person(token, here), None

    def _reply(self, here: _Here, data: Play | Feedback) -> Transition:
        decision = self.directory.decision(DecisionId(data.decision_id))
        if decision is None:
            raise SignalRefused("unknown-decision")
        if isinstance(data, Play):
            check_play(here.signal, data, _since(decision, here))
            return Transition(facts=(played(here.signal, data, decision, here.at),))
        if data.item_id is not None:
            data = data.model_copy(
                update={"item_id": self.till.catalogue.codes.sku(data.item_id)}
            )
        reply = self._answered(data, decision, here.signal.device)
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

    def _answered(self, data: Feedback, decision: Decision, device: DeviceId) -> OfferReply:
        """What a person said to the decision; the visit goes with it while it is its person's."""
        visit = None if decision.visit is None else self.presence.visit(decision.visit)
        mine = visit is not None and visit.token == decision.token
        return OfferReply(
            decision=decision,
            liked=_LIKED[data.action],
            sku=None if data.item_id is None else Sku(data.item_id),
            visit=visit if mine else None,
            device=device,
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
            latest=self.latest(),
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


def _since(decision: Decision, here: _Here) -> float:
    """Real seconds from the decision to what is said of it."""
    made = made_at(decision.id)
    # A name that tells no time: in a shop the decision's own is real time.
    since_s = (here.at - decision.at if made is None else here.signal.at - made).total_seconds()
    # Before the decision was made? Its device's clock is behind, and all that is known is when it came.
    if since_s < 0:
        since_s += (here.now - here.signal.at).total_seconds()
    return since_s
