"""What one person was shown and how they took it: all that caps, back-off and the cost of negatives count.

The customer cache fills it from storage; a decision's inputs count it, the offer rules cap by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from edge.domain.ids import ItemKey, OfferId, VisitId

WEEK = timedelta(days=7)
# The tables keep them a day longer, so that nothing goes which still counts.
MEMORY = timedelta(days=35)
"""So far back showings and answers are counted."""

# Of what somebody looked at, no more than a screen or two could show.
_VIEWED_MAX = 30

TAKEN_UP, LOOKED_AT, DISMISSED, NEVER_AGAIN = 1, 0, -1, -2
"""How an offer or an item was answered."""


class Impression(NamedTuple):
    """One offer in front of one person in one visit, on however many screens; ``at``, business time, of the first.

    Where ``visit`` is empty – a message, or from before visits were noted – each showing is one.
    """

    at: datetime
    offer: OfferId
    campaign: str
    category: str
    visit: VisitId = VisitId("")


class OfferResponse(NamedTuple):
    """One answer of one person. ``liked`` is one of the four words above; ``at`` is business time.

    Taking up an ``item``, by word or by buying it, ends all that the person had said against it before.
    """

    at: datetime
    liked: int
    category: str
    item: ItemKey | None = None
    offer: OfferId | None = None


@dataclass(slots=True, kw_only=True)
class ExposureMemory:
    """One person's showings and answers, oldest first; ``given``: how often each offer was redeemed, ever."""

    touches: list[Impression] = field(default_factory=list[Impression])
    responses: list[OfferResponse] = field(default_factory=list[OfferResponse])
    given: Counter[OfferId] = field(default_factory=Counter[OfferId])

    def touched(self, touch: Impression) -> None:
        """Count a showing, unless its visit has had the offer before it already."""
        if not touch.visit or touch.offer not in self.promised(touch.visit):
            self.touches.append(touch)

    def promised(self, visit: VisitId | None) -> tuple[OfferId, ...]:
        """The offers that were shown in this visit, sorted."""
        if not visit:
            return ()
        return tuple(sorted({t.offer for t in self.touches if t.visit == visit}))

    def lately(self, now: datetime) -> list[Impression]:
        """Showings of the seven days before ``now``."""
        first = now - WEEK
        return [touch for touch in self.touches if touch.at > first]

    def ignored(self, now: datetime) -> dict[OfferId, int]:
        """Offer -> showings in a row that were not taken up, since the last that was; none are left out."""
        first = now - MEMORY
        # Oldest first, so that of several the latest stays.
        last = {r.offer: r.at for r in self.responses if r.offer and r.liked == TAKEN_UP}
        counts = Counter(
            touch.offer
            for touch in self.touches
            if touch.at > first and touch.at > last.get(touch.offer, first)
        )
        return dict(sorted(counts.items()))

    def rejected(self, now: datetime) -> tuple[ItemKey, ...]:
        """Items of which they said "not for me" and that they have not taken since, ascending."""
        never = (r.item for r in self._noes(now) if r.liked == NEVER_AGAIN)
        return tuple(sorted({item for item in never if item is not None}))

    def viewed(self, now: datetime) -> tuple[ItemKey, ...]:
        """Items that they looked at more closely on a screen, the latest first, each once."""
        first = now - MEMORY
        looks = sorted(
            (r.at, r.item)
            for r in self.responses
            if r.liked == LOOKED_AT and r.at > first and r.item is not None
        )
        return tuple(dict.fromkeys(item for _, item in reversed(looks)))[:_VIEWED_MAX]

    def turned_down(self, now: datetime) -> frozenset[ItemKey]:
        """Items that they said anything against, whether or not they have taken them since."""
        first = now - MEMORY
        noes = (r.item for r in self.responses if r.liked < LOOKED_AT and r.at > first)
        return frozenset(item for item in noes if item is not None)

    def disliked(self, now: datetime) -> dict[str, int]:
        """Category -> how much is said against it: one a dismissal, two a "not for me"; none are left out."""
        counts = Counter[str]()
        for response in self._noes(now):
            # A no is negative: taking it away adds one or two.
            counts[response.category] -= response.liked
        return dict(sorted(counts.items()))

    def _noes(self, now: datetime) -> Iterator[OfferResponse]:
        """All that was said against anything and still stands."""
        first = now - MEMORY
        taken = dict[ItemKey, datetime]()
        for said in self.responses:
            if said.liked == TAKEN_UP and said.item is not None:
                # What is told late stands behind what is older: the latest counts.
                taken[said.item] = max(said.at, taken.get(said.item, said.at))
        for said in self.responses:
            if said.liked < LOOKED_AT and said.at > first:
                last = None if said.item is None else taken.get(said.item)
                if last is None or last < said.at:
                    yield said

    def with_all_of(self, other: ExposureMemory) -> ExposureMemory:
        """The two together: what is in both counts once, what one of them holds twice counts twice.

        Of what was redeemed ``other`` has the word: it is what is in mind, and the disk follows it.
        """
        # The larger count and not the sum: most of one side is what the disk has of the other.
        touches = Counter(self.touches) | Counter(other.touches)
        responses = Counter(self.responses) | Counter(other.responses)
        return ExposureMemory(
            touches=_each_visit_once(sorted(touches.elements())),
            # Not by the last two fields, which may be None and then compare with nothing.
            responses=sorted(responses.elements(), key=lambda r: r[:3]),
            given=other.given.copy(),
        )

    def forget_before(self, now: datetime) -> None:
        """Let go of what no rule counts any more."""
        first = now - MEMORY
        self.touches = [touch for touch in self.touches if touch.at > first]
        self.responses = [response for response in self.responses if response.at > first]


def _each_visit_once(touches: Iterable[Impression]) -> list[Impression]:
    """Of each offer in each visit the first."""
    seen, found = set[tuple[OfferId, VisitId]](), list[Impression]()
    for touch in touches:
        if touch.visit:
            if (touch.offer, touch.visit) in seen:
                continue
            seen.add((touch.offer, touch.visit))
        found.append(touch)
    return found
