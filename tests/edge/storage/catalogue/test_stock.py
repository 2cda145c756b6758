from __future__ import annotations

import sqlite3

from edge.domain.ids import Sku
from edge.storage.catalogue import stock
from tests.edge.storage.samples import MILK, NOW, later


def test_what_is_bought_is_counted_down_to_none(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 3, NOW)
    stock.take(conn, MILK, 2)
    assert (stock.on_hand(conn, MILK), stock.out(conn)) == (1, ())
    stock.take(conn, MILK, 5)
    assert (stock.on_hand(conn, MILK), stock.out(conn)) == (0, (1001,))


def test_a_new_count_puts_a_product_back(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 0, NOW)
    stock.put(conn, MILK, 12, later(60))
    assert stock.out(conn) == ()
    assert stock.told_at(conn) == later(60)


def test_a_product_nobody_counts_is_not_out(conn: sqlite3.Connection) -> None:
    stock.take(conn, MILK, 1)
    assert (stock.on_hand(conn, MILK), stock.out(conn)) == (None, ())
    stock.put(conn, MILK, 0, NOW)
    stock.delete(conn, [MILK])
    assert stock.out(conn) == ()


def test_every_count_is_told_by_item(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 3, NOW)
    stock.put(conn, Sku("7"), 0, NOW)
    assert stock.every(conn) == {1001: 3, 7: 0}


def test_products_out_come_ascending(conn: sqlite3.Connection) -> None:
    for sku in ("30", "4", "100"):
        stock.put(conn, Sku(sku), 0, NOW)
    assert stock.out(conn) == (4, 30, 100)


def test_the_age_of_the_count_is_known(conn: sqlite3.Connection) -> None:
    assert stock.age_s(conn, NOW) is None
    stock.put(conn, MILK, 1, NOW)
    assert stock.age_s(conn, later(90)) == 90.0
    assert stock.age_s(conn, later(-90)) == 0.0
