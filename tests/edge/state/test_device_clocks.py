from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from devices.messages import Ask, Basket, BasketAction, Beacon, Data, Sighting
from edge.domain.ids import DeviceId
from edge.state import device_clocks
from edge.state.device_clocks import DeviceClocks
from tests.edge.builders import GATEWAY, NOW, TILL, event
from tests.edge.fakes import HandClock

SALE = Basket(basket_id="b", action=BasketAction.OPEN)
SIGHTING = Sighting(beacon=Beacon(kind="ibeacon", id="ab" * 8), rssi_dbm=-60)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def test_who_was_never_heard_has_no_clock() -> None:
    clocks = DeviceClocks(HandClock(NOW))
    assert clocks.offset(TILL) is None
    assert clocks.all() == {}


@pytest.mark.parametrize(("data", "device"), [(SALE, TILL), (SIGHTING, GATEWAY)])
async def test_a_fact_is_judged_with_its_own_word_and_a_sighting_without(
    data: Data, device: str
) -> None:
    clocks = DeviceClocks(HandClock(NOW))
    said = event(data, device, at=NOW + timedelta(minutes=5))
    first = clocks.heard(said, now_s())
    assert (first is None) == isinstance(data, Sighting)
    second = clocks.heard(said, now_s())
    assert second is not None
    assert second.ahead_s == pytest.approx(300, abs=30)


async def test_what_was_sent_later_than_it_happened_tells_the_clock_by_when_it_was_sent() -> (
    None
):
    clocks = DeviceClocks(HandClock(NOW))
    said = event(SALE, TILL, at=NOW - timedelta(hours=5))
    found = clocks.heard(replace(said, sent=NOW + timedelta(hours=1)), now_s())
    assert found is not None
    assert found.ahead_s == pytest.approx(3600, abs=30)


async def test_a_question_is_not_kept_for_later() -> None:
    clocks = DeviceClocks(HandClock(NOW))
    clocks.heard(event(Ask(placement="till-addon"), TILL, at=NOW - timedelta(hours=2)), now_s())
    found = clocks.offset(TILL)
    assert found is not None
    assert found.known
    assert found.certain_s == pytest.approx(-7200, abs=30)


async def test_a_leap_of_the_stores_clock_that_is_believed_changes_no_devices_line() -> None:
    clock = HandClock(NOW)
    clocks = DeviceClocks(clock)
    clocks.note(TILL, NOW, now_s(), live=True)
    clock.pass_by(3600)
    found = clocks.offset(TILL)
    assert found is not None
    assert found.certain_s == pytest.approx(-3600, abs=30)


async def test_whoever_was_silent_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_clocks, "_KEPT", 3)
    clocks = DeviceClocks(HandClock(NOW))
    for name in ("a", "b", "c", "a", "d"):
        clocks.note(DeviceId(name), NOW, now_s())
    assert set(clocks.all()) == {"a", "c", "d"}
