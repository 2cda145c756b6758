from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from edge.domain.ids import Sku
from edge.domain.trade_unit import TradeUnit
from edge.storage import migrations
from edge.storage.catalogue import stock
from edge.storage.connection import open_connection
from edge.storage.timestamps import to_us
from tests.edge.storage import stored
from tests.edge.storage.samples import MILK, NOW, later


def test_what_is_bought_is_counted_down_to_none(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 3, NOW)
    stock.take(conn, MILK, 2)
    assert (stock.on_hand(conn, MILK), stored.out_of_stock(conn)) == (Decimal(1), ())
    stock.take(conn, MILK, 5)
    assert (stock.on_hand(conn, MILK), stored.out_of_stock(conn)) == (Decimal(0), (1001,))


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


def test_weights_are_counted_to_the_gram(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, Decimal("12.5"), NOW, TradeUnit.KG)
    for quantity, unit in (("0.432", "kg"), ("68", "g"), ("1", "lb")):
        stock.take(conn, MILK, Decimal(quantity), TradeUnit(unit))
    assert stock.on_hand(conn, MILK) == Decimal("11.546")
    assert stock.units(conn) == {1001: TradeUnit.KG}


def test_a_weighed_line_of_what_is_counted_in_pieces_is_one_piece(
    conn: sqlite3.Connection,
) -> None:
    stock.put(conn, MILK, 3, NOW)
    stock.take(conn, MILK, Decimal("0.432"), TradeUnit.KG)
    assert stock.on_hand(conn, MILK) == 2
    stock.take(conn, MILK, Decimal("-0.432"), TradeUnit.KG)
    assert stock.on_hand(conn, MILK) == 3


def test_pieces_take_nothing_off_what_is_weighed(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, Decimal("2.5"), NOW, TradeUnit.LB)
    stock.take(conn, MILK, 3)
    assert stock.on_hand(conn, MILK) == Decimal("2.5")


def test_what_came_back_is_there_again(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 1, NOW)
    stock.take(conn, MILK, 1)
    stock.take(conn, MILK, -1)
    assert (stock.on_hand(conn, MILK), stored.out_of_stock(conn)) == (Decimal(1), ())


def test_every_spelling_of_a_code_is_one_count(conn: sqlite3.Connection) -> None:
    stock.put(conn, Sku("4006381333931"), 3, NOW)
    stock.put(conn, Sku("04006381333931"), 5, NOW)
    stock.take(conn, Sku("004006381333931"), 1)
    assert stock.every(conn) == {4006381333931: 4}


def test_counts_of_an_older_file_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = [step for step in migrations.STEPS if step[0] < "0009"]
    monkeypatch.setattr(migrations, "STEPS", tuple(earlier))
    conn = open_connection(tmp_path / "store.db")
    conn.execute("INSERT INTO stock (sku, item, on_hand, told_us) VALUES ('7', 7, 4, 1)")
    conn.execute("INSERT INTO stock (sku, item, on_hand, told_us) VALUES ('007', 7, 2, 2)")
    conn.close()
    monkeypatch.undo()
    conn = open_connection(tmp_path / "store.db")
    assert stock.every(conn) == {7: 2}
    conn.close()
