"""What the night learns from: every basket, its buyer only where they agreed to that."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from decimal import Decimal

from edge.domain.booked_sale import BookedSale
from edge.domain.consent import ConsentState, Purpose
from edge.domain.ids import BasketId
from edge.storage import change_set, erasure
from edge.storage.change_set import ChangeSet
from edge.storage.measurement import till_history
from edge.storage.people import consents
from tests.edge.storage.samples import ANN, BEN, NOW, VISIT, booked, entry, later


def paid(conn: sqlite3.Connection, *sales: BookedSale) -> None:
    assert change_set.save(conn, ChangeSet(at=NOW, booked=sales))


def agree(conn: sqlite3.Connection, state: ConsentState, name: str) -> None:
    at = NOW if state is ConsentState.GIVEN else later(60)
    consents.append(conn, [entry(name, purpose=Purpose.TRAIN, state=state, at=at)])


def named(conn: sqlite3.Connection) -> list[tuple[str, str | None]]:
    return [(one.id, one.token) for one in till_history.every(conn)]


def test_a_sale_is_kept_with_its_lines_and_its_hour(conn: sqlite3.Connection) -> None:
    paid(conn, booked(None))
    (one,) = till_history.every(conn)
    assert (one.key.tolist(), one.pieces.tolist(), one.cents.tolist()) == ([1001], [2], [500])
    assert one.second == 19_877 * 86_400 + 14 * 3_600


def test_a_buyer_is_named_only_with_the_purpose_train(conn: sqlite3.Connection) -> None:
    agree(conn, ConsentState.GIVEN, "e-1")
    paid(conn, booked(ANN), booked(BEN, VISIT, BasketId("b-2")))
    assert named(conn) == [("b-1", ANN), ("b-2", None)]


def test_who_takes_train_back_is_named_no_more(conn: sqlite3.Connection) -> None:
    agree(conn, ConsentState.GIVEN, "e-1")
    paid(conn, booked(ANN))
    agree(conn, ConsentState.WITHDRAWN, "e-2")
    assert named(conn) == [("b-1", None)]


def test_what_came_back_is_sold_no_more(conn: sqlite3.Connection) -> None:
    sale = booked(None)
    one = replace(sale.lines[0], quantity=Decimal(1), amount_cents=250)
    paid(conn, sale)
    paid(conn, replace(sale, lines=(one,)))
    (left,) = till_history.every(conn)
    assert (left.pieces.tolist(), left.cents.tolist()) == ([1], [250])
    paid(conn, sale.voided())
    assert named(conn) == []


def test_an_erased_person_s_baskets_go_named_or_not(conn: sqlite3.Connection) -> None:
    agree(conn, ConsentState.GIVEN, "e-1")
    # Ben never agreed to train: only his sale still tells that the basket was his.
    paid(conn, booked(ANN), booked(BEN, VISIT, BasketId("b-2")))
    paid(conn, booked(None, VISIT, BasketId("b-3")))
    for person in (ANN, BEN):
        erasure.forget(conn, person, NOW)
    assert named(conn) == [("b-3", None)]
    paid(conn, booked(ANN))
    assert named(conn) == [("b-3", None)]


def test_the_oldest_go_by_when_they_were_paid(conn: sqlite3.Connection) -> None:
    paid(conn, booked(None), replace(booked(None, VISIT, BasketId("b-2")), at=later(90)))
    assert till_history.sweep(conn, later(60), 9) == 1
    assert named(conn) == [("b-2", None)]
