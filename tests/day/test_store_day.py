"""A store day end to end: real broker, hub, service and devices, on a grocer's year in miniature."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge.domain.errors import StoresideError
from edge.lab.console_output import DemoOutput
from edge.lab.demo.options import DemoOptions
from edge.lab.demo.run import run_demo
from tests.edge.lab.demo.tiny_year import write_year
from tests.patience import until

KEYS = {
    *("store", "visits", "identified", "signals", "decisions", "personal", "shows", "plays"),
    *("answers", "receipts", "hit_rate_at_10", "decision_ms", "signal_to_screen_ms"),
    *("events_on_disk", "events_at_hub", "lost", "duplicates", "consent_violations", "errors"),
    *("model", "addresses", "dir"),
}


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_year(tmp_path_factory.mktemp("year"))


def options(year: Path, folder: Path, **changes: Any) -> DemoOptions:
    plain: dict[str, Any] = {
        "source": str(year),
        "folder": folder,
        "port": 0,
        "speed": 5_000.0,
        "headless": True,
    }
    return DemoOptions(**{**plain, **changes})


class Overheard(DemoOutput):
    """A voice whose words are kept."""

    def __init__(self) -> None:
        self.words = io.StringIO()
        super().__init__(Console(file=self.words, width=200))
        self.is_open = asyncio.Event()

    def begin(self, visits: int) -> None:
        super().begin(visits)
        self.is_open.set()


@pytest.fixture(scope="module")
def day(year: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("day") / "demo"
    return asyncio.run(run_demo(options(year, folder), Overheard()))


def test_the_summary_has_the_published_keys(day: dict[str, Any]) -> None:
    assert set(day) >= KEYS
    assert set(day["decision_ms"]) == set(day["signal_to_screen_ms"]) == {"p50", "p99"}


def test_everybody_came_and_some_were_recognised(day: dict[str, Any]) -> None:
    assert day["visits"] == 40
    assert 0 < day["identified"] < 40
    assert day["personal"] > 0
    assert min(day["shows"], day["plays"], day["answers"]) > 0


def test_nothing_was_lost_doubled_or_done_without_consent(day: dict[str, Any]) -> None:
    assert (day["lost"], day["duplicates"]) == (0, 0)
    assert (day["consent_violations"], day["errors"]) == (0, 0)
    assert day["events_on_disk"] == day["events_at_hub"] > 0


def test_habits_are_found_again_in_the_basket(day: dict[str, Any]) -> None:
    assert day["hit_rate_visits"] > 0
    assert day["hit_rate_at_10"] > 0.5
    assert day["baseline_hit_rate_at_10"] > 0.5
    assert day["complement_baskets"] > 0
    assert day["complement_rate"] > day["popular_complement_rate"]
    known, unknown = (day["complements"][who] for who in ("identified", "anonymous"))
    assert known["baskets"] + unknown["baskets"] == day["complement_baskets"]
    assert unknown["any"]["usual"] == 0


def test_strangers_left_no_trace(day: dict[str, Any]) -> None:
    with closing(sqlite3.connect(Path(day["dir"]) / "storeside.db")) as conn:
        text = "\n".join(conn.iterdump())
    assert set(day["refusals"]) <= {"unknown-beacon", "no-session"}
    assert "stranger" not in text


def test_the_data_folder_is_readable_by_us_alone(day: dict[str, Any]) -> None:
    for name in (
        "storeside.db",
        "storeside.toml",
        "hub.toml",
        "pages.json",
        "secrets/store.key",
    ):
        assert (Path(day["dir"]) / name).stat().st_mode & 0o077 == 0


async def test_a_killed_service_loses_nothing_and_is_said_so(
    year: Path, tmp_path: Path
) -> None:
    output = Overheard()
    slow = options(year, tmp_path / "demo", speed=1_000.0, run_for_s=6.0)
    running = asyncio.ensure_future(run_demo(slow, output))
    await output.is_open.wait()
    await asyncio.sleep(1)
    os.kill(_service(tmp_path / "demo"), signal.SIGKILL)
    found = await running
    assert "service died" in output.words.getvalue()
    assert (found["lost"], found["duplicates"], found["consent_violations"]) == (0, 0, 0)
    assert found["events_on_disk"] == found["events_at_hub"]
    assert found["errors"] == 1


async def test_a_day_without_a_line_is_told_afterwards_complete_and_once(
    year: Path, tmp_path: Path
) -> None:
    away = options(year, tmp_path / "demo", speed=5_000.0, offline=True)
    found: dict[str, Any] = await run_demo(away, Overheard())
    assert found["visits"] > 0
    assert (found["lost"], found["duplicates"], found["errors"]) == (0, 0, 0)
    assert found["events_on_disk"] == found["events_at_hub"]
    assert found["events_on_disk"] > 0


async def test_a_signal_closes_the_store_in_order(year: Path, tmp_path: Path) -> None:
    output = Overheard()
    running = asyncio.ensure_future(
        run_demo(options(year, tmp_path / "demo", speed=1.0, headless=False), output)
    )
    await output.is_open.wait()
    pids = [_service(tmp_path / "demo"), _broker(tmp_path / "demo")]
    os.kill(os.getpid(), signal.SIGINT)
    found = await running
    assert found["lost"] == 0
    assert not any(_lives(pid) for pid in pids)


async def test_a_signal_while_it_opens_leaves_no_process(year: Path, tmp_path: Path) -> None:
    running = asyncio.ensure_future(run_demo(options(year, tmp_path / "demo"), Overheard()))
    await until((tmp_path / "demo" / "hub.toml").exists, within_s=30)
    broker = _broker(tmp_path / "demo")
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(StoresideError, match="stopped"):
        await running
    assert not _lives(broker)


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _service(folder: Path) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"run" in words and str(folder / "storeside.toml").encode() in words:
            return int(process.name)
    raise LookupError(folder)


def _broker(folder: Path) -> int:
    return int((folder / "fleet" / "broker.pid").read_text())
