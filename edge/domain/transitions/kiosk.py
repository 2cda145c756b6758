"""Somebody signs in at a screen, signs out, agrees or withdraws.

Signal handlers call it for kiosks, phones, tablets and tills; a withdrawal wipes screens before anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from edge.domain.basket import TillBasket
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.errors import SignalRefused
from edge.domain.event import StoreEvent
from edge.domain.identity import identify
from edge.domain.ids import Token, VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.placement import CARD, surface_of
from edge.domain.transitions.transition import (
    ContentRequest,
    SignalContext,
    Transition,
    VisitMerge,
    arrive,
    refresh_requests,
    session_requests,
)
from edge.domain.transitions.visit_end import forgotten, nobodys
from edge.domain.visit import EndReason, Visit


def signed_in(
    context: SignalContext,
    enrolling: Token | None,
    purposes: Iterable[Purpose],
    notice_id: str | None,
    locale: str,
) -> Transition:
    """A person gave an identifier at a screen, perhaps agreeing to purposes on the way.

    Args:
        context: ``found`` is whom the identifier leads to.
        enrolling: The pseudonym for an identifier met for the first time.
        purposes: What they agreed to under ``notice_id``, on top of the ledger.
        notice_id: The text they were shown; required with purposes.
        locale: The language they chose.

    Raises:
        SignalRefused: ``no-notice``, purposes without a text that this market knows.
    """
    agreed = tuple(dict.fromkeys(purposes))
    # A yes to no text that this market knows is no consent.
    if agreed and (notice_id is None or notice_id not in context.policy.notice_ids):
        raise SignalRefused("no-notice")
    person = context.found
    # Nobody is enrolled, or linked to a number, who did not agree to be known.
    if person is None and enrolling is not None and Purpose.RECOGNISE in agreed:
        person = Customer(token=enrolling, locale=locale)
    entries = () if person is None else _granted(context, person.token, agreed, notice_id or "")
    if person is not None:
        person = person.with_consents(person.consents.adding(entries))
    identity = identify(person, _method(context), context.policy, context.judged_at)
    if identity.token is None or person is None:
        return _anonymous(context)
    return _recognised(context, person, entries)


def _method(context: SignalContext) -> RecognitionMethod:
    """An associate's look-up and a till's are other cells of the policy than a person's own sign-in."""
    return surface_of(context.surface).sign_in


def _anonymous(context: SignalContext) -> Transition:
    """Nobody we may use: the screen goes on with what fits everybody, and lets go of whom it knew."""
    # An unknown number and one whose owner has not agreed are answered alike.
    others, clear = _others(context, None)
    stranger = context.session if not others else None
    visit = replace((stranger or context.new_visit()).seen(context.at), kiosk=context.device)
    started = () if stranger else (context.further("Visit Started", visit),)
    return Transition(
        facts=(context.fact("Sign In Answered", visit, recognised=False), *started),
        visits=(*others, visit),
        wants=session_requests(visit),
        clear=clear,
    )


def _others(
    context: SignalContext, token: Token | None
) -> tuple[tuple[Visit, ...], tuple[VisitId, ...]]:
    """The visit of somebody else that had its session here: it goes on without one, and no screen speaks of it."""
    if context.session is None or context.session.token in (None, token):
        return (), ()
    return (replace(context.session, kiosk=None),), (context.session.id,)


def _recognised(
    context: SignalContext, person: Customer, entries: tuple[ConsentEntry, ...]
) -> Transition:
    others, clear = _others(context, person.token)
    arrival = arrive(context, person.token, _method(context))
    visit = replace(arrival.visit, kiosk=context.device)
    if context.zone is not None:
        # At once, not at the second word as by radio: whoever signs in stands at the screen.
        visit = visit.moved(context.zone, context.at)
    wants = (*arrival.wants, *session_requests(visit))
    if arrival.visit.kiosk not in (None, context.device):
        # They walked on to another screen: nothing of them stays on the one they left.
        clear, wants = (*clear, visit.id), refresh_requests(visit)
    facts = (context.fact("Signed In", visit, surface=context.surface), *arrival.facts)
    if entries:
        facts = (*facts, _consent_fact(context, visit, "Consent Granted", entries))
    if context.found is None:
        facts = (*facts, context.further("Customer Enrolled", visit))
    return Transition(
        facts=facts,
        visits=(*others, *arrival.replaced, visit),
        others=_carried(context, arrival),
        customer=person if context.found is None else None,
        consents=entries,
        wants=_here_first(context, wants, visit),
        clear=clear,
    )


def _carried(context: SignalContext, arrival: VisitMerge) -> tuple[TillBasket, ...]:
    """The baskets of a visit that went on as another go with it, and those of one that is known now are theirs."""
    visit, gone = arrival.visit, {v.id for v in arrival.replaced}
    return tuple(
        replace(basket, visit=visit.id, token=visit.token, method=visit.method)
        for basket in _baskets(context)
        if basket.visit in gone or (basket.visit == visit.id and basket.token != visit.token)
    )


