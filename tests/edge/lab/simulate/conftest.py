"""One simulated day with faults, played once for all tests that look at it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.lab.simulate.options import SimulateOptions, jump_of, outage_of
from edge.lab.simulate.run import SimulatedRun, play

DAY = SimulateOptions(
    hours=15,
    seed=5,
    visits_a_day=160,
    outages=(outage_of("hub:2-5"), outage_of("devices:6-6.5")),
    jumps=(jump_of("9:-3"),),
)


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> SimulatedRun:
    return play(DAY, tmp_path_factory.mktemp("simulated"))


@pytest.fixture
def tables(day: SimulatedRun) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(day.database)) as conn:
        yield conn


@pytest.fixture
def anywhere(tmp_path: Path) -> Path:
    """A folder that is there and empty."""
    folder = tmp_path / "store"
    folder.mkdir()
    return folder
