from __future__ import annotations

import sqlite3

from edge.domain.ids import ItemKey
from edge.storage import erasure
from edge.storage.people import reminders
from edge.storage.people.reminders import Reminder
from tests.edge.storage.samples import ANN, BEN, NOW, later

ONE, TWO = ItemKey(1001), ItemKey(1002)


def wish(token: str = ANN, item: ItemKey = ONE, seconds: float = 0) -> Reminder:
    return Reminder(token=ANN if token == ANN else BEN, item=item, at=later(seconds))


def test_who_asked_for_what_is_told_together(conn: sqlite3.Connection) -> None:
    for one in (wish(), wish(item=TWO), wish(BEN)):
        assert reminders.ask(conn, one)
    found = reminders.asked(conn, [ONE, TWO])
    assert found == {ANN: frozenset({ONE, TWO}), BEN: frozenset({ONE})}
    assert reminders.asked(conn, [ItemKey(7)]) == {}


def test_asking_again_renews_the_wish(conn: sqlite3.Connection) -> None:
    reminders.ask(conn, wish())
    reminders.ask(conn, wish(seconds=60))
    assert reminders.sweep(conn, later(30), 10) == 0
    assert reminders.sweep(conn, later(90), 10) == 1


def test_somebody_erased_asks_for_nothing(conn: sqlite3.Connection) -> None:
    erasure.forget(conn, ANN, NOW)
    assert not reminders.ask(conn, wish())