def _baskets(context: SignalContext) -> tuple[TillBasket, ...]:
    """The session's baskets that may still be paid."""
    here = context.basket
    mine = () if here is None or not here.state.is_alive else (here,)
    return (*context.others, *mine)


def _here_first(
    context: SignalContext, wants: Iterable[ContentRequest], visit: Visit
) -> tuple[ContentRequest, ...]:
    """An associate who looked somebody up gets the card on the tablet in their hand."""
    if not surface_of(context.surface).associate:
        return tuple(wants)
    card = ContentRequest(placement=CARD, visit=visit.id, device=context.device)
    return (*(w for w in wants if w.placement != card.placement), card)


def signed_out(context: SignalContext, reason: str) -> Transition:
    """The person is done here: every screen forgets them; the stay itself goes on without a kiosk.

    Raises:
        SignalRefused: ``no-session``, nobody is signed in at this device.
    """
    if context.session is None:
        raise SignalRefused("no-session")
    visit = replace(context.session.seen(context.at), kiosk=None)
    return Transition(
        facts=(context.fact("Signed Out", visit, reason=reason),),
        visits=(visit,),
        clear=(visit.id,),
    )


def agreed(context: SignalContext, purposes: Sequence[Purpose], notice_id: str) -> Transition:
    """The person of the session agrees to more.

    Raises:
        SignalRefused: ``no-session`` or ``no-notice``.
    """
    person, visit = _person_of_session(context)
    if notice_id not in context.policy.notice_ids:
        raise SignalRefused("no-notice")
    entries = _granted(context, person.token, tuple(purposes), notice_id)
    return Transition(
        facts=(_asked(context, visit, "Consent Granted", purposes, notice_id),),
        visits=(visit.seen(context.at),),
        consents=entries,
        wants=refresh_requests(visit),
    )


def withdrew(context: SignalContext, purposes: Sequence[Purpose], notice_id: str) -> Transition:
    """The person of the session takes purposes back: it holds from this instant, on every screen.

    Without ``recognise`` the visit ends and its basket goes on as nobody's, under a new id that nothing
    links to the person.

    Raises:
        SignalRefused: ``no-session``.
    """
    person, visit = _person_of_session(context)
    entries = tuple(
        _entry(context, person.token, purpose, ConsentState.WITHDRAWN, notice_id)
        for purpose in dict.fromkeys(purposes)
    )
    fact = _asked(context, visit, "Consent Withdrawn", purposes, notice_id)
    after = identify(
        person.with_consents(person.consents.adding(entries)),
        visit.method,
        context.policy,
        context.judged_at,
    )
    if after.token is not None:
        return Transition(
            facts=(fact,),
            visits=(visit.seen(context.at),),
            consents=entries,
            wants=refresh_requests(visit),
            clear=(visit.id,),
        )
    ended, stranger = forgotten(visit, context.at, context.spare)
    return Transition(
        facts=(fact, context.further("Visit Ended", ended, reason=EndReason.WITHDRAWN.value)),
        visits=(ended, stranger),
        others=nobodys(_baskets(context), stranger),
        consents=entries,
        clear=(visit.id,),
        wants=session_requests(stranger),
    )


def _person_of_session(context: SignalContext) -> tuple[Customer, Visit]:
    if context.session is None or context.person is None or context.session.token is None:
        raise SignalRefused("no-session")
    return context.person, context.session


def _granted(
    context: SignalContext, token: Token, purposes: Iterable[Purpose], notice_id: str
) -> tuple[ConsentEntry, ...]:
    return tuple(_entry(context, token, p, ConsentState.GIVEN, notice_id) for p in purposes)


def _entry(
    context: SignalContext, token: Token, purpose: Purpose, state: ConsentState, notice_id: str
) -> ConsentEntry:
    given = state is ConsentState.GIVEN
    return ConsentEntry(
        # From the name of the event: a repeat writes the same line and not a second one.
        id=f"{context.event_id}.{purpose.value}",
        token=token,
        purpose=purpose,
        state=state,
        market=context.policy.market,
        notice_id=notice_id,
        # In real time, whatever day is replayed: consent is law (decision 0002).
        given_at=context.now,
        # A no has no end; a yes is asked again after the market's term.
        expires_at=context.now + timedelta(days=context.policy.consent_days) if given else None,
        channel=context.surface,
    )


def _consent_fact(
    context: SignalContext, visit: Visit, name: str, entries: Sequence[ConsentEntry]
) -> StoreEvent:
    return context.further(
        name,
        visit,
        purposes=[e.purpose.value for e in entries],
        notice_id=entries[0].notice_id,
        market=context.policy.market,
    )


def _asked(
    context: SignalContext, visit: Visit, name: str, purposes: Sequence[Purpose], notice_id: str
) -> StoreEvent:
    """A consent given or taken back; it reaches the centre under the person's name, whatever they share."""
    return context.fact(
        name,
        visit,
        purposes=[p.value for p in purposes],
        notice_id=notice_id,
        market=context.policy.market,
    )
