from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.lab.simulate.virtual_time import SimClock, VirtualTime

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def hurried(program: Callable[[], Awaitable[float]]) -> float:
    async def run() -> float:
        return await program()

    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        return runner.run(run())


def now() -> float:
    return asyncio.get_running_loop().time()


def test_a_day_of_sleep_is_over_at_once_and_has_still_passed() -> None:
    async def program() -> float:
        await asyncio.sleep(86_400)
        return now()

    assert hurried(program) == 86_400


@given(st.lists(st.floats(0, 100, allow_nan=False), min_size=1, max_size=20))
def test_sleepers_wake_in_the_order_of_their_time(waits: list[float]) -> None:
    woken = list[float]()

    async def sleeper(wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        woken.append(wait_s)

    async def program() -> float:
        await asyncio.gather(*map(sleeper, waits))
        return now()

    assert hurried(program) >= max(waits) - 1e-6
    assert [round(w, 5) for w in woken] == sorted(round(w, 5) for w in waits)


def test_other_sleepers_do_not_move_the_instant_at_which_one_wakes() -> None:
    async def waking(others: int) -> float:
        tasks = [asyncio.create_task(asyncio.sleep(n / 7)) for n in range(others)]
        for _ in range(10):
            await asyncio.sleep(0.1)
        woke = now()
        await asyncio.gather(*tasks)
        return woke

    assert hurried(lambda: waking(0)) == hurried(lambda: waking(40)) == 1.0


def test_a_deadline_passes_in_simulated_time() -> None:
    async def program() -> float:
        try:
            async with asyncio.timeout(3_600):
                await asyncio.Event().wait()
        except TimeoutError:
            return now()
        return -1

    assert hurried(program) == 3_600


class TestAClock:
    def clock(self, elapsed: list[float]) -> SimClock:
        return SimClock(START, lambda: elapsed[0])

    def test_goes_with_the_simulated_time(self) -> None:
        elapsed = [0.0]
        clock = self.clock(elapsed)
        elapsed[0] = 90.5
        assert clock.now() == clock.true == START + timedelta(seconds=90.5)

    def test_one_that_is_set_is_not_believed_and_the_true_time_is_known(self) -> None:
        elapsed = [0.0]
        clock = self.clock(elapsed)
        for days in (-365, 1):
            clock.set_wrong(timedelta(days=days))
            elapsed[0] += 100.0
            assert clock.now() == clock.true == START + timedelta(seconds=elapsed[0])
            assert clock.wall() == clock.true + timedelta(days=days)
