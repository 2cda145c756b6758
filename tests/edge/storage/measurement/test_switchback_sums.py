from __future__ import annotations

import sqlite3

from edge.storage.measurement import switchback_sums
from tests.edge.storage import samples
from tests.edge.storage.samples import later


def test_baskets_of_one_stretch_add_up(conn: sqlite3.Connection) -> None:
    for cents in (500, 700):
        switchback_sums.count(conn, samples.stretch(cents=cents))
    (found,) = switchback_sums.of(conn, "june", "d1")
    assert (found.baskets, found.cents, found.items) == (2, 1_200, 4)


def test_stores_stretches_and_draws_are_kept_apart(conn: sqlite3.Connection) -> None:
    for other in ({"store": 8}, {"stretch": 5}, {"design": "d2"}, {}):
        switchback_sums.count(conn, samples.stretch(**other))
    found = switchback_sums.of(conn, "june", "d1")
    assert [(one.store, one.stretch) for one in found] == [(7, 4), (8, 4), (7, 5)]


def test_what_comes_back_is_what_was_counted(conn: sqlite3.Connection) -> None:
    switchback_sums.count(conn, samples.stretch(is_on=False))
    assert switchback_sums.of(conn, "june", "d1") == (samples.stretch(is_on=False),)


def test_old_stretches_go(conn: sqlite3.Connection) -> None:
    switchback_sums.count(conn, samples.stretch())
    assert switchback_sums.sweep(conn, later(1), 10) == 1
    assert switchback_sums.of(conn, "june", "d1") == ()


def test_a_stretch_whose_only_basket_was_none_is_gone(conn: sqlite3.Connection) -> None:
    switchback_sums.count(conn, samples.stretch(cents=500, items=2))
    switchback_sums.count(conn, samples.stretch(cents=-500, items=-2, baskets=-1))
    assert switchback_sums.of(conn, "june", "d1") == ()
