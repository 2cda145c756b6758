"""Trip by trip, whether ours and the simple method foresaw it: so two methods, or two releases, meet on the same trips.

`audit` gives the outcomes and `summary` tells them; `make figures` holds a release against the one before with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from devices.simulator.trip import Trip

_SIDES = 1.96
# Ours and the usual method's outcome of one trip, as one letter; a trip that says nothing has a dot.
_LETTERS = {(True, True): "b", (True, False): "o", (False, True): "u", (False, False): "n"}
_OUTCOMES = {letter: pair for pair, letter in _LETTERS.items()}
_SILENT = "."


class PairedOutcome(NamedTuple):
    """Whether what was bought on one trip had been foreseen."""

    ours: bool
    usual: bool


class PairedGain(NamedTuple):
    """A mean difference of two shares over ``trips``, with its 95 % interval by people."""

    mean: float
    low: float
    high: float
    trips: int


def written(trips: Iterable[Trip], outcomes: Mapping[str, PairedOutcome]) -> str:
    """One letter a trip, one word a household in the order of their first trips. ``outcomes`` by the trip's key."""
    people = dict[str, list[str]]()
    for trip in trips:
        found = outcomes.get(trip.key)
        letter = _SILENT if found is None else _LETTERS[found]
        people.setdefault(trip.household, []).append(letter)
    return " ".join("".join(letters) for letters in people.values())


def lift(trips: str) -> PairedGain | None:
    """By how much ours foresaw more trips than the usual method; None where nothing was foreseen or missed."""
    return _gain(trips, trips, lambda one, _: one.ours - one.usual)


def change(before: str, after: str) -> PairedGain | None:
    """By how much ours foresaw more than ours did ``before``, over trips that count in both; None without any.

    Raises:
        ValueError: these are not the same trips.
    """
    if list(map(len, before.split(" "))) != list(map(len, after.split(" "))):
        raise ValueError("the two were not measured on the same trips")
    return _gain(before, after, lambda old, new: new.ours - old.ours)


def _gain(
    before: str, after: str, difference: Callable[[PairedOutcome, PairedOutcome], int]
) -> PairedGain | None:
    people = [
        [
            difference(PairedOutcome(*_OUTCOMES[old]), PairedOutcome(*_OUTCOMES[new]))
            for old, new in zip(*words, strict=True)
            if _SILENT not in (old, new)
        ]
        for words in zip(before.split(" "), after.split(" "), strict=True)
    ]
    people = [one for one in people if one]
    trips = sum(map(len, people))
    if not trips:
        return None
    mean = sum(map(sum, people)) / trips
    # By people, not by trips: who is foreseen once is foreseen again.
    apart = sum((sum(one) - mean * len(one)) ** 2 for one in people)
    few = len(people) / max(len(people) - 1, 1)
    width = _SIDES * math.sqrt(few * apart) / trips
    mean, low, high = (round(x, 4) for x in (mean, mean - width, mean + width))
    return PairedGain(mean, low, high, trips)
