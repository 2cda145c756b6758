from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from edge.domain.errors import StorageFailed
from edge.pipeline import supervisor
from edge.pipeline.supervisor import Supervisor


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "_FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(supervisor, "_LONGEST_WAIT_S", 0.004)


class Part:
    """Fails as often as told, then runs until it is stopped."""

    def __init__(self, failures: int = 0) -> None:
        self.left = failures
        self.starts = 0
        self.well = asyncio.Event()
        self.stopped = False

    async def __call__(self) -> None:
        self.starts += 1
        if self.left:
            self.left -= 1
            raise RuntimeError("c-annabelannabel")
        self.well.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped = True


@asynccontextmanager
async def running(parts: Supervisor) -> AsyncIterator[None]:
    task = asyncio.create_task(parts.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_every_part_runs_and_is_stopped_with_the_others() -> None:
    one, other = Part(), Part()
    parts = Supervisor({"one": one, "other": other})
    async with running(parts):
        await one.well.wait()
        await other.well.wait()
        assert parts.healthy
    assert one.stopped
    assert other.stopped
    assert not parts.running


async def test_a_part_that_fails_is_started_again_and_counted() -> None:
    weak, strong = Part(failures=5), Part()
    parts = Supervisor({"weak": weak, "strong": strong})
    async with running(parts):
        await weak.well.wait()
        assert parts.healthy
    assert parts.failures == {"weak": 5, "strong": 0}
    assert (weak.starts, strong.starts) == (6, 1)


async def test_what_failed_is_named_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    weak = Part(failures=1)
    async with running(Supervisor({"weak": weak})):
        await weak.well.wait()
    said = capsys.readouterr()
    assert "RuntimeError" in said.out + said.err
    assert "c-annabel" not in said.out + said.err


async def test_a_part_that_ends_without_a_failure_is_started_again_too() -> None:
    starts, thrice = list[int](), asyncio.Event()

    async def short() -> None:
        starts.append(1)
        if len(starts) == 3:
            thrice.set()

    parts = Supervisor({"short": short})
    async with running(parts):
        await thrice.wait()
    assert parts.failures == {"short": 0}
    assert not parts.healthy


async def test_waits_grow_while_a_part_keeps_failing(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = list[float]()
    sleep = asyncio.sleep

    async def note(wait_s: float) -> None:
        waits.append(wait_s)
        await sleep(0)

    monkeypatch.setattr("edge.pipeline.supervisor.asyncio.sleep", note)
    weak = Part(failures=5)
    async with running(Supervisor({"weak": weak})):
        await weak.well.wait()
    assert waits == [0.001, 0.002, 0.004, 0.004, 0.004]


async def test_a_part_that_ran_well_for_long_waits_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "_WELL_AFTER_S", -1.0)
    waits = list[float]()
    sleep = asyncio.sleep

    async def note(wait_s: float) -> None:
        waits.append(wait_s)
        await sleep(0)

    monkeypatch.setattr("edge.pipeline.supervisor.asyncio.sleep", note)
    weak = Part(failures=3)
    async with running(Supervisor({"weak": weak})):
        await weak.well.wait()
    assert waits == [0.001] * 3


async def test_a_failed_disk_ends_everything() -> None:
    other = Part()

    async def disk() -> None:
        await other.well.wait()
        raise StorageFailed("the disk did not take a write")

    with pytest.raises(ExceptionGroup) as ended:
        await Supervisor({"disk": disk, "other": other}).run()
    assert ended.group_contains(StorageFailed)
    assert other.stopped
