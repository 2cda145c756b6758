"""Somebody signs in at a screen, signs out, agrees or withdraws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from edge.domain.transitions.transition import (
    ContentRequest,
    SignalContext,
    Transition,
    VisitMerge,
    again,
    arrive,
    home,
)
from edge.domain.transitions.visit_end import forgotten
from edge.domain.visit import EndReason, Visit

_METHODS: Mapping[str, RecognitionMethod] = {
    "tablet": RecognitionMethod.ASSOCIATE_LOOKUP,
    "pos": RecognitionMethod.POS_LOYALTY,
}


def signed_in(
    scene: SignalContext,
    enrolling: Token | None,
    purposes: Iterable[Purpose],
    notice_id: str | None,
    locale: str,
) -> Transition:
    """A person gave an identifier at a screen, perhaps agreeing to purposes on the way.

    Args:
        scene: ``found`` is whom the identifier leads to.
        enrolling: The pseudonym for an identifier met for the first time.
        purposes: What they agreed to under ``notice_id``, on top of the ledger.
        notice_id: The text they were shown; required with purposes.
        locale: The language they chose.

    Raises:
        SignalRefused: ``no-notice``, purposes without a text that this market knows.
    """
    agreed = tuple(dict.fromkeys(purposes))
    if agreed and (notice_id is None or notice_id not in scene.policy.notice_ids):
        raise SignalRefused("no-notice")
    person = scene.found
    if person is None and enrolling is not None and Purpose.RECOGNISE in agreed:
        person = Customer(token=enrolling, locale=locale)
    entries = () if person is None else _granted(scene, person.token, agreed, notice_id or "")
    if person is not None:
        person = person.with_consents(person.consents.adding(entries))
    identity = identify(person, _method(scene), scene.policy, scene.now)
    if identity.token is None or person is None:
        return _anonymous(scene)
    return _recognised(scene, person, entries)


def _method(scene: SignalContext) -> RecognitionMethod:
    """An associate's look-up and a till's are other cells of the policy than a person's own sign-in."""
    return _METHODS.get(scene.surface, RecognitionMethod.KIOSK_LOGIN)


def _anonymous(scene: SignalContext) -> Transition:
    """Nobody we may use: the screen goes on with what fits everybody, and lets go of whom it knew."""
    others, clear = _others(scene, None)
    stranger = scene.session if not others else None
    visit = replace((stranger or scene.new_visit()).seen(scene.at), kiosk=scene.device)
    started = () if stranger else (scene.further("Visit Started", visit),)
    return Transition(
        facts=(scene.fact("Sign In Answered", visit, recognised=False), *started),
        visits=(*others, visit),
        wants=home(visit),
        clear=clear,
    )


def _others(
    scene: SignalContext, token: Token | None
) -> tuple[tuple[Visit, ...], tuple[VisitId, ...]]:
    """The visit of somebody else that had its session here: it goes on without one, and no screen speaks of it."""
    if scene.session is None or scene.session.token in (None, token):
        return (), ()
    return (replace(scene.session, kiosk=None),), (scene.session.id,)


def _recognised(
    scene: SignalContext, person: Customer, entries: tuple[ConsentEntry, ...]
) -> Transition:
    others, clear = _others(scene, person.token)
    arrival = arrive(scene, person.token, _method(scene))
    visit = replace(arrival.visit, kiosk=scene.device)
    if scene.zone is not None:
        visit = visit.moved(scene.zone, scene.at)
    wants = (*arrival.wants, *home(visit))
    if arrival.visit.kiosk not in (None, scene.device):
        # They walked on to another screen: nothing of them stays on the one they left.
        clear, wants = (*clear, visit.id), again(visit)
    facts = (scene.fact("Signed In", visit, surface=scene.surface), *arrival.facts)
    if entries:
        facts = (*facts, _consent_fact(scene, visit, "Consent Granted", entries))
    if scene.found is None:
        facts = (*facts, scene.further("Customer Enrolled", visit))
    return Transition(
        facts=facts,
        visits=(*others, *arrival.replaced, visit),
        basket=_carried(scene, arrival),
        customer=person if scene.found is None else None,
        consents=entries,
        wants=_here_first(scene, wants, visit),
        clear=clear,
    )


def _carried(scene: SignalContext, arrival: VisitMerge) -> TillBasket | None:
    """The basket of a visit that went on as another goes with it."""
    basket = scene.basket
    if basket is None or basket.visit not in {v.id for v in arrival.replaced}:
        return None
    return replace(basket, visit=arrival.visit.id)


