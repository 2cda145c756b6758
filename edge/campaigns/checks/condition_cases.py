"""Situations in which conditions are tried: every combination of the values at which one of them can turn.

`audiences` tries every condition on them and keeps who is let in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import gcd, prod

from edge.campaigns.checks import week_hours
from edge.domain.audience import ConditionValue
from edge.domain.customer_value import NO_OUTLOOK
from edge.domain.placement import Placement
from models.moment import daypart

MOST = 20_000
"""Situations that are tried for one question; a condition that needs more is not judged."""

_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_NUMBER = re.compile(r"\b\d+\b")
# Sums and patterns turn at values that stand nowhere in the text.
_REACHES_FURTHER = re.compile(r"[*/%+]|(?<=[\w)\]])\s*-|\b(?:matches|map)\(")
# Of so many words every set is tried; of more only the smallest and the largest sets.
_ALL_SETS = 5
# What is said of a place or a part of the day is not said of a list.
_OF_A_PLACE = re.compile(
    r"\b(?:daypart|placement|surface|zone)\s*(?:(?:==|!=)\s*(?:'[^']*'|\"[^\"]*\")|in\s*\[[^\]]*\])"
)
# Conditions may also count the members of a list: so many others are put into it at most.
_COUNTED = re.compile(r"\bsize\(\s*(\w+)|(\w+)\.(?:size|exists_one|filter)\(")
_LONGEST = 12
# By count: the least and the most that somebody has of it; nobody's habits have -1 and 0.
_COUNTS = {
    "trips": (1, 64),
    "days_since_trip": (0, 3_650),
    "churn_risk_pct": (0, 100),
    "expected_trips": (0, 60),
    "value_cents": (0, 1_000_000),
    "basket_items": (1, 200),
    "basket_cents": (1, 1_000_000),
}
# What is counted of a person's past.
_PAST = ("trips", "days_since_trip", *NO_OUTLOOK)
_LISTS = frozenset({"segments", "bought_categories", "basket_categories"})
# Steps of this part of a circle leave no large gap, however many are taken.
_GOLDEN = 0.618
# A word that no condition knows.
_OTHER = "~"

Facts = Mapping[str, ConditionValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionQuestion:
    """``texts``: the conditions; ``reads``: the facts they ask for; ``segments``: what the person must be in."""

    texts: tuple[str, ...]
    reads: frozenset[str]
    segments: frozenset[str]
    placements: tuple[Placement, ...]
    hours: int


class Situations:
    """The combinations; ``are_all`` tells whether what none of them shows can never be."""

    def __init__(self, question: ConditionQuestion) -> None:
        self._asked = question
        self._words = _words(question.texts)
        self._members = _words(_OF_A_PLACE.sub("", text) for text in question.texts)
        self._numbers = _numbers(question.texts)
        found = (match for text in question.texts for match in _COUNTED.findall(text))
        self._counted = frozenset(name for match in found for name in match)
        sides = (self._people(), self._moments(), self._places(), self._baskets())
        self._sides = [_once(side) for side in sides]
        self.are_all = self._tells_all()

    def __iter__(self) -> Iterator[Facts]:
        """At most ``MOST`` of them, spread evenly; each has the facts that the question reads."""
        count = prod(map(len, self._sides))
        first = int(count * _GOLDEN) + 1
        # A step that shares no factor with their number comes by every combination before any comes twice.
        step = next(n for n in range(first, first + count + 1) if gcd(n, count) == 1)
        for n in range(min(count, MOST)):
            yield self._at(n * step % count)

    def _at(self, number: int) -> Facts:
        found = dict[str, ConditionValue]()
        # The number has one digit a side, in the base of its length.
        for side in self._sides:
            number, place = divmod(number, len(side))
            found.update(side[place])
        return found

    def _tells_all(self) -> bool:
        reads = self._asked.reads
        if reads & _LISTS and len(self._members) > _ALL_SETS:
            return False
        if self._counted and max(self._numbers, default=0) > _LONGEST:
            return False
        turns_elsewhere = reads & (_COUNTS.keys() | _LISTS | {"zone"})
        # What stands in quotes is no operator.
        bare = (_TEXT.sub("''", text) for text in self._asked.texts)
        if turns_elsewhere and any(_REACHES_FURTHER.search(text) for text in bare):
            return False
        return prod(map(len, self._sides)) <= MOST

    def _people(self) -> Iterator[Facts]:
        needed = self._asked.segments
        stranger: Facts = {
            "trips": 0,
            "days_since_trip": -1,
            "bought_categories": (),
            **NO_OUTLOOK,
        }
        if not needed:
            # Nobody in particular is in no segment.
            yield self._told({"identified": False, "segments": (), **stranger})
        habits: list[Facts] = [
            {**dict(zip(_PAST, counts, strict=True)), "bought_categories": bought}
            for counts in product(*map(self._counts, _PAST))
            for bought in self._sets("bought_categories")
        ]
        for others in self._sets("segments"):
            segments = tuple(sorted(needed | set(others)))
            for habit in (stranger, *habits):
                yield self._told({"identified": True, "segments": segments, **habit})

    def _moments(self) -> Iterator[Facts]:
        for weekday, hour in week_hours.each(self._asked.hours):
            yield self._told({"weekday": weekday, "hour": hour, "daypart": daypart(hour)})

    def _places(self) -> Iterator[Facts]:
        for place in self._asked.placements:
            for zone in ("", *self._words, _OTHER):
                yield self._told(
                    {"placement": place.name, "surface": place.surface, "zone": zone}
                )

    def _baskets(self) -> Iterator[Facts]:
        yield self._told({"basket_items": 0, "basket_cents": 0, "basket_categories": ()})
        for items in self._counts("basket_items"):
            for cents in self._counts("basket_cents"):
                for categories in self._sets("basket_categories"):
                    # So many products cannot be of more categories.
                    if len(categories) <= items or "basket_items" not in self._asked.reads:
                        yield self._told(
                            {
                                "basket_items": items,
                                "basket_cents": cents,
                                "basket_categories": categories,
                            }
                        )

    def _told(self, facts: Facts) -> Facts:
        return {name: value for name, value in facts.items() if name in self._asked.reads}

    def _counts(self, name: str) -> Sequence[int]:
        """Values of a count around every number of the conditions; one where nobody reads it."""
        least, most = _COUNTS[name]
        if name not in self._asked.reads:
            return (least,)
        # A comparison turns at its number or beside it.
        near = {n + step for n in self._numbers for step in (-1, 0, 1)}
        return sorted({least, most} | {n for n in near if least <= n <= most})

    def _sets(self, name: str) -> Sequence[tuple[str, ...]]:
        """Sets of the conditions' words, with and without others; the empty one where nobody reads it."""
        if name not in self._asked.reads:
            return ((),)
        words, count = self._members, len(self._members)
        sizes = range(count + 1) if count <= _ALL_SETS else {0, 1, 2, count - 1, count}
        known = [some for size in sorted(sizes) for some in combinations(words, size)]
        # With one more than the number, `size(x) > n` turns as well.
        near = [n + 1 for n in self._numbers if n <= _LONGEST] if name in self._counted else []
        others = [
            tuple(f"{_OTHER}{n}" for n in range(size)) for size in range(max([1, *near]) + 1)
        ]
        return [(*some, *more) for some in known for more in others]


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({a or b for text in texts for a, b in _TEXT.findall(text)} - {""}))


def _numbers(texts: Iterable[str]) -> frozenset[int]:
    return frozenset(int(n) for text in texts for n in _NUMBER.findall(_TEXT.sub("''", text)))


def _once(told: Iterable[Facts]) -> list[Facts]:
    """Each combination once, in the order of its first appearance."""
    return list({tuple(sorted(facts.items())): facts for facts in told}.values())
