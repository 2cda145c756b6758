from __future__ import annotations

import sqlite3
from collections import Counter

from edge.domain.ids import OfferId
from edge.storage import erased_people
from edge.storage.decisions import exposures
from tests.edge.storage.samples import ANN, BEN, NOW, exposure, later

CHEESE = OfferId("a-cheese")


def test_showings_are_counted_by_offer_since_a_moment(conn: sqlite3.Connection) -> None:
    for offer, at in (("o-1", 0), ("o-1", 10), ("o-1", 20), (CHEESE, 20)):
        assert exposures.add(conn, exposure(offer=OfferId(offer), at=later(at)))
    assert Counter(one.offer for one in exposures.touches(conn, ANN, later(10))) == {
        "o-1": 2,
        CHEESE: 1,
    }


def test_a_persons_showings_are_theirs_alone(conn: sqlite3.Connection) -> None:
    exposures.add(conn, exposure(ANN))
    exposures.add(conn, exposure(BEN))
    assert exposures.forget(conn, ANN) == 1
    assert exposures.touches(conn, ANN, NOW) == []
    assert [one.offer for one in exposures.touches(conn, BEN, NOW)] == ["o-1"]


def test_nothing_is_shown_to_an_erased_person(conn: sqlite3.Connection) -> None:
    erased_people.add(conn, ANN, NOW)
    assert not exposures.add(conn, exposure(ANN))
    assert exposures.touches(conn, ANN, NOW) == []


def test_showings_are_told_oldest_first_with_what_caps_count(conn: sqlite3.Connection) -> None:
    for offer, at in (("o-1", 20), ("o-1", 10), (CHEESE, 15), ("o-1", 0)):
        exposures.add(conn, exposure(offer=OfferId(offer), at=later(at), campaign="june"))
    found = exposures.touches(conn, ANN, later(10))
    assert [(t.at, t.offer) for t in found] == [
        (later(10), "o-1"),
        (later(15), CHEESE),
        (later(20), "o-1"),
    ]
    assert {t.campaign for t in found} == {"june"}
    assert exposures.touches(conn, BEN, NOW) == []


def test_what_a_holdout_withheld_is_kept_and_counted_by_no_cap(
    conn: sqlite3.Connection,
) -> None:
    exposures.add(conn, exposure(ghost=True))
    assert exposures.touches(conn, ANN, NOW) == []
    assert conn.execute("SELECT ghost FROM exposures").fetchall() == [(1,)]


def test_a_sweep_takes_the_old(conn: sqlite3.Connection) -> None:
    exposures.add(conn, exposure(at=NOW))
    exposures.add(conn, exposure(at=later(5)))
    assert exposures.sweep(conn, later(5), limit=10) == 1
