from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from edge.domain.promotion import ProductPromotion
from edge.storage.catalogue import promotions
from tests.edge.builders import DAY


def row(**changed: object) -> dict[str, object]:
    plain = {
        "sku": "5",
        "display": "7",
        "mailer": "A",
        "from": "2024-06-03",
        "until": "2024-06-09",
    }
    return {**plain, **changed}


def test_a_promotion_is_kept_by_the_days_of_the_store(conn: sqlite3.Connection) -> None:
    assert promotions.upsert(conn, {"5.2024-06-03": row()}) == 1
    assert promotions.since(conn, DAY) == (ProductPromotion(5, "7", "A", DAY, DAY + 6),)  # type: ignore[arg-type]  # a plain number


def test_a_later_row_of_the_same_id_replaces_the_earlier(conn: sqlite3.Connection) -> None:
    promotions.upsert(conn, {"p": row()})
    promotions.upsert(conn, {"p": row(display="0", until="2024-06-04")})
    assert [(p.display, p.until_day) for p in promotions.since(conn, 0)] == [("0", DAY + 1)]


def test_of_one_item_the_promotion_that_began_last_comes_first(
    conn: sqlite3.Connection,
) -> None:
    late = row(display="9", **{"from": "2024-06-05"})
    promotions.upsert(conn, {"a": row(), "b": late, "c": row(sku="4")})
    assert [(p.key, p.display) for p in promotions.since(conn, 0)] == [
        (4, "7"),
        (5, "9"),
        (5, "7"),
    ]


def test_what_is_over_is_not_read_and_goes_in_time(conn: sqlite3.Connection) -> None:
    promotions.upsert(conn, {"p": row(), "q": row(sku="6", until="2024-06-03")})
    assert [p.key for p in promotions.since(conn, DAY + 1)] == [5]
    assert promotions.sweep(conn, datetime(2024, 6, 3, 23, tzinfo=UTC), 10) == 0
    assert promotions.sweep(conn, datetime(2024, 6, 4, tzinfo=UTC), 10) == 1
    assert promotions.delete(conn, ["p", "never"]) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"sku": ""},
        {"sku": "x" * 129},
        {"display": "d" * 33},
        {"until": "2024-06-02"},
        {"until": "2025-06-04"},
        {"from": "someday"},
    ],
)
def test_what_is_no_promotion_is_refused(
    conn: sqlite3.Connection, changed: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        promotions.upsert(conn, {"good": row(), "bad": row(**changed)})
    assert promotions.since(conn, 0) == ()