def _here_first(
    scene: SignalContext, wants: Iterable[ContentRequest], visit: Visit
) -> tuple[ContentRequest, ...]:
    """An associate who looked somebody up gets the card on the tablet in their hand."""
    if scene.surface != "tablet":
        return tuple(wants)
    card = ContentRequest(placement="tablet-card", visit=visit.id, device=scene.device)
    return (*(w for w in wants if w.placement != card.placement), card)


def signed_out(scene: SignalContext, reason: str) -> Transition:
    """The person is done here: every screen forgets them; the stay itself goes on without a kiosk.

    Raises:
        SignalRefused: ``no-session``, nobody is signed in at this device.
    """
    if scene.session is None:
        raise SignalRefused("no-session")
    visit = replace(scene.session.seen(scene.at), kiosk=None)
    return Transition(
        facts=(scene.fact("Signed Out", visit, reason=reason),),
        visits=(visit,),
        clear=(visit.id,),
    )


def agreed(scene: SignalContext, purposes: Sequence[Purpose], notice_id: str) -> Transition:
    """The person of the session agrees to more.

    Raises:
        SignalRefused: ``no-session`` or ``no-notice``.
    """
    person, visit = _person_of_session(scene)
    if notice_id not in scene.policy.notice_ids:
        raise SignalRefused("no-notice")
    entries = _granted(scene, person.token, tuple(purposes), notice_id)
    return Transition(
        facts=(_asked(scene, visit, "Consent Granted", purposes, notice_id),),
        visits=(visit.seen(scene.at),),
        consents=entries,
        wants=again(visit),
    )


def withdrew(scene: SignalContext, purposes: Sequence[Purpose], notice_id: str) -> Transition:
    """The person of the session takes purposes back: it holds from this instant, on every screen.

    Without ``recognise`` the visit ends and its basket goes on as nobody's, under a new id that nothing
    links to the person.

    Raises:
        SignalRefused: ``no-session``.
    """
    person, visit = _person_of_session(scene)
    entries = tuple(
        _entry(scene, person.token, purpose, ConsentState.WITHDRAWN, notice_id)
        for purpose in dict.fromkeys(purposes)
    )
    fact = _asked(scene, visit, "Consent Withdrawn", purposes, notice_id)
    after = identify(
        person.with_consents(person.consents.adding(entries)),
        visit.method,
        scene.policy,
        scene.now,
    )
    if after.token is not None:
        return Transition(
            facts=(fact,),
            visits=(visit.seen(scene.at),),
            consents=entries,
            wants=again(visit),
            clear=(visit.id,),
        )
    ended, stranger = forgotten(visit, scene.at, scene.spare)
    return Transition(
        facts=(fact, scene.further("Visit Ended", ended, reason=EndReason.WITHDRAWN.value)),
        visits=(ended, stranger),
        basket=None if scene.basket is None else replace(scene.basket, visit=stranger.id),
        consents=entries,
        clear=(visit.id,),
        wants=home(stranger),
    )


def _person_of_session(scene: SignalContext) -> tuple[Customer, Visit]:
    if scene.session is None or scene.person is None or scene.session.token is None:
        raise SignalRefused("no-session")
    return scene.person, scene.session


def _granted(
    scene: SignalContext, token: Token, purposes: Iterable[Purpose], notice_id: str
) -> tuple[ConsentEntry, ...]:
    return tuple(_entry(scene, token, p, ConsentState.GIVEN, notice_id) for p in purposes)


def _entry(
    scene: SignalContext, token: Token, purpose: Purpose, state: ConsentState, notice_id: str
) -> ConsentEntry:
    given = state is ConsentState.GIVEN
    return ConsentEntry(
        id=f"{scene.event_id}.{purpose.value}",
        token=token,
        purpose=purpose,
        state=state,
        market=scene.policy.market,
        notice_id=notice_id,
        given_at=scene.now,
        expires_at=scene.now + timedelta(days=scene.policy.consent_days) if given else None,
        channel=scene.surface,
    )


def _consent_fact(
    scene: SignalContext, visit: Visit, name: str, entries: Sequence[ConsentEntry]
) -> StoreEvent:
    return scene.further(
        name,
        visit,
        purposes=[e.purpose.value for e in entries],
        notice_id=entries[0].notice_id,
        market=scene.policy.market,
    )


def _asked(
    scene: SignalContext, visit: Visit, name: str, purposes: Sequence[Purpose], notice_id: str
) -> StoreEvent:
    """A consent given or taken back; it reaches the centre under the person's name, whatever they share."""
    return scene.fact(
        name,
        visit,
        purposes=[p.value for p in purposes],
        notice_id=notice_id,
        market=scene.policy.market,
    )
