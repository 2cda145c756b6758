"""How the places of one list are taken: by worth first, then by claims to which a lesser one gives way.

`arbitrate` takes one for each list and asks it row by row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from edge.domain.decision import Rule, SlotClaim

Test = Callable[[int], bool]
Label = Callable[[int], str | None]


def _nameless(_row: int) -> None:
    """What reads like nothing else."""


class _Kind:
    """What rows may have in common, how many of one may stand together, and how many do."""

    def __init__(self, of: Label, limit: int) -> None:
        self.of = of
        self.counts = Counter[str | None]()
        self._limit = limit

    def has_room(self, row: int, instead: int | None = None) -> bool:
        """Whether one more like ``row`` may stand here; ``instead`` frees a place of its own kind."""
        mine = self.of(row)
        leaving = instead is not None and self.of(instead) == mine
        return mine is None or self.counts[mine] - leaving < self._limit

    def alike(self, row: int, other: int) -> bool:
        """Whether both are of one kind."""
        return self.of(row) == self.of(other)


class SlotAllocation:
    """``limit`` places, at most ``per_category`` of one category and ``per_name`` of one name (0: any number).

    Rows are numbers of candidates. ``category`` of a row: None for what cannot take a place; ``name``: how it reads.
    ``taken``: row and claim, worthiest first, later claimants behind.
    """

    def __init__(
        self,
        *,
        limit: int,
        per_category: int,
        category: Label,
        per_name: int = 0,
        name: Label = _nameless,
    ) -> None:
        """No place is taken yet."""
        self.taken: list[tuple[int, SlotClaim]] = []
        self._limit = limit
        self._category = _Kind(category, per_category)
        self._name = _Kind(name if per_name else _nameless, per_name)

    def fill(self, ranked: Iterable[int]) -> dict[int, Rule]:
        """Take all places in order. Returns the rows that would have won but for too many like them, and the rule."""
        alike = dict[int, Rule]()
        for row in ranked:
            if len(self.taken) >= self._limit:
                break
            if not self._name.has_room(row):
                alike[row] = Rule.SAME_NAME
            elif not self._fits(row):
                alike[row] = Rule.TOO_MUCH_ALIKE
            else:
                self._take(row, SlotClaim.WORTH)
        return alike

    def yield_to(
        self, claimants: Iterable[int], claim: SlotClaim, gives_way: Test
    ) -> list[int]:
        """Give places to ``claimants`` in order, each one's from the last that ``gives_way``. Returns who had them.

        Where others read the same as a claimant, it is their place that it takes, or none.
        """
        displaced = list[int]()
        for row in claimants:
            at = self._last(self._yielding_to(row, gives_way))
            if at is not None and self._fits(row, instead=self.taken[at][0]):
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
        shown = {self._category.of(row) for row in taken if row != instead}
        free: int | None = None
        for row in claimants:
            if row not in taken and self._fits(row, instead=instead):
                if self._category.of(row) not in shown:
                    return row
                free = row if free is None else free
        return free

    def _yielding_to(self, row: int, gives_way: Test) -> Test:
        """Who gives way to ``row``: where as many as may read the same as it are in place, only one of those."""
        if self._name.has_room(row):
            return gives_way
        return lambda other: gives_way(other) and self._name.alike(other, row)

    def _last(self, gives_way: Test) -> int | None:
        # From the end, so that the least worthy gives way first.
        places = range(len(self.taken) - 1, -1, -1)
        return next((at for at in places if gives_way(self.taken[at][0])), None)

    def _fits(self, row: int, *, instead: int | None = None) -> bool:
        # What has no category can take no place.
        return (
            self._category.of(row) is not None
            and self._category.has_room(row, instead)
            and self._name.has_room(row, instead)
        )

    def _give(self, at: int, row: int, claim: SlotClaim) -> int:
        gone, _ = self.taken.pop(at)
        for kind in (self._category, self._name):
            kind.counts[kind.of(gone)] -= 1
        self._take(row, claim)
        return gone

    def _take(self, row: int, claim: SlotClaim) -> None:
        self.taken.append((row, claim))
        for kind in (self._category, self._name):
            kind.counts[kind.of(row)] += 1
