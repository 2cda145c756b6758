from __future__ import annotations

import sqlite3

from edge.domain.ids import Sku
from edge.storage.catalogue import stock
from edge.storage.timestamps import to_us
from tests.edge.storage import stored
from tests.edge.storage.samples import MILK, NOW, later


def test_what_is_bought_is_counted_down_to_none(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 3, NOW)
    stock.take(conn, MILK, 2)
    assert (stock.on_hand(conn, MILK), stored.out_of_stock(conn)) == (1, ())
    stock.take(conn, MILK, 5)
    assert (stock.on_hand(conn, MILK), stored.out_of_stock(conn)) == (0, (1001,))


def test_a_new_count_puts_a_product_back(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 0, NOW)
    stock.put(conn, MILK, 12, later(60))
    assert stored.out_of_stock(conn) == ()
    assert conn.execute("SELECT told_us FROM stock").fetchall() == [(to_us(later(60)),)]


def test_a_product_nobody_counts_is_not_out(conn: sqlite3.Connection) -> None:
    stock.take(conn, MILK, 1)
    assert (stock.on_hand(conn, MILK), stored.out_of_stock(conn)) == (None, ())
    stock.put(conn, MILK, 0, NOW)
    stock.delete(conn, [MILK])
    assert stored.out_of_stock(conn) == ()


def test_every_count_is_told_by_item(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 3, NOW)
    stock.put(conn, Sku("7"), 0, NOW)
    assert stock.every(conn) == {1001: 3, 7: 0}


def test_products_out_come_ascending(conn: sqlite3.Connection) -> None:
    for sku in ("30", "4", "100"):
        stock.put(conn, Sku(sku), 0, NOW)
    assert stored.out_of_stock(conn) == (4, 30, 100)
