from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import ValidationError

from edge.domain.consent import ConsentState, Purpose
from edge.storage import other_channel_sales
from edge.storage.decisions import exposures
from edge.storage.measurement import experiment_outcomes
from edge.storage.people import consents
from tests.edge.storage import samples
from tests.edge.storage.samples import ANN, BEN, DECISION, later


@pytest.fixture(autouse=True)
def ann_was_shown_june(conn: sqlite3.Connection) -> None:
    agreed = replace(samples.entry("m"), purpose=Purpose.MEASURE)
    consents.append(conn, [agreed])
    exposures.add(conn, replace(samples.exposure(), campaign="june", arm="b"))
    experiment_outcomes.enter(conn, samples.entrant())


def sale(**changed: object) -> Mapping[str, object]:
    at = later(days=2).isoformat()
    plain = {"token": ANN, "decision_id": DECISION, "revenue_cents": 4_000, "at": at}
    return {**plain, **changed}


def month(conn: sqlite3.Connection) -> tuple[int, int]:
    (found,) = experiment_outcomes.of(conn, "june", "d1")
    return found.month_trips, found.month_cents


def test_a_later_sale_joins_the_showing_and_counts_for_the_test(
    conn: sqlite3.Connection,
) -> None:
    other_channel_sales.know(conn, "s-1", sale())
    assert other_channel_sales.joined(conn, "june") == (1, 4_000)
    assert month(conn) == (1, 4_000)


def test_a_sale_told_twice_counts_once(conn: sqlite3.Connection) -> None:
    for _ in range(2):
        other_channel_sales.know(conn, "s-1", sale())
    assert other_channel_sales.joined(conn, "june") == (1, 4_000)
    assert month(conn) == (1, 4_000)


def test_who_was_shown_nothing_counts_alike(conn: sqlite3.Connection) -> None:
    other_channel_sales.know(conn, "s-1", sale(decision_id=None))
    assert other_channel_sales.joined(conn, "june") == (0, 0)
    assert month(conn) == (1, 4_000)


def test_a_sale_that_names_only_a_showing_is_joined_and_favours_nobody(
    conn: sqlite3.Connection,
) -> None:
    other_channel_sales.know(conn, "s-1", sale(token=None))
    assert other_channel_sales.joined(conn, "june") == (1, 4_000)
    assert month(conn) == (0, 0)


@pytest.mark.parametrize(
    "changed", [{"decision_id": "d-other"}, {"at": later(-60).isoformat()}, {"token": BEN}]
)
def test_another_showing_is_not_joined(
    conn: sqlite3.Connection, changed: dict[str, object]
) -> None:
    other_channel_sales.know(conn, "s-1", sale(**changed))
    assert other_channel_sales.joined(conn, "june") == (0, 0)


def test_who_takes_back_being_measured_is_not_counted(conn: sqlite3.Connection) -> None:
    no = replace(
        samples.entry("w"),
        purpose=Purpose.MEASURE,
        state=ConsentState.WITHDRAWN,
        given_at=later(days=1),
    )
    consents.append(conn, [no])
    other_channel_sales.know(conn, "s-1", sale())
    assert other_channel_sales.joined(conn, "june") == (0, 0)


def test_a_sale_may_be_taken_back(conn: sqlite3.Connection) -> None:
    other_channel_sales.know(conn, "s-1", sale())
    other_channel_sales.know(conn, "s-1", None)
    assert other_channel_sales.joined(conn, "june") == (0, 0)


@pytest.mark.parametrize("bad", [{"revenue_cents": -1}, {"token": "Ann"}, {"at": "today"}])
def test_what_is_no_sale_is_refused(conn: sqlite3.Connection, bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        other_channel_sales.know(conn, "s-1", sale(**bad))


def test_old_sales_go(conn: sqlite3.Connection) -> None:
    other_channel_sales.know(conn, "s-1", sale())
    assert other_channel_sales.sweep(conn, later(days=1), 10) == 0
    assert other_channel_sales.sweep(conn, later(days=3), 10) == 1
