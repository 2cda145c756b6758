from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.state.replay import replay
from edge.storage.connection import open_connection
from tests.edge.campaigns.whatif.day import SHELF, Day


@pytest.fixture
def learnt(file: Path) -> Path:
    """A day on which creatives were drawn by what had worked."""
    day = Day(path=file)
    day.learn({"o-a": {"": {"plain": 9_000, "loud": 1_000}}})
    day.show(day.person(1))
    return day.close()


def test_a_decision_that_knew_what_had_worked_is_made_again(learnt: Path) -> None:
    report = replay(learnt, SHELF)
    assert (report.replayed, report.identical) == (1, 1)


def test_what_had_worked_is_named_where_it_is_missing(learnt: Path) -> None:
    with closing(open_connection(learnt)) as conn:
        assert conn.execute("DELETE FROM snapshots WHERE kind = 'odds'").rowcount == 1
    (reason,) = replay(learnt, SHELF).different.values()
    assert reason.startswith("odds ")
    assert reason.endswith("damaged")
