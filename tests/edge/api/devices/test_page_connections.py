"""A connection's line: opened once, closed when nobody watches, opened again when somebody does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from edge.api.devices.page_connections import (
    Hear,
    PageBrokerLink,
    PageConnection,
    PageConnections,
)
from edge.api.http.auth import Caller
from edge.api.http.errors import Closing, NotProven
from tests.edge.api.fakes import PASSWORD, FakeBroker, FakeFleet, FakeLine, FixedClock, caller
from tests.patience import until

KIOSK = caller("kiosk-1", "kiosk")


def connection(broker: FakeBroker) -> PageConnection:
    return PageConnection(KIOSK, broker, FixedClock(), grace_s=0.05)


async def test_a_line_that_nobody_watches_is_closed_after_the_grace_time() -> None:
    broker = FakeBroker(FakeFleet())
    place = connection(broker)
    await place.line(PASSWORD)
    links = [place.link]
    await until(lambda: not broker.lines)
    links.append(place.link)
    assert links == [PageBrokerLink.UP, PageBrokerLink.DOWN]
    await place.close()


async def test_a_watched_line_stays() -> None:
    broker = FakeBroker(FakeFleet())
    place = connection(broker)
    line = await place.line(PASSWORD)
    outlet = place.feed.join()
    await asyncio.sleep(0.15)
    assert await place.line(PASSWORD) is line
    place.feed.leave(outlet)
    await place.close()


async def test_a_page_that_comes_back_opens_the_line_again() -> None:
    broker = FakeBroker(FakeFleet())
    place = connection(broker)
    await place.line(PASSWORD)
    await until(lambda: not broker.lines)
    await place.line(PASSWORD)
    assert broker.opened == 2
    await place.close()


async def test_many_who_come_at_once_open_one_line() -> None:
    broker = FakeBroker(FakeFleet())
    place = connection(broker)
    lines = await asyncio.gather(*(place.line(PASSWORD) for _ in range(10)))
    assert (broker.opened, len({id(line) for line in lines})) == (1, 1)
    await place.close()


async def test_a_new_password_takes_the_place_of_the_old_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker = FakeBroker(FakeFleet())
    place = connection(broker)
    await place.line(PASSWORD)
    monkeypatch.setattr("tests.edge.api.fakes.PASSWORD", "renewed")
    await place.line("renewed")
    await until(lambda: len(broker.lines) == 1)
    assert (broker.opened, place.link) == (2, PageBrokerLink.UP)
    await place.close()


async def test_a_refused_password_opens_nothing() -> None:
    place = connection(FakeBroker(FakeFleet()))
    with pytest.raises(NotProven):
        await place.line("wrong")
    with pytest.raises(NotProven):
        await place.line("")
    await place.close()


@pytest.mark.parametrize("error", [Closing(), OSError("no route")])
async def test_what_keeps_a_line_from_opening_is_said(error: Exception) -> None:
    class Away(FakeBroker):
        @asynccontextmanager
        async def __call__(
            self, caller: Caller, password: str, hear: Hear
        ) -> AsyncGenerator[FakeLine]:
            raise error
            yield FakeLine(hear)

    place = connection(Away(FakeFleet()))
    with pytest.raises(type(error)):
        await place.line(PASSWORD)
    await place.close()


async def test_a_line_that_is_gone_at_once_is_opened_anew() -> None:
    broker = FakeBroker(FakeFleet())
    place = PageConnection(KIOSK, broker, FixedClock(), grace_s=0)
    first = await place.line(PASSWORD)
    await until(lambda: not broker.lines)
    assert await place.line(PASSWORD) is not first
    await place.close()


async def test_a_device_provisioned_anew_gets_a_new_seat() -> None:
    fleet = FakeFleet()
    connections = PageConnections(fleet, FakeBroker(fleet), FixedClock())
    before, _ = await connections.open("kiosk-1", PASSWORD)
    fleet.found["kiosk-1"] = replace(KIOSK, zone="bakery")
    after, _ = await connections.open("kiosk-1", PASSWORD)
    assert (before.caller.zone, after.caller.zone) == ("produce", "bakery")
    await connections.close()


async def test_who_gives_up_while_the_line_opens_leaves_none_behind() -> None:
    broker = FakeBroker(FakeFleet())
    place = connection(broker)
    waiting = asyncio.ensure_future(place.line(PASSWORD))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    await until(lambda: not broker.lines)
    await place.close()
