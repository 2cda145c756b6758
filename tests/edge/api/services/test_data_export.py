from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.api.services import data_export
from edge.storage import erasure
from edge.storage.connection import open_connection
from edge.storage.people import profiles
from tests.edge.api.services.goods import ANN, BEN, NOW, habits
from tests.edge.storage.test_erasure import plant

# A notification only says that a command changed something, for a quarter of a second; the till's history names only
# who agreed to `train`, and what others bought stands in their booked sales.
_NOT_ABOUT_THE_PERSON = {"bells", "till_history"}


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_connection(tmp_path / "store.db")
    conn.execute("BEGIN")
    for token in (ANN, BEN):
        plant(conn, token)
        profiles.save(conn, token, habits({"101": 3, "110": 1}))
    yield conn
    conn.close()


def rows(found: object) -> list[dict[str, object]]:
    assert isinstance(found, list)
    return found


def test_every_table_that_an_erasure_empties_is_in_the_export(conn: sqlite3.Connection) -> None:
    found = data_export.export(conn, ANN, NOW)
    emptied = {table for table, count in erasure.forget(conn, ANN, NOW).items() if count}
    assert emptied - _NOT_ABOUT_THE_PERSON <= {
        table for table, content in found.items() if content
    }


def test_nothing_of_anybody_else_is_in_it(conn: sqlite3.Connection) -> None:
    text = json.dumps(data_export.export(conn, ANN, NOW))
    assert ANN in text
    assert BEN not in text
    assert '"v-ben"' not in text


def test_the_long_documents_come_last(conn: sqlite3.Connection) -> None:
    found = list(data_export.export(conn, ANN, NOW))
    assert found[:4] == ["token", "alias", "exported_at", "customers"]
    assert found[-3:] == ["profiles", "coupons", "decisions"]


def test_times_are_written_as_times(conn: sqlite3.Connection) -> None:
    found = data_export.export(conn, ANN, NOW)
    (visit,) = rows(found["visits"])
    assert visit["opened_at"] == "2024-06-03T14:30:00.123456Z"
    assert visit["ended_at"] is None
    assert found["exported_at"] == "2026-11-22T12:00:00Z"


def test_what_was_kept_as_json_comes_as_json(conn: sqlite3.Connection) -> None:
    found = data_export.export(conn, ANN, NOW)
    (basket,) = rows(found["baskets"])
    assert basket["lines"] == [
        {"sku": "1001", "quantity": "2", "price": "129"},
        {"sku": "x-9", "quantity": "1", "price": "500"},
    ]
    assert rows(found["customers"])[0]["segments"] == ["loyal", "café"]
    assert isinstance(rows(found["outbox"])[0]["body"], dict)


def test_habits_come_in_words(conn: sqlite3.Connection) -> None:
    found = data_export.export(conn, ANN, NOW)["profiles"]
    assert isinstance(found, dict)
    assert found["trips"] == 3
    assert {(i["item"], i["trips"]) for i in rows(found["items"])} == {(101, 3), (110, 1)}


def test_coupons_come_in_words(conn: sqlite3.Connection) -> None:
    assert data_export.export(conn, ANN, NOW)["coupons"] == {
        "counted": [{"day": 19_870, "coupons": 2}],
        "redeemed": [{"day": 19_860, "items": [1001]}],
    }


def test_decisions_come_with_what_they_were_made_from(conn: sqlite3.Connection) -> None:
    (found,) = rows(data_export.export(conn, ANN, NOW)["decisions"])
    assert found["output"] == {"for": ANN}
    assert isinstance(found["inputs"], dict)


def test_of_somebody_unknown_there_is_nothing(conn: sqlite3.Connection) -> None:
    found = data_export.export(conn, ANN, NOW)
    erasure.forget(conn, ANN, NOW)
    after = data_export.export(conn, ANN, NOW)
    assert not any(after[table] for table in set(found) - {"token", "alias", "exported_at"})
