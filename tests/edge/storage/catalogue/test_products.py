from __future__ import annotations

import sqlite3

import pytest
from pydantic import ValidationError

from edge.domain.catalogue import Product
from edge.domain.ids import ItemKey, Sku
from edge.storage.catalogue import products
from models.items import item_key
from tests.edge.storage.samples import product_row


def test_a_product_comes_back_with_its_item_key(conn: sqlite3.Connection) -> None:
    assert products.upsert(conn, [product_row()]) == 1
    assert products.every(conn) == (
        Product(
            key=ItemKey(1001),
            sku=Sku("1001"),
            name="Whole milk",
            category="dairy",
            department="chilled",
            price_cents=129,
        ),
    )


def test_a_sku_with_letters_keeps_its_hashed_key(conn: sqlite3.Connection) -> None:
    products.upsert(conn, [product_row("oat-milk")])
    assert products.every(conn)[0].key == item_key("oat-milk")


def test_newer_rows_replace_older_ones(conn: sqlite3.Connection) -> None:
    products.upsert(conn, [product_row(), product_row("1000")])
    products.upsert(conn, [{**product_row(), "price_cents": 99}])
    assert [(p.sku, p.price_cents) for p in products.every(conn)] == [
        ("1000", 129),
        ("1001", 99),
    ]


def test_what_the_centre_adds_later_is_left_out(conn: sqlite3.Connection) -> None:
    assert products.upsert(conn, [{**product_row(), "on_hand": 5, "brand": "x"}]) == 1


@pytest.mark.parametrize(
    "wrong", [{"price_cents": -1}, {"price_cents": "129"}, {"sku": ""}, {"name": None}]
)
def test_a_row_that_is_no_product_stops_all(
    conn: sqlite3.Connection, wrong: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        products.upsert(conn, [product_row(), {**product_row("1002"), **wrong}])
    assert products.every(conn) == ()


def test_a_deleted_product_is_not_sold(conn: sqlite3.Connection) -> None:
    products.upsert(conn, [product_row(), product_row("1002")])
    assert products.delete(conn, [Sku("1001"), Sku("9999")]) == 1
    assert [p.sku for p in products.every(conn)] == ["1002"]


def test_a_code_in_another_spelling_is_the_same_product(conn: sqlite3.Connection) -> None:
    products.upsert(conn, [{**product_row("4006381333931"), "name": "Pen"}])
    products.upsert(conn, [{**product_row("04006381333931"), "name": "Pen, blue"}])
    assert [(p.sku, p.name) for p in products.every(conn)] == [("04006381333931", "Pen, blue")]
    assert products.sku_of(conn, ItemKey(4006381333931)) == "04006381333931"
    products.delete(conn, [Sku("4006381333931")])
    assert products.every(conn) == ()
    assert products.sku_of(conn, ItemKey(4006381333931)) is None


def test_the_price_of_a_product_is_for_its_unit(conn: sqlite3.Connection) -> None:
    products.upsert(conn, [{**product_row("4011"), "unit": "kg"}, product_row("7")])
    assert {p.sku: p.unit for p in products.every(conn)} == {"4011": "kg", "7": "each"}
