from __future__ import annotations

import asyncio

from edge.domain.ids import BasketId, DeviceId
from edge.state import line_waits
from edge.state.line_waits import LineWaits
from tests.patience import until

TILL, OTHER, BASKET = DeviceId("till-1"), DeviceId("till-2"), BasketId("b-1")
LONG_S = 60.0


def soon(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_a_line_is_known_once_its_basket_has_told_of_it() -> None:
    waits = LineWaits()
    assert not waits.has(BASKET, "1")
    waits.heard(TILL, BASKET, ["1", "2"])
    assert waits.has(BASKET, "2")
    assert not waits.has(BasketId("b-2"), "2")


async def test_who_waits_goes_on_at_the_line_and_only_once() -> None:
    waits, gone = LineWaits(), list[str]()
    waits.wait(TILL, lambda: waits.has(BASKET, "2"), lambda: gone.append("go"), soon(0.05))
    waits.heard(OTHER, BasketId("b-2"), ["2"])
    waits.heard(TILL, BASKET, ["1"])
    assert gone == []
    waits.heard(TILL, BASKET, ["2"])
    assert gone == ["go"]
    waits.heard(TILL, BASKET, ["2"])
    await asyncio.sleep(0.1)
    assert gone == ["go"]


async def test_the_time_given_ends_the_wait() -> None:
    waits, gone = LineWaits(), list[str]()
    waits.wait(TILL, lambda: False, lambda: gone.append("go"), soon(0.01))
    await until(lambda: gone == ["go"])
    waits.heard(TILL, BASKET, ["2"])
    assert gone == ["go"]


async def test_each_waits_for_its_own_line() -> None:
    waits, gone = LineWaits(), list[str]()
    for line in ("3", "1", "2"):
        waits.wait(
            TILL,
            lambda line=line: waits.has(BASKET, line),  # type: ignore[misc] # a default that binds it
            lambda line=line: gone.append(line),  # type: ignore[misc] # as above
            soon(LONG_S),
        )
    for line in ("1", "2", "3"):
        waits.heard(TILL, BASKET, [line])
    assert gone == ["1", "2", "3"]


async def test_what_was_told_long_ago_is_let_go() -> None:
    waits = LineWaits()
    for n in range(line_waits._BASKETS + 1):  # noqa: SLF001 - the limit is the module's own
        waits.heard(TILL, BasketId(f"b-{n}"), ["1"])
    assert not waits.has(BasketId("b-0"), "1")
    assert waits.has(BASKET, "1")
