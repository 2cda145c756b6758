import asyncio
from datetime import datetime, timedelta

from devices.simulator.store_time import StoreTime
from tests.devices.simulator.builders import NOON, nobody_listens

HOUR = timedelta(hours=1)


async def test_empty_time_is_leapt_over_and_told() -> None:
    told = list[tuple[datetime, float]]()

    async def tell(at: datetime, speed: float) -> None:
        told.append((at, speed))

    time = StoreTime(NOON, 1.0, tell)
    assert await time.approach(NOON + HOUR, leaping=True)
    assert time.now() == NOON + HOUR
    assert told == [(NOON + HOUR, 1.0)]


async def test_time_with_people_runs_at_its_pace() -> None:
    time = StoreTime(NOON, 1000.0, nobody_listens)
    began = asyncio.get_running_loop().time()
    while not await time.approach(NOON + timedelta(seconds=50), leaping=False):
        pass
    assert time.now() == NOON + timedelta(seconds=50)
    assert asyncio.get_running_loop().time() - began >= 0.04


async def test_a_nudge_ends_the_wait_before_the_goal() -> None:
    time = StoreTime(NOON, 1.0, nobody_listens)
    asyncio.get_running_loop().call_later(0.01, time.nudge)
    assert not await time.approach(NOON + HOUR, leaping=False)
    assert NOON < time.now() < NOON + timedelta(seconds=1)


async def test_a_bystander_sees_time_move_during_a_long_wait() -> None:
    time = StoreTime(NOON, 100.0, nobody_listens)
    assert not await time.approach(NOON + HOUR, leaping=False)
    assert NOON < time.now() < NOON + HOUR


async def test_what_is_past_due_is_due_at_once_and_time_does_not_go_back() -> None:
    time = StoreTime(NOON, 1.0, nobody_listens)
    assert await time.approach(NOON - HOUR, leaping=False)
    assert time.now() == NOON
