from __future__ import annotations

import sqlite3

from edge.domain.kpi import DayCount
from edge.storage.measurement import day_counts
from tests.edge.storage.samples import NOW, later


def test_counts_of_a_day_add_up(conn: sqlite3.Connection) -> None:
    day_counts.add(conn, 7, {DayCount.BASKETS: 1, DayCount.PIECES: 3}, NOW)
    day_counts.add(conn, 7, {DayCount.BASKETS: 1}, NOW)
    assert day_counts.between(conn, 7, 7) == {DayCount.BASKETS: 2, DayCount.PIECES: 3}


def test_only_the_asked_days_are_told(conn: sqlite3.Connection) -> None:
    for day in (6, 7, 8, 9):
        day_counts.add(conn, day, {DayCount.VISITS: 1}, NOW)
    assert day_counts.between(conn, 7, 8) == {DayCount.VISITS: 2}
    assert day_counts.between(conn, 1, 2) == {}


def test_old_counts_go(conn: sqlite3.Connection) -> None:
    day_counts.add(conn, 7, {DayCount.VISITS: 1}, NOW)
    assert day_counts.sweep(conn, NOW, 10) == 0
    assert day_counts.sweep(conn, later(1), 10) == 1


def test_what_is_taken_off_again_leaves_no_row(conn: sqlite3.Connection) -> None:
    day_counts.add(conn, 7, {DayCount.BASKETS: 1, DayCount.PIECES: 3}, NOW)
    day_counts.add(conn, 7, {DayCount.BASKETS: -1, DayCount.PIECES: -1}, NOW)
    assert day_counts.between(conn, 7, 7) == {DayCount.PIECES: 2}
