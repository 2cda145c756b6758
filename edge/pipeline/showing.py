"""One decision on its way to screens: for whom, where, what it is told beside it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from pydantic import JsonValue

from edge.decision.codec import decode_decision
from edge.decision.steps.touchpoint import address
from edge.domain.consent import Purpose
from edge.domain.customer import greeting_alias
from edge.domain.decision import Choice
from edge.domain.experiment import Arm
from edge.domain.ids import DeviceId, OfferId, Token, VisitId, label
from edge.domain.placement import ARRIVAL, PLACEMENTS, Placement
from edge.domain.transitions.transition import Transition
from edge.domain.visit import Visit
from edge.pipeline.online_learning import LearningUpdate
from edge.pipeline.outbound_events import addressed, decided
from edge.state.customers import Person
from edge.state.decider import MadeDecision
from edge.state.presence import ScreenContent
from edge.storage.change_set import ChangeSet
from edge.storage.database import Database
from edge.storage.decisions import decisions
from edge.storage.decisions.exposures import Exposure


@dataclass(slots=True, kw_only=True)
class PersonalContentSwitch:
    """The pause of all personal content, in force while ``on``."""

    on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Content that is wanted: for how many items, in which zone, on which devices (none: an answer)."""

    placement: Placement
    limit: int
    zone: str | None = None
    devices: tuple[DeviceId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenDelivery:
    """One decision on its way to screens."""

    made: MadeDecision
    placement: Placement
    devices: tuple[DeviceId, ...]
    person: Person | None
    visit: Visit | None


def private_slots(
    shown: ScreenDelivery, at: datetime, ticket: Callable[[VisitId], str]
) -> dict[str, JsonValue]:
    """What a private screen is told beside the items: whom it may greet, what an associate should know.

    Args:
        shown: The decision; nothing personal comes of one without a person or on a public screen.
        at: Business time.
        ticket: Signs the one-use ticket by which a kiosk hands the visit over to the shopper's phone.
    """
    visit, token = shown.visit, shown.made.decision.token
    if visit is None or token is None or shown.placement.public:
        return {}
    slots: dict[str, JsonValue] = {"greeting": greeting_alias(token)}
    if shown.placement.surface == "kiosk":
        slots["ticket"] = ticket(visit.id)
    if shown.placement.surface == "tablet":
        slots |= _for_an_associate(shown, visit, at)
    return slots


def _for_an_associate(
    shown: ScreenDelivery, visit: Visit, at: datetime
) -> dict[str, JsonValue]:
    first = next(iter(shown.made.decision.slots), None)
    return {
        "visit": label(visit.id),
        "zone": visit.zone,
        "method": visit.method.value,
        "talking_point": "" if first is None else f"How about {first.headline}?",
        "avoid": "Do not mention how often or when they shop.",
        "dwell_s": int(visit.dwell_s(at)),
    }


def exposures_of(shown: ScreenDelivery) -> tuple[Exposure, ...]:
    """The offers that this puts before a person: what caps count, each once however many items carry it.

    Behind them the ghosts: what a holdout has withheld of it. The arrival list has no screen.
    """
    decision = shown.made.decision
    if decision.token is None or shown.placement.name == ARRIVAL:
        return ()
    first = dict[OfferId, Choice]()
    for choice in decision.choices:
        if choice.offer is not None:
            first.setdefault(choice.offer, choice)
    real = tuple(_exposure(shown, decision.token, *one) for one in first.items())
    return real + tuple(_exposure(shown, decision.token, ghost) for ghost in decision.ghosts)


def _exposure(
    shown: ScreenDelivery, token: Token, offer: OfferId, choice: Choice | None = None
) -> Exposure:
    decision = shown.made.decision
    known = shown.made.offers.get(offer)
    campaign = "" if known is None else known.campaign
    return Exposure(
        token=token,
        offer=offer,
        surface=shown.placement.surface,
        at=decision.at,
        decision=decision.id,
        campaign=campaign,
        category="" if known is None else known.category,
        arm=decision.arms.get(campaign, decision.arm) if choice else Arm.HELD_OUT.value,
        ghost=choice is None,
        creative=None if choice is None else choice.creative,
        propensity=None if choice is None else choice.propensity,
        segment=next(iter(shown.made.inputs.segments), ""),
    )


def count_exposures(shown: ScreenDelivery) -> None:
    """Caps count from the moment of deciding, so that two screens asked at once cannot both be last."""
    if shown.person is not None:
        real = (exposure for exposure in exposures_of(shown) if not exposure.ghost)
        memory = shown.person.memory
        memory.forget_before(shown.made.decision.at)
        memory.touches.extend(exposure.touch for exposure in real)


def showing_of(shown: ScreenDelivery, now: datetime) -> ScreenContent:
    """What a screen shows with this from the real instant ``now`` on."""
    until = address(shown.made.decision, now, {}).expires_at
    return ScreenContent.of(
        shown.made.decision, shown.placement.surface, until, shown.made.inputs.zone
    )


def left_on(database: Database, visits: Iterable[Visit], now: datetime) -> list[ScreenContent]:
    """What the screens of people in the store may still show at the real instant ``now``, when the service starts.

    Of each placement the last two decisions: nobody knows whether the last was sent before the service ended.
    """
    found = list[ScreenContent]()
    for visit in visits:
        made = database.read(partial(decisions.of_visit, visit=visit.id))
        for placement in PLACEMENTS.values():
            of_one = [one.output for one in made if one.placement == placement.name != ARRIVAL]
            for output in of_one[-2:]:
                decision = decode_decision(output)
                until = address(decision, now, {}).expires_at
                found.append(ScreenContent.of(decision, placement.surface, until))
    return found


def kept(
    transition: Transition,
    change_set: ChangeSet,
    update: LearningUpdate,
    shown: Sequence[ScreenDelivery],
    purposes: Mapping[VisitId, frozenset[Purpose]],
) -> ChangeSet:
    """Everything that has to be on disk before anybody is told.

    Args:
        transition: What changes.
        change_set: What the caller has to write with it.
        update: What was learned from it.
        shown: What was decided because of it.
        purposes: What holds for each visit; a fact goes under its person's name only where they share.
    """
    made = [s.made for s in shown]
    nothing = frozenset[Purpose]()
    facts = (*transition.facts, *(decided(m.decision) for m in made))
    snapshots = {(shot.digest, shot.token): shot for m in made for shot in m.snapshots}
    return replace(
        change_set,
        customers=(
            *change_set.customers,
            *(() if transition.customer is None else (transition.customer,)),
        ),
        consents=(*change_set.consents, *transition.consents),
        visits=transition.visits,
        baskets=() if transition.basket is None else (transition.basket,),
        snapshots=tuple(snapshots.values()),
        decisions=tuple(m.stored for m in made),
        exposures=tuple(e for s in shown for e in exposures_of(s)),
        profiles=update.profiles,
        coupons=update.coupons,
        trend=update.trend,
        sold=update.taken,
        facts=tuple(
            addressed(f, nothing if f.visit is None else purposes.get(f.visit, nothing))
            for f in facts
        ),
    )
