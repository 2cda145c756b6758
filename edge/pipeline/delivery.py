"""One decision for screens, as it is composed: for whom and where it is made, what is told beside it, what counts.

The executor asks `ContentComposer` for every content request; `ScreenSender` sends what is made once it is on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pydantic import JsonValue

from edge.decision.codec import decode_decision
from edge.decision.steps.touchpoint import address
from edge.domain.customer import greeting_alias
from edge.domain.decision import Choice
from edge.domain.experiment import Arm
from edge.domain.ids import DecisionId, DeviceId, ItemKey, OfferId, Token, VisitId, label
from edge.domain.placement import ARRIVAL, PLACEMENTS, Placement, surface_of
from edge.domain.transitions.transition import ContentRequest
from edge.domain.visit import Visit
from edge.pipeline.consent_gate import ConsentGate
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import Person
from edge.state.decider import Decider, DecisionRequest, MadeDecision
from edge.state.device_registry import DeviceRegistry
from edge.state.in_store import InStore
from edge.state.screen_board import ScreenContent
from edge.storage.database import Database
from edge.storage.decisions import decisions
from edge.storage.decisions.exposures import Exposure
from models.items import item_key


def _sure() -> int:
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenDelivery:
    """One decision on its way to screens."""

    made: MadeDecision
    placement: Placement
    devices: tuple[DeviceId, ...]
    person: Person | None
    visit: Visit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentComposer:
    """Makes decisions for content requests, and notes what the screens will show by them.

    ``doubt_s``: by how many seconds business time may be wrong.
    """

    in_store: InStore
    gate: ConsentGate
    decider: Decider
    catalogue: CurrentCatalogue
    device_registry: DeviceRegistry
    new_decision_id: Callable[[], DecisionId]
    doubt_s: Callable[[], int] = _sure

    def compose(
        self, request: ContentRequest, at: datetime, now: datetime
    ) -> list[ScreenDelivery]:
        """The content for a request, if a screen is there for it and it may be made; else an empty list."""
        placement = PLACEMENTS[request.placement]
        visit = self.in_store.presence.visit(request.visit)
        # The arrival list has no screen and is made all the same: the model is judged by it.
        devices = () if placement.name == ARRIVAL else self.device_registry.targets(request)
        # What nobody can see is not decided: it would only use up caps.
        if placement.name != ARRIVAL and not devices:
            return []
        if placement.personal_only and not self._is_allowed(placement, visit, at, now):
            return []
        return [self.decide(request, visit, at, now, devices=devices)]

    def decide(
        self,
        request: ContentRequest,
        visit: Visit | None,
        at: datetime,
        now: datetime,
        *,
        devices: tuple[DeviceId, ...] = (),
    ) -> ScreenDelivery:
        """A decision for one request; without ``devices`` it is the answer to a question.

        What everybody can see is nobody's, unless one person is surely alone with it.
        """
        placement = PLACEMENTS[request.placement]
        if placement.public:
            visit = self._alone_before(request, placement, at, now)
        person = self.gate.recognised(visit, at)
        identity = self.gate.identity(person, visit, now)
        inside = None if visit is None else visit.id
        made = self.decider.make(
            DecisionRequest(
                id=self.new_decision_id(),
                placement=placement,
                limit=placement.limit if request.limit is None else request.limit,
                at=at,
                visit=inside,
                zone=request.zone if visit is None else visit.zone,
                # Who may not be recognised is not handed on, so that no step can read anything of them.
                person=None if identity.customer is None else person,
                purposes=identity.purposes,
                basket=self._basket(placement, visit, request.device),
                elsewhere=self.in_store.screens.offers_elsewhere(
                    inside,
                    placement.surface,
                    now,
                    personal=placement.purpose in identity.purposes,
                ),
                doubt_s=self.doubt_s(),
            )
        )
        shown = ScreenDelivery(
            made=made, placement=placement, devices=devices, person=person, visit=visit
        )
        count_exposures(shown)
        if devices:
            # Noted now though it is sent after the sync: a newer decision can then take its place before it goes out.
            content = screen_content_of(shown, now)
            for device in devices:
                self.in_store.screens.put(device, content)
        return shown

    def contradicted(
        self, shown: list[ScreenDelivery], now: datetime
    ) -> tuple[ContentRequest, ...]:
        """Requests for other content on people's own screens that contradict what all may see."""
        found = (
            request
            for s in shown
            for request in self.in_store.screens.contradicted(
                screen_content_of(s, now), self.catalogue.contradict, now
            )
        )
        # Several contents may clash with one screen, which is asked for once.
        return tuple(dict.fromkeys(found))

    def _is_allowed(
        self, placement: Placement, visit: Visit | None, at: datetime, now: datetime
    ) -> bool:
        """Whether the visit's person may be shown something of their own at this place."""
        token = None if visit is None else visit.token
        return self.gate.allows(placement.purpose, token, visit, at, now)

    def _alone_before(
        self, request: ContentRequest, placement: Placement, at: datetime, now: datetime
    ) -> Visit | None:
        """The one person who can see the zone's screens, if that is certain and they agreed to be served there."""
        here = self.in_store.headcounts.alone_in(request.zone, now)
        return here if self._is_allowed(placement, here, at, now) else None

    def _basket(
        self, placement: Placement, visit: Visit | None, device: DeviceId | None
    ) -> tuple[ItemKey, ...]:
        """What is in the visit's basket, at a till in the one there; on a public screen that is nobody's business."""
        presence = self.in_store.presence
        here = None if device is None else presence.open_basket_at(device)
        basket = None if visit is None else presence.basket(visit.basket)
        # One person may have a basket at each of two tills.
        if here is not None and visit is not None and here.visit == visit.id:
            basket = here
        if basket is None or placement.public:
            return ()
        return tuple(ItemKey(item_key(sku)) for sku in basket.skus)


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
    # Made for this message and never written: the store holds no name (decision 0004).
    slots: dict[str, JsonValue] = {"greeting": greeting_alias(token)}
    surface = surface_of(shown.placement.surface)
    if surface.hands_over:
        slots["ticket"] = ticket(visit.id)
    if surface.associate:
        slots |= _for_an_associate(shown, visit, at)
    return slots


def _for_an_associate(
    shown: ScreenDelivery, visit: Visit, at: datetime
) -> dict[str, JsonValue]:
    first = next(iter(shown.made.decision.slots), None)
    return {
        # The name by which `clear` takes this card away again.
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
        visit=decision.visit,
    )


def count_exposures(shown: ScreenDelivery) -> None:
    """Caps count from the moment of deciding, so that two screens asked at once cannot both be last."""
    if shown.person is not None:
        memory = shown.person.memory
        # Tidied where it grows, so that a memory needs no job of its own.
        memory.forget_before(shown.made.decision.at)
        for exposure in exposures_of(shown):
            if (touch := exposure.touch) is not None:
                memory.touched(touch)


def screen_content_of(shown: ScreenDelivery, now: datetime) -> ScreenContent:
    """What a screen shows with this from the real instant ``now`` on."""
    until = address(shown.made.decision, now, {}).expires_at
    return ScreenContent.of(
        shown.made.decision, shown.placement.surface, until, shown.made.inputs.zone
    )


def left_on_screens(
    database: Database, visits: Iterable[Visit], now: datetime
) -> list[ScreenContent]:
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
                # As if it had been sent this moment: nobody knows when it was, and too long is the safe side.
                until = address(decision, now, {}).expires_at
                found.append(ScreenContent.of(decision, placement.surface, until))
    return found
