"""Whom offers are for, tried out over every situation that matters: anybody, the same person, always the same.

Caps, conflicts and unreachable offers ask it who can be reached together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from edge.campaigns.checks.condition_cases import ConditionQuestion, Facts, Situations
from edge.campaigns.checks.prepared_portfolio import OfferReach
from edge.domain.offer import EVERYBODY
from edge.domain.placement import Placement


def can_be(reach: OfferReach) -> bool:
    """Whether anybody can ever be in an offer's audience; a condition that cannot be judged is believed."""
    if reach.condition is None:
        return True
    tried = Situations(_question([reach], reach.placements, reach.hours))
    return any(_holds(reach, facts) for facts in tried) or not tried.are_all


def meet(one: OfferReach, other: OfferReach, hours: int, *, on_one_screen: bool) -> bool:
    """Whether one person can be offered both within ``hours``: on one screen, or else each on any of its own.

    Only a situation that shows it counts.
    """
    if one.condition is None and other.condition is None:
        return True
    screens = shared_screens(one, other) if on_one_screen else one.placements
    for facts in Situations(_question([one, other], screens, hours)):
        seen = [facts] if on_one_screen else _moved(facts, other.placements)
        if _holds(one, facts) and any(_holds(other, moved) for moved in seen):
            return True
    return False


def covers(wide: OfferReach, narrow: OfferReach) -> bool:
    """Whether all to whom ``narrow`` is offered, wherever and whenever, are in the audience of ``wide`` there."""
    if wide.offer.segment not in {EVERYBODY, narrow.offer.segment}:
        return False
    # The same words hold for the same people, also where they cannot be tried.
    if wide.condition is None or wide.offer.audience == narrow.offer.audience:
        return True
    tried = Situations(_question([wide, narrow], narrow.placements, narrow.hours))
    # What was not tried could be just the people outside.
    return tried.are_all and all(
        _holds(wide, facts) for facts in tried if _holds(narrow, facts)
    )


def shared_screens(one: OfferReach, other: OfferReach) -> tuple[Placement, ...]:
    """The screens on which both may stand."""
    return tuple(place for place in one.placements if place in other.placements)


def _holds(reach: OfferReach, facts: Facts) -> bool:
    """Whether the condition is true; the segment is the question's."""
    return reach.condition is None or reach.condition.holds(facts)


def _moved(facts: Facts, places: Iterable[Placement]) -> Iterator[Facts]:
    """The same person at the same instant before other screens."""
    for place in places:
        seen = {"placement": place.name, "surface": place.surface}
        # Facts hold only what the conditions read.
        yield {**facts, **{name: value for name, value in seen.items() if name in facts}}


def _question(
    reaches: Iterable[OfferReach], placements: tuple[Placement, ...], hours: int
) -> ConditionQuestion:
    reaches = tuple(reaches)
    conditions = [reach.condition for reach in reaches if reach.condition is not None]
    return ConditionQuestion(
        texts=tuple(reach.offer.audience for reach in reaches),
        reads=frozenset[str]().union(*(condition.reads for condition in conditions)),
        segments=frozenset(reach.offer.segment for reach in reaches) - {EVERYBODY},
        placements=placements,
        hours=hours,
    )
