from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.campaigns.whatif.estimate import LEAST_ANSWERS, LEAST_PEOPLE, LoggedRow, reckon

CHANCES = st.floats(0.05, 1.0)
ROWS = st.lists(
    st.builds(LoggedRow, st.integers(0, 9), st.floats(0, 5), CHANCES, CHANCES),
    min_size=2,
    max_size=60,
)


def halves(people: int, *, each: int = 1, seed: int = 1) -> list[LoggedRow]:
    """Half saw what the change would show all of them, and one in three of those said yes."""
    chance = np.random.default_rng(seed)
    rows = list[LoggedRow]()
    for person in range(people):
        target = float(chance.random() < 0.5)
        yes = float(chance.random() < (1 / 3 if target else 0.1))
        rows += [LoggedRow(person, yes, 0.5, target)] * each
    return rows


def test_only_what_the_change_would_show_counts_for_what_would_be_earned() -> None:
    found = reckon(
        [
            LoggedRow(0, 1, 0.5, 1),
            LoggedRow(1, 0, 0.5, 0),
            LoggedRow(2, 0, 0.5, 1),
            LoggedRow(3, 1, 0.5, 0),
        ]
    )
    assert found.then.snips.value == pytest.approx(0.5)
    assert found.was == pytest.approx(0.5)
    assert found.then.effective == pytest.approx(2)


@given(rows=ROWS)
def test_the_values_are_those_of_the_rows_however_they_are_shared_out(
    rows: list[LoggedRow],
) -> None:
    weights = [row.target / row.logged for row in rows]
    weighed = [w * row.earned for w, row in zip(weights, rows, strict=True)]
    found = reckon(rows).then
    assert found.ips.value == pytest.approx(sum(weighed) / len(rows), abs=1e-9)
    assert found.snips.value == pytest.approx(sum(weighed) / sum(weights), abs=1e-9)


@given(rows=ROWS)
def test_who_would_see_the_same_earns_the_same(rows: list[LoggedRow]) -> None:
    found = reckon([row._replace(target=row.logged) for row in rows])
    assert found.lift.value == pytest.approx(0, abs=1e-9)
    assert found.then.supported


def test_a_person_who_is_asked_often_is_still_one_person() -> None:
    once, often = reckon(halves(200)), reckon(halves(200, each=5))
    assert often.lift.value == pytest.approx(once.lift.value)
    assert often.lift.low == pytest.approx(once.lift.low)
    assert often.then.effective == pytest.approx(once.then.effective)


def test_few_people_or_few_answers_tell_nothing() -> None:
    assert reckon(halves(400)).told
    assert not reckon(halves(LEAST_PEOPLE)).told
    silent = [row._replace(earned=0.0) for row in halves(400)]
    assert (reckon(silent).answers, reckon(silent).told) == (0, False)
    assert LEAST_ANSWERS > 1


@pytest.mark.parametrize(
    "rows", [[], [LoggedRow(0, 1.0, 0.5, 1.0)]], ids=["nobody", "one person"]
)
def test_a_log_of_next_to_nothing_tells_nothing(rows: list[LoggedRow]) -> None:
    assert not reckon(rows).told
    assert not reckon(rows).lift.told


def test_what_is_never_logged_has_no_weight() -> None:
    found = reckon([LoggedRow(n, 1.0, 0.5, 0.0) for n in range(50)])
    assert (found.then.effective, found.told) == (0, False)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    gain = 1 / 3 - (1 / 3 + 0.1) / 2
    held = sum(reckon(halves(300, seed=seed)).lift.holds(gain) for seed in range(100))
    assert held >= 90
