from __future__ import annotations

import sqlite3
from decimal import Decimal

from edge.domain.associate_tip import AssociateTip
from edge.domain.basket import BasketLine
from edge.domain.ids import DeviceId, Sku, VisitId
from edge.storage.visits import associate_tips, visits
from edge.storage.visits.associate_tips import TabletRecord
from tests.edge.storage import samples, stored
from tests.edge.storage.samples import ANN, BEN, DECISION, MILK, NOW, VISIT, later

TABLET = DeviceId("tablet-1")
LINES = (BasketLine(sku=MILK, quantity=Decimal(2), unit_price=Decimal(129)),)


def tip(visit: VisitId = VISIT, device: DeviceId = TABLET, sku: Sku = MILK) -> AssociateTip:
    return AssociateTip(visit=visit, device=device, sku=sku, decision=DECISION, at=NOW)


def test_a_tablet_says_a_product_to_a_visit_once(conn: sqlite3.Connection) -> None:
    assert [associate_tips.add(conn, tip()) for _ in range(3)] == [True, False, False]
    assert stored.tips(conn, VISIT) == (tip(),)


def test_without_a_sale_there_is_no_record(conn: sqlite3.Connection) -> None:
    associate_tips.add(conn, tip())
    assert associate_tips.records(conn, NOW) == ()


def test_a_sale_settles_the_visits_tips_once(conn: sqlite3.Connection) -> None:
    associate_tips.add(conn, tip())
    associate_tips.add(conn, tip(sku=Sku("x-9")))
    assert associate_tips.settle(conn, VISIT, LINES, NOW) == 2
    assert associate_tips.settle(conn, VISIT, LINES * 9, later(60)) == 0
    assert associate_tips.records(conn, NOW) == (
        TabletRecord(device=TABLET, contacted=1, sold_to=1, pieces=2, cents=258),
    )


def test_a_tap_after_the_sale_does_not_reopen_it(conn: sqlite3.Connection) -> None:
    associate_tips.add(conn, tip())
    associate_tips.settle(conn, VISIT, LINES, NOW)
    assert not associate_tips.add(conn, tip())
    assert stored.tips(conn, VISIT)[0].paid_at == NOW


def test_each_tablet_has_its_own_record(conn: sqlite3.Connection) -> None:
    for n in range(3):
        visit = VisitId(f"v-{n}")
        associate_tips.add(conn, tip(visit))
        associate_tips.settle(conn, visit, LINES if n else (), NOW)
    associate_tips.add(conn, tip(device=DeviceId("tablet-2"), visit=VisitId("v-9")))
    associate_tips.settle(conn, VisitId("v-9"), (), NOW)
    found = [(r.device, r.contacted, r.sold_to) for r in associate_tips.records(conn, NOW)]
    assert found == [("tablet-1", 3, 2), ("tablet-2", 1, 0)]


def test_a_persons_tips_go_with_their_visits(conn: sqlite3.Connection) -> None:
    visits.save(conn, samples.visit())
    visits.save(conn, samples.visit(VisitId("v-ben"), BEN))
    associate_tips.add(conn, tip())
    associate_tips.add(conn, tip(VisitId("v-ben")))
    assert (associate_tips.forget(conn, ANN), associate_tips.forget(conn, ANN)) == (1, 0)
    assert stored.tips(conn, VISIT) == ()
    assert stored.tips(conn, VisitId("v-ben"))


def test_old_tips_go(conn: sqlite3.Connection) -> None:
    associate_tips.add(conn, tip())
    assert associate_tips.sweep(conn, NOW, 10) == 0
    assert associate_tips.sweep(conn, later(1), 10) == 1


def test_a_sale_that_is_none_any_more_leaves_its_tips_to_the_next(
    conn: sqlite3.Connection,
) -> None:
    associate_tips.add(conn, tip())
    associate_tips.settle(conn, VISIT, LINES, later(60))
    # A tablet whose clock is ahead of the till's.
    assert associate_tips.resettle(conn, VISIT, later(60), [(LINES * 2, later(90))]) == 1
    assert [one.pieces for one in stored.tips(conn, VISIT)] == [4]
    assert associate_tips.resettle(conn, VISIT, later(60), []) == 0
    assert stored.tips(conn, VISIT) == (tip(),)


def test_a_tip_is_not_settled_by_a_sale_before_it_or_anew_by_one_behind_it(
    conn: sqlite3.Connection,
) -> None:
    associate_tips.add(conn, tip())
    associate_tips.settle(conn, VISIT, LINES, later(60))
    before = stored.tips(conn, VISIT)
    assert associate_tips.resettle(conn, VISIT, later(90), [(LINES * 2, later(90))]) == 0
    assert stored.tips(conn, VISIT) == before
    assert associate_tips.resettle(conn, VISIT, later(-9), [(LINES, later(-5))]) == 0
