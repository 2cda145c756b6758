"""A seat's line: opened once, closed when nobody watches, opened again when somebody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from edge.api.auth import Caller
from edge.api.errors import Closing, NotProven
from edge.api.seat import Hear, Link, Seat
from tests.edge.api.fakes import PASSWORD, FakeBroker, FakeFleet, FixedClock, caller

KIOSK = caller("kiosk-1", "kiosk")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


def seat(broker: FakeBroker) -> Seat:
    return Seat(KIOSK, broker, FixedClock(), grace_s=0.05)


async def test_a_line_that_nobody_watches_is_closed_after_the_grace_time() -> None:
    broker = FakeBroker(FakeFleet())
    place = seat(broker)
    await place.line(PASSWORD)
    assert place.link is Link.UP
    await until(lambda: not broker.lines)
    assert place.link is Link.DOWN
    await place.close()


async def test_a_watched_line_stays() -> None:
    broker = FakeBroker(FakeFleet())
    place = seat(broker)
    line = await place.line(PASSWORD)
    outlet = place.feed.join()
    await asyncio.sleep(0.15)
    assert await place.line(PASSWORD) is line
    place.feed.leave(outlet)
    await place.close()


async def test_a_page_that_comes_back_opens_the_line_again() -> None:
    broker = FakeBroker(FakeFleet())
    place = seat(broker)
    await place.line(PASSWORD)
    await until(lambda: not broker.lines)
    await place.line(PASSWORD)
    assert broker.opened == 2
    await place.close()


async def test_many_who_come_at_once_open_one_line() -> None:
    broker = FakeBroker(FakeFleet())
    place = seat(broker)
    lines = await asyncio.gather(*(place.line(PASSWORD) for _ in range(10)))
    assert (broker.opened, len({id(line) for line in lines})) == (1, 1)
    await place.close()


async def test_a_new_password_takes_the_place_of_the_old_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = FakeBroker(FakeFleet())
    place = seat(broker)
    await place.line(PASSWORD)
    monkeypatch.setattr("tests.edge.api.fakes.PASSWORD", "renewed")
    await place.line("renewed")
    await asyncio.sleep(0.01)
    assert (broker.opened, place.link, len(broker.lines)) == (2, Link.UP, 1)
    await place.close()


async def test_a_refused_password_opens_nothing() -> None:
    place = seat(FakeBroker(FakeFleet()))
    with pytest.raises(NotProven):
        await place.line("wrong")
    with pytest.raises(NotProven):
        await place.line("")
    await place.close()


async def test_a_broker_that_is_away_is_said_so() -> None:
    class Away(FakeBroker):
        def __call__(self, caller: Caller, password: str, hear: Hear) -> object:  # type: ignore[override]  # fails before there is a context
            raise Closing

    place = seat(Away(FakeFleet()))
    with pytest.raises(Closing):
        await place.line(PASSWORD)
    await place.close()


async def test_who_gives_up_while_the_line_opens_leaves_none_behind() -> None:
    broker = FakeBroker(FakeFleet())
    place = seat(broker)
    waiting = asyncio.ensure_future(place.line(PASSWORD))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    await until(lambda: not broker.lines)
    await place.close()
