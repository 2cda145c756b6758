"""Booked sales on the disk: as they were, by number, person and stay, and gone with either."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from decimal import Decimal

from edge.domain.booked_sale import Refund, StretchPlace, TakenUp
from edge.domain.ids import BasketId, ItemKey, OfferId, VisitId
from edge.domain.trade_unit import TradeUnit
from edge.storage import erased_people
from edge.storage.measurement import booked_sales
from tests.edge.storage.samples import ANN, BASKET, BEN, MILK, NOW, VISIT, booked, later

WHOLE = replace(
    booked(),
    stretches=(StretchPlace("june", "d", 7, 3, True, NOW),),
    taken_up=(TakenUp(OfferId("o-1"), "dairy", NOW, (ItemKey(1001),)),),
    cards=(("week", 2_839),),
    refunds=(Refund(MILK, Decimal("0.25"), TradeUnit.KG, 50, BasketId("b-0"), 1),),
    coupons=2,
)


def test_a_sale_comes_back_as_it_was(conn: sqlite3.Connection) -> None:
    booked_sales.save(conn, WHOLE, NOW)
    assert booked_sales.find(conn, BASKET) == WHOLE
    assert booked_sales.find(conn, BasketId("b-9")) is None


def test_a_changed_sale_is_written_over_the_old_one(conn: sqlite3.Connection) -> None:
    booked_sales.save(conn, WHOLE, NOW)
    booked_sales.save(conn, WHOLE.voided(), later(60))
    assert booked_sales.find(conn, BASKET) == WHOLE.voided()


def test_sales_are_found_by_number_by_buyer_and_by_stay(conn: sqlite3.Connection) -> None:
    others = (
        booked(BEN, VISIT, BasketId("b-2")),
        replace(booked(None, VisitId("v-2"), BasketId("b-3")), at=later(9)),
    )
    for sale in (*others, booked()):
        booked_sales.save(conn, sale, NOW)
    assert [s.id for s in booked_sales.numbered(conn, "7")] == ["b-1", "b-2", "b-3"]
    assert [s.id for s in booked_sales.numbered(conn, "b-2")] == ["b-2"]
    assert [s.id for s in booked_sales.of_person(conn, ANN)] == ["b-1"]
    assert [s.id for s in booked_sales.of_visit(conn, VISIT)] == ["b-1", "b-2"]


def test_an_erased_persons_sales_go_and_do_not_come_back(conn: sqlite3.Connection) -> None:
    booked_sales.save(conn, booked(), NOW)
    booked_sales.save(conn, booked(BEN, VISIT, BasketId("b-2")), NOW)
    erased_people.add(conn, ANN, NOW)
    assert booked_sales.forget(conn, ANN) == 1
    assert not booked_sales.save(conn, booked(), NOW)
    assert [s.id for s in booked_sales.of_visit(conn, VISIT)] == ["b-2"]


def test_what_was_touched_longest_ago_goes_first(conn: sqlite3.Connection) -> None:
    booked_sales.save(conn, booked(), NOW)
    booked_sales.save(conn, booked(BEN, VISIT, BasketId("b-2")), later(60))
    assert booked_sales.sweep(conn, later(30), 9) == 1
    assert [s.id for s in booked_sales.numbered(conn, "7")] == ["b-2"]
