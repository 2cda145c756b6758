from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.ids import Token
from edge.domain.kpi import VisitorCounts
from edge.storage import erased_people
from edge.storage.people import visit_days
from edge.storage.people.visit_days import PaidTrip
from tests.edge.storage.samples import ANN, BEN, NOW, later

DAY = 19_877


def trip(token: Token = ANN, day: int = DAY, cents: int = 500) -> PaidTrip:
    return PaidTrip(token=token, day=day, at=NOW, cents=cents)


def test_two_baskets_on_a_day_are_one_day(conn: sqlite3.Connection) -> None:
    visit_days.add(conn, trip())
    visit_days.add(conn, trip())
    assert visit_days.comers(conn, DAY) == VisitorCounts(people=1, days=1, cents=1_000)


def test_who_came_twice_is_a_repeater(conn: sqlite3.Connection) -> None:
    for one in (trip(), trip(day=DAY - 3), trip(BEN)):
        visit_days.add(conn, one)
    found = visit_days.comers(conn, DAY)
    assert (found.people, found.days, found.repeaters) == (2, 3, 1)


def test_who_came_in_both_periods_has_returned(conn: sqlite3.Connection) -> None:
    for one in (trip(), trip(day=DAY - 28), trip(BEN, day=DAY - 55)):
        visit_days.add(conn, one)
    found = visit_days.comers(conn, DAY)
    assert (found.people, found.earlier, found.returned) == (1, 2, 1)


def test_days_outside_both_periods_say_nothing(conn: sqlite3.Connection) -> None:
    for day in (DAY + 1, DAY - 56):
        visit_days.add(conn, trip(day=day))
    assert visit_days.comers(conn, DAY) == VisitorCounts()


def test_who_was_erased_has_no_days_and_gets_none(conn: sqlite3.Connection) -> None:
    visit_days.add(conn, trip())
    visit_days.add(conn, trip(BEN))
    assert (visit_days.forget(conn, ANN), visit_days.forget(conn, ANN)) == (1, 0)
    erased_people.add(conn, ANN, NOW)
    assert not visit_days.add(conn, trip())
    assert visit_days.comers(conn, DAY).people == 1


def test_old_days_go(conn: sqlite3.Connection) -> None:
    visit_days.add(conn, trip())
    assert visit_days.sweep(conn, NOW, 10) == 0
    assert visit_days.sweep(conn, later(1), 10) == 1


def test_a_basket_taken_back_is_off_its_day_and_an_empty_day_is_none(
    conn: sqlite3.Connection,
) -> None:
    for _ in range(2):
        visit_days.add(conn, trip())
    off = replace(trip(), cents=-trip().cents, baskets=-1)
    visit_days.add(conn, off)
    found = visit_days.comers(conn, DAY)
    assert (found.people, found.cents) == (1, trip().cents)
    visit_days.add(conn, off)
    assert visit_days.comers(conn, DAY).people == 0


def test_a_day_that_went_with_a_consent_does_not_come_back_below_nought(
    conn: sqlite3.Connection,
) -> None:
    visit_days.add(conn, replace(trip(), cents=-100, baskets=0))
    assert visit_days.comers(conn, DAY) == VisitorCounts()
