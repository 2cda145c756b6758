"""What every screen shows at this moment, so that nothing is wiped too late, said twice or contradicted.

The composer notes what it sends; the executor asks what must leave or give way; only memory, nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from edge.domain.decision import Decision
from edge.domain.ids import DecisionId, DeviceId, ItemKey, OfferId, VisitId
from edge.domain.placement import PLACEMENTS, surface_of
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.state.presence import Presence
from edge.state.zone_headcounts import ZoneHeadcounts
from models.items import item_key

Clash = Callable[[OfferId, OfferId], bool]
"""Whether two offers contradict each other before one person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenContent:
    """What one screen shows, in its ``zone``. ``personal``: chosen with somebody's data; ``until`` is real time."""

    decision: DecisionId
    surface: str
    placement: str
    visit: VisitId | None
    personal: bool
    items: frozenset[ItemKey]
    offers: tuple[OfferId, ...]
    until: datetime
    zone: str | None = None

    @classmethod
    def of(
        cls, decision: Decision, surface: str, until: datetime, zone: str | None = None
    ) -> ScreenContent:
        """What a screen shows that is sent ``decision``."""
        return cls(
            decision=decision.id,
            surface=surface,
            placement=decision.placement,
            visit=decision.visit,
            personal=decision.token is not None,
            items=frozenset(ItemKey(item_key(c.sku)) for c in decision.choices),
            offers=tuple(c.offer for c in decision.choices if c.offer is not None),
            until=until,
            zone=zone,
        )


class ScreenBoard:
    """The content of every screen. It starts empty; ``remember`` tells what may be left from before the start."""

    def __init__(self, presence: Presence, headcounts: ZoneHeadcounts) -> None:
        self._presence = presence
        self._headcounts = headcounts
        # A device may show what was sent to it and beside it what it asked for; a tablet a card for each visit.
        self._showing: dict[tuple[DeviceId, bool, VisitId | None], ScreenContent] = {}
        self._before: dict[tuple[VisitId | None, str], list[ScreenContent]] = {}

    def apply(self, transition: Transition) -> None:
        """A tablet's card of somebody whose visit ends is gone; other screens are wiped by the transition itself."""
        over = {visit.id for visit in transition.visits if visit.ended_at is not None}
        if over:
            self._showing = {at: s for at, s in self._showing.items() if at[2] not in over}

    def put(self, device: DeviceId, showing: ScreenContent, *, asked: bool = False) -> None:
        """Note what a screen shows from now on; ``asked``: as the answer to a question of its own."""
        card = showing.visit if surface_of(showing.surface).associate else None
        self._showing[device, asked, card] = showing
        # What such a screen showed before the start is written over by now.
        self._before.pop((showing.visit, showing.surface), None)
        if not asked:  # what is sent takes the place of what was asked for before
            self._showing.pop((device, True, card), None)

    def remember(self, showings: Iterable[ScreenContent]) -> None:
        """What screens may still show from before a start; nobody knows which, so it bars and is never wiped."""
        for showing in showings:
            self._before.setdefault((showing.visit, showing.surface), []).append(showing)

    def is_showing(self, device: DeviceId, decision: DecisionId) -> bool:
        """Whether a screen was last meant to show this decision."""
        return any(
            showing.decision == decision
            for (where, asked, _), showing in self._showing.items()
            if where == device and not asked
        )

    def offers_elsewhere(
        self, visit: VisitId | None, surface: str, now: datetime, *, personal: bool
    ) -> tuple[OfferId, ...]:
        """Offers that other kinds of screens show to this visit at the real instant ``now``, sorted.

        The display of the zone that the visit is in is one of them. Unless ``personal``, what was chosen with
        the person's own data is left out.
        """
        found = {
            offer
            for showing in chain(self._showing.values(), *self._before.values())
            if showing.surface != surface and showing.until > now
            if (personal or not showing.personal) and self._sees(visit, showing)
            for offer in showing.offers
        }
        return tuple(sorted(found))

    def personal_visits(self) -> tuple[VisitId, ...]:
        """Visits of whom some screen shows something personal."""
        showing = (s for s in self._showing.values() if s.personal)
        return tuple({s.visit: None for s in showing if s.visit is not None})

    def overlooked(self, now: datetime) -> tuple[tuple[DeviceId, ScreenContent], ...]:
        """Public screens that show something personal although it is no longer certain who can see them."""
        return tuple(
            (device, showing)
            for (device, _, _), showing in self._showing.items()
            if showing.personal
            and PLACEMENTS[showing.placement].public
            and (
                (here := self._headcounts.alone_in(showing.zone, now)) is None
                or here.id != showing.visit
            )
        )

    def contradicted(
        self, shown: ScreenContent, clash: Clash, now: datetime
    ) -> tuple[ContentRequest, ...]:
        """Wishes for other content where somebody who sees ``shown`` is shown something of their own that clashes.

        What is nobody's stands, and what is personal gives way: the other way round would tell of the person.
        """
        if shown.personal or not shown.offers:
            return ()
        return tuple(
            ContentRequest(placement=mine.placement, visit=mine.visit, device=device)
            for (device, _, _), mine in self._showing.items()
            if mine.personal and mine.until > now and self._sees(mine.visit, shown)
            if any(clash(one, other) for one in mine.offers for other in shown.offers)
        )

    def replacing(
        self, items: Collection[ItemKey], now: datetime
    ) -> tuple[ContentRequest, ...]:
        """Wishes for other content on every screen that still shows one of ``items`` at the real instant ``now``."""
        if not items:
            return ()
        found = {
            # By visit too: a tablet has a card for each.
            (device, showing.visit): ContentRequest(
                placement=showing.placement, visit=showing.visit, device=device
            )
            for (device, _, _), showing in self._showing.items()
            if showing.until > now and not showing.items.isdisjoint(items)
        }
        return tuple(found.values())

    def clear_visit(self, visit: VisitId) -> tuple[tuple[DeviceId, str], ...]:
        """Devices (with their class) whose screen speaks of this visit; they are taken as clear now."""
        gone = {at: s.surface for at, s in self._showing.items() if s.visit == visit}
        for at in gone:
            del self._showing[at]
        return tuple(
            # One order for a device, though it may show two things of the visit.
            {device: (device, surface) for (device, _, _), surface in gone.items()}.values()
        )

    def clear_device(self, device: DeviceId) -> None:
        """Nothing is shown on this public screen any more."""
        self._showing = {at: s for at, s in self._showing.items() if at[0] != device}

    def _sees(self, visit: VisitId | None, showing: ScreenContent) -> bool:
        """Whether a visit's person can see what a screen shows: their own screens, and the displays of their zone."""
        here = self._presence.visit(visit)
        if here is None:
            return False
        public = PLACEMENTS[showing.placement].public
        # Two zones that nobody told are not the same zone.
        return here.zone == showing.zone is not None if public else showing.visit == visit
