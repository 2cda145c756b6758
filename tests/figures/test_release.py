"""A figure that got worse than the last release's by more than its error is told, and nothing else is."""

from __future__ import annotations

import pytest

from tests.figures.release import FILE, complaints
from tests.figures.table import Occasion, WrittenRow, rows_of
from tests.figures.test_figures import ROOT, written

THEN = Occasion(commit="abc1234", date="2026-11-30", machine="2 cores", form="long")


def row(
    id_: str,
    trips: str = "",
    values: dict[str, float] | None = None,
    at: Occasion | None = THEN,
) -> dict[str, WrittenRow]:
    found = WrittenRow(
        id=id_,
        label=id_,
        command="c",
        unit="u",
        values=values or {},
        shown=str(trips.count("o")),
        measured=at,
        trips=trips,
    )
    return {id_: found}


def ranker(mean: float, error: float) -> dict[str, float]:
    return {"ours": mean, "gain_low": 0.02 - error, "gain_high": 0.02 + error}


@pytest.mark.parametrize("id_", ["arrival", "till"])
def test_trips_that_were_foreseen_once_and_are_no_more_are_worse(id_: str) -> None:
    good, bad = " ".join(["o"] * 60 + ["n"] * 40), " ".join(["o"] * 48 + ["n"] * 52)
    (said,) = complaints(row(id_, good), row(id_, bad))
    assert "abc1234" in said
    assert "60 was, 48 is" in said
    assert list(complaints(row(id_, bad), row(id_, good))) == []
    assert list(complaints(row(id_, good), row(id_, good))) == []


def test_three_trips_of_a_hundred_may_be_chance() -> None:
    before, now = (
        " ".join(["o"] * 60 + ["n"] * 40),
        " ".join(["n"] * 3 + ["o"] * 60 + ["n"] * 37),
    )
    assert list(complaints(row("arrival", before), row("arrival", now))) == []


def test_other_trips_are_told_to_be_beyond_comparing() -> None:
    (said,) = complaints(row("arrival", "o n"), row("arrival", ""))
    assert "not compared" in said


def test_the_ranker_is_worse_by_more_than_half_its_interval() -> None:
    before = row("ranker", values=ranker(0.26, 0.004))
    assert list(complaints(before, row("ranker", values=ranker(0.257, 0.004)))) == []
    (said,) = complaints(before, row("ranker", values=ranker(0.25, 0.004)))
    assert "0.010" in said


def test_what_was_never_measured_is_not_worse() -> None:
    assert list(complaints({}, row("arrival", "n"))) == []
    assert list(complaints(row("arrival", "o"), row("arrival", "n", at=None))) == []


def test_the_figures_that_lie_here_are_no_worse_than_the_last_releases() -> None:
    released = rows_of((ROOT / FILE).read_text(encoding="utf-8"))
    assert {"arrival", "till", "ranker"} <= released.keys()
    assert list(complaints(released, written())) == []
