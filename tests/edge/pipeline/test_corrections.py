"""Returns and voids at the tills of a real shop: every figure as if what came back had never been sold."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.edge.builders import ANN, BEN, NOW
from tests.edge.fakes import HandClock
from tests.edge.pipeline.day_with_returns import (
    Return,
    Sale,
    Sold,
    Step,
    Void,
    arrive,
    prepare,
    till_day,
    without,
)


async def lived(
    path: Path, steps: list[Step | None], restart_before: int = 99
) -> dict[str, Any]:
    """The figures of a day; the service is started anew before one of its steps."""
    prepare(path)
    clock = HandClock(NOW)
    async with till_day(path, clock) as day:
        await arrive(day)
        await day.play(steps[:restart_before])
        sales, tills, figures = day.sales, day.tills, day.figures()
    if restart_before < len(steps):
        async with till_day(path, clock, up=()) as day:
            day.sales, day.tills = sales, tills
            await day.play(steps[restart_before:])
            figures = day.figures()
    return figures


LINES = st.builds(
    Sold,
    item=st.integers(1, 6),
    quantity=st.integers(1, 3).map(str),
    price=st.sampled_from([100, 250, 999]),
) | st.builds(
    Sold,
    item=st.just(8),
    quantity=st.sampled_from(["0.3", "0.5", "1.2"]),
    price=st.just(1000),
    unit=st.just("kg"),
)


@st.composite
def days(draw: st.DrawFn) -> list[Step]:
    """Sales of two people and of nobody at two tills, with returns of them and voids of either, in any order."""
    steps = list[Step]()
    left = dict[tuple[str, int], int]()
    standing, voidable = set[str](), list[str]()
    for n in range(draw(st.integers(2, 8))):
        number = f"{n}"
        what = draw(st.sampled_from(["sell", "sell", "return", "void"]))
        places = [key for key, tenths in left.items() if tenths and key[0] in standing]
        if what == "return" and places:
            of, place = draw(st.sampled_from(places))
            weighed = left[of, place] % 10 != 0 or left[of, place] < 10
            tenths = draw(
                st.sampled_from(range(1, left[of, place] // (1 if weighed else 10) + 1))
            )
            tenths *= 1 if weighed else 10
            left[of, place] -= tenths
            by = draw(st.sampled_from([ANN, BEN, None]))
            steps.append(
                Return(number=number, of=of, place=place, quantity=f"{tenths / 10:g}", by=by)
            )
            # A void of a return would bring back what a later one may have taken.
        elif what == "void" and voidable:
            gone = draw(st.sampled_from(voidable))
            voidable.remove(gone)
            standing.discard(gone)
            steps.append(Void(number=gone))
        else:
            lines = tuple(draw(st.lists(LINES, min_size=1, max_size=3)))
            steps.append(
                Sale(
                    number=number,
                    lines=lines,
                    buyer=draw(st.sampled_from([ANN, ANN, BEN, None])),
                    till=draw(st.integers(0, 1)),
                    coupons=draw(st.integers(0, 2)),
                )
            )
            voidable.append(number)
            standing.add(number)
            left |= {
                (number, place): round(float(line.quantity) * 10)
                for place, line in enumerate(lines)
            }
    return steps


MILK, BREAD = Sold(item=1, quantity="2"), Sold(item=3)
HAM = Sold(item=8, quantity="1.2", price=1000, unit="kg")
THREE = [Sale(number="0", lines=(MILK, HAM), coupons=1), Sale(number="1", lines=(MILK, BREAD))]


# Not shrunk: each try is two days in real shops.
CARD = tuple(Sold(item=n) for n in (1, 3, 5))
FILLED = [
    Sale(number="0", lines=CARD[:2]),
    Sale(number="1", lines=CARD[1:]),
    Sale(number="2", lines=CARD[:1]),
]
"""The second sale fills the card that the first one began; the third may stand in for the first."""


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps=days(), restart_before=st.integers(0, 9))
@example([*THREE, Void(number="0")], 2)
@example([*THREE, Void(number="1"), Void(number="0")], 9)
@example([*THREE, Return(number="2", of="0", place=1, quantity="0.7", by=BEN)], 9)
@example(
    [
        *THREE,
        Return(number="2", of="0", place=0, quantity="1"),
        Return(number="3", of="0", place=0, quantity="1"),
        Return(number="4", of="0", place=1, quantity="1.2", by=None),
    ],
    3,
)
@example([*THREE, Return(number="2", of="0", place=0, quantity="2"), Void(number="2")], 9)
@example([Sale(number="0", lines=CARD), Void(number="0"), *FILLED[1:]], 1)
@example([*FILLED, Void(number="0")], 9)
@example([*FILLED, Void(number="1")], 3)
@example([*FILLED, Return(number="3", of="1", place=1, quantity="1", by=BEN)], 9)
@example([*FILLED[:2], Return(number="3", of="0", place=1, quantity="1"), Void(number="3")], 9)
def test_every_figure_is_that_of_a_day_without_what_came_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], restart_before: int
) -> None:
    path = tmp_path_factory.mktemp("days")
    plain = asyncio.run(lived(path / "without.db", without(steps)))
    corrected = asyncio.run(lived(path / "with.db", list(steps), restart_before))
    for name, figures in plain.items():
        assert corrected[name] == figures, name
