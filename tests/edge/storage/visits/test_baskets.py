from __future__ import annotations

import sqlite3

from edge.domain.basket import BasketState
from edge.domain.ids import BasketId, VisitId
from edge.storage.visits import baskets, visits
from tests.edge.storage.samples import ANN, BASKET, BEN, NOW, VISIT, basket, later, visit

SECOND = BasketId("b-2")


def test_a_basket_comes_back_as_it_was(conn: sqlite3.Connection) -> None:
    baskets.save(conn, basket(), NOW)
    assert baskets.find(conn, BASKET) == basket()
    paid = basket().removing(basket().lines[:1]).closing(BasketState.COMPLETE)
    baskets.save(conn, paid, later(5))
    assert baskets.find(conn, BASKET) == paid
    assert baskets.find(conn, SECOND) is None


def test_only_open_baskets_take_lines(conn: sqlite3.Connection) -> None:
    baskets.save(conn, basket(), NOW)
    baskets.save(conn, basket(SECOND).closing(BasketState.ABANDONED), NOW)
    assert [b.id for b in baskets.open_baskets(conn)] == [BASKET]


def test_a_visits_baskets_come_in_their_order(conn: sqlite3.Connection) -> None:
    baskets.save(conn, basket(), NOW)
    baskets.save(conn, basket(SECOND), later(1))
    baskets.save(conn, basket(BasketId("b-3"), VisitId("v-2")), later(2))
    assert [b.id for b in baskets.of_visit(conn, VISIT)] == [BASKET, SECOND]


def test_forgetting_a_person_takes_the_baskets_of_their_visits(
    conn: sqlite3.Connection,
) -> None:
    visits.save(conn, visit(VISIT, ANN))
    visits.save(conn, visit(VisitId("v-2"), BEN))
    baskets.save(conn, basket(), NOW)
    baskets.save(conn, basket(SECOND, VisitId("v-2")), NOW)
    assert baskets.forget(conn, ANN) == 1
    assert baskets.find(conn, BASKET) is None
    assert baskets.find(conn, SECOND) is not None


def test_a_sweep_never_takes_an_open_basket(conn: sqlite3.Connection) -> None:
    baskets.save(conn, basket(), NOW)
    baskets.save(conn, basket(SECOND).closing(BasketState.COMPLETE), NOW)
    assert baskets.sweep(conn, later(1), limit=10) == 1
    assert baskets.find(conn, BASKET) is not None
