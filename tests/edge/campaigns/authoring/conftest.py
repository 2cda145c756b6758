"""A store that sells milk and bread, in a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.storage.catalogue import products
from edge.storage.connection import open_connection

SOLD = [
    {"sku": sku, "name": sku, "category": category, "department": "food", "price_cents": 300}
    for sku, category in (("101", "milk"), ("102", "milk"), ("x-9", "bread"), ("130", "wine"))
]


@pytest.fixture
def conn(file: Path) -> Iterator[sqlite3.Connection]:
    conn = open_connection(file)
    conn.execute("BEGIN")
    products.upsert(conn, SOLD)
    yield conn
    conn.close()
