"""A beacon was seen: somebody who agreed to it arrives or moves; a plain one makes its zone's display choose anew.

Signal handlers call it with who was found; the executor makes the transition real.
"""

from __future__ import annotations

from dataclasses import replace

from edge.domain.errors import SignalRefused
from edge.domain.event import StoreEvent
from edge.domain.market import RecognitionMethod
from edge.domain.placement import CARD
from edge.domain.transitions.transition import (
    ContentRequest,
    SignalContext,
    Transition,
    arrive,
    boards,
)
from edge.domain.visit import Visit

SEEN_ON_AIR = "Zone Seen"
"""The fact that somebody was sighted by radio."""


def passed(context: SignalContext) -> Transition:
    """A plain beacon of this store was seen: a zone at most, never a person, never a visit."""
    return Transition(
        facts=(_radio(context, "Zone Passed", None),),
        wants=boards(context.zone),
    )


def sighted(context: SignalContext) -> Transition:
    """A rotating id or signed claim led to ``context.found``.

    Raises:
        SignalRefused: nobody we know, or somebody who has not agreed to be recognised. Both read the same,
            and nothing of the sighting is kept.
    """
    identity = context.identity(RecognitionMethod.APP_BEACON)
    if identity.token is None:
        raise SignalRefused("unknown-beacon")
    arrival = arrive(context, identity.token, RecognitionMethod.APP_BEACON)
    # Who has only just become known enters the zone anew, though a stranger stood in it.
    before = arrival.visit.zone if arrival.facts == () else None
    visit = arrival.visit.sighted(context.zone, context.at)
    moved = visit.zone is not None and visit.zone != before
    wants = arrival.wants
    # First, as the signal itself: the headcounts of zones look at no other fact.
    facts = (_radio(context, SEEN_ON_AIR, visit), *arrival.facts)
    if moved:
        facts = (*facts, context.further("Zone Entered", visit, zone=visit.zone))
        wants = (*wants, *boards(visit.zone))
    # An arrival asks for its card itself.
    if moved and not arrival.facts:
        wants = (
            *wants,
            ContentRequest(placement=CARD, visit=visit.id, zone=visit.zone),
        )
    # The card of an arrival was asked for before the visit moved here.
    wants = tuple(replace(w, zone=visit.zone) if w.placement == CARD else w for w in wants)
    return Transition(facts=facts, visits=(*arrival.replaced, visit), wants=wants)


def _radio(context: SignalContext, name: str, visit: Visit | None) -> StoreEvent:
    """What was heard on the air: there are thousands a day, so they are the first to go in a long outage."""
    return replace(context.fact(name, visit, zone=context.zone), must_keep=False)
