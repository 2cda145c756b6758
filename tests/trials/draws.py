"""A million people drawn: shares, agreement of two stores, and layers."""

from __future__ import annotations

from dataclasses import replace

from edge.domain.campaign import Campaign
from edge.domain.experiment import POINTS, Arm, Layer
from tests.trials.figure import Figure, Tick
from tests.trials.town import OPENS, campaign

PEOPLE = 1_000_000


def draws(runs: int, tick: Tick) -> list[Figure]:
    """The same people in two stores, under 10 % and under 20 % held out; ten thousand of them a run."""
    each, tests = min(PEOPLE // runs, 10_000), [campaign("ten", 10), campaign("twenty", 20)]
    held, agree = [0, 0], 0
    parts = [
        replace(t, layer=Layer(name="week", first=f, last=f + POINTS // 2))
        for t, f in zip(tests, (0, POINTS // 2), strict=True)
    ]
    both = neither = 0
    for run in range(runs):
        for number in range(each):
            token = f"c-{run * each + number}"
            here = [test.arm(token, "1", OPENS) for test in tests]
            agree += here == [test.arm(token, "2", OPENS) for test in tests]
            for n, arm in enumerate(here):
                held[n] += arm is Arm.HELD_OUT
            inside = sum(_in(part, token) for part in parts)
            both, neither = both + (inside == 2), neither + (inside == 0)
        tick()
    return _figures(held, agree, both, neither, each * runs)


def _in(part: Campaign, token: str) -> bool:
    return part.arm(token, "1", OPENS) is not Arm.OUTSIDE


def _figures(held: list[int], agree: int, both: int, neither: int, many: int) -> list[Figure]:
    # A tenth of a point is promised of a million; of fewer, what chance alone leaves open.
    room = 0.001 * (PEOPLE / many) ** 0.5
    trial = f"{many:,} people drawn"
    shares = [
        Figure(
            trial=trial,
            name=f"held out, {pct} % meant",
            seen=f"{count / many:.3%}",
            goal=f"within {room:.2%}",
            holds=abs(count / many - pct / 100) <= room,
        )
        for pct, count in zip((10, 20), held, strict=True)
    ]
    return [
        *shares,
        Figure(
            trial=trial,
            name="two stores agree",
            seen=f"{agree:,}",
            goal="all",
            holds=agree == many,
        ),
        Figure(
            trial=trial,
            name="in both parts of a layer",
            seen=f"{both}",
            goal="0",
            holds=not both,
        ),
        Figure(
            trial=trial, name="in neither part", seen=f"{neither}", goal="0", holds=not neither
        ),
    ]
