"""How the places of one list are taken: by worth first, then by claims to which a lesser one gives way.

`arbitrate` takes one for each list and asks it row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from edge.domain.decision import SlotClaim

Test = Callable[[int], bool]
Category = Callable[[int], str | None]


class SlotAllocation:
    """``limit`` places, at most ``per_category`` of one category. Rows are numbers of candidates.

    ``category`` of a row: None for what cannot take a place. ``taken``: row and claim, worthiest first,
    later claimants behind.
    """

    def __init__(self, *, limit: int, per_category: int, category: Category) -> None:
        """No place is taken yet."""
        self.taken: list[tuple[int, SlotClaim]] = []
        self._limit = limit
        self._per_category = per_category
        self._category = category
        self._counts = Counter[str | None]()

    def fill(self, ranked: Iterable[int]) -> list[int]:
        """Take all places in order. Returns the rows that would have won but for too many of their category."""
        alike = list[int]()
        for row in ranked:
            if len(self.taken) >= self._limit:
                break
            if self._fits(row):
                self._take(row, SlotClaim.WORTH)
            else:
                alike.append(row)
        return alike

    def yield_to(
        self, claimants: Iterable[int], claim: SlotClaim, gives_way: Test
    ) -> list[int]:
        """Give places to ``claimants`` in order, each one's from the last that ``gives_way``. Returns who had them."""
        displaced = list[int]()
        for row in claimants:
            at = self._last(gives_way)
            if at is None:
                break
            if self._fits(row, instead=self.taken[at][0]):
                displaced.append(self._give(at, row, claim))
        return displaced

    def keep(
        self, count: int, claimants: Sequence[int], claim: SlotClaim, ways: Sequence[Test]
    ) -> list[int]:
        """Give ``count`` places to claimants, of a category not shown yet if there is one.

        ``ways``: who gives way, the first test by which anybody does. Returns who had the places.
        """
        displaced = list[int]()
        for _ in range(count):
            at = next((at for way in ways if (at := self._last(way)) is not None), None)
            row = None if at is None else self._best(claimants, instead=self.taken[at][0])
            if at is None or row is None:
                break
            displaced.append(self._give(at, row, claim))
        return displaced

    def __contains__(self, row: int) -> bool:
        return any(row == taken for taken, _ in self.taken)

    def _best(self, claimants: Sequence[int], *, instead: int) -> int | None:
        """The first claimant of a category that no other place shows, or else the first that fits."""
        taken = {row for row, _ in self.taken}
        shown = {self._category(row) for row in taken if row != instead}
        free: int | None = None
        for row in claimants:
            if row not in taken and self._fits(row, instead=instead):
                if self._category(row) not in shown:
                    return row
                free = row if free is None else free
        return free

    def _last(self, gives_way: Test) -> int | None:
        # From the end, so that the least worthy gives way first.
        places = range(len(self.taken) - 1, -1, -1)
        return next((at for at in places if gives_way(self.taken[at][0])), None)

    def _fits(self, row: int, *, instead: int | None = None) -> bool:
        category = self._category(row)
        if category is None:
            return False
        # Who gives way frees a place of their own category.
        leaving = instead is not None and self._category(instead) == category
        return self._counts[category] - leaving < self._per_category

    def _give(self, at: int, row: int, claim: SlotClaim) -> int:
        gone, _ = self.taken.pop(at)
        self._counts[self._category(gone)] -= 1
        self._take(row, claim)
        return gone

    def _take(self, row: int, claim: SlotClaim) -> None:
        self.taken.append((row, claim))
        self._counts[self._category(row)] += 1
