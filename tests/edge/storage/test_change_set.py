from __future__ import annotations

import sqlite3
from dataclasses import replace
from decimal import Decimal

from cloud_sync import outbox
from edge.domain.basket import GoodsTaken
from edge.domain.ids import ItemKey
from edge.domain.trade_unit import TradeUnit
from edge.storage import change_set, erased_people
from edge.storage.catalogue import stock, trend
from edge.storage.change_set import ChangeSet
from edge.storage.decisions import decisions, exposures, snapshots
from edge.storage.people import (
    consents,
    coupons,
    customers,
    identifier_links,
    profiles,
    used_claims,
)
from edge.storage.people.reminders import Reminder
from edge.storage.visits import baskets, processed_events
from tests.edge.storage import samples, stored
from tests.edge.storage.samples import ANN, BASKET, DECISION, MILK, NOW, PROFILE_DIGEST, VISIT

SIGNAL = ("storeside/1/store-1/kiosk/kiosk-1", "signal-1")


def full_change_set() -> ChangeSet:
    return ChangeSet(
        at=NOW,
        signal=SIGNAL,
        claims=(samples.claim(),),
        customers=(samples.customer(),),
        links=(samples.link(),),
        consents=(samples.entry(),),
        visits=(samples.visit(),),
        baskets=(samples.basket(),),
        snapshots=(samples.snapshot(),),
        decisions=(samples.decision(),),
        exposures=(samples.exposure(),),
        profiles={ANN: b"profile"},
        coupons={ANN: samples.WALLET},
        trend=b"trend",
        sold=(GoodsTaken(MILK, Decimal(2), TradeUnit.EACH),),
        plays=(samples.play(),),
        feedback=(samples.reply(),),
        responses=(samples.answer(),),
        redemptions=(samples.redemption(),),
        entrants=(samples.entrant(),),
        stretches=(samples.stretch(),),
        messages=(samples.message(),),
        reminders=(Reminder(token=ANN, item=ItemKey(1), at=NOW),),
        kpi_updates=samples.kpi_updates(),
        booked=(samples.booked(),),
        sales=(samples.sale(),),
        facts=(samples.fact(),),
    )


def contents(conn: sqlite3.Connection) -> list[str]:
    return list(conn.iterdump())


def test_everything_a_signal_changes_is_written(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 5, NOW)
    assert change_set.save(conn, full_change_set())
    assert coupons.find(conn, ANN) == samples.WALLET
    assert processed_events.verdict(conn, *SIGNAL)
    assert used_claims.spent(conn, "jti-1")
    person = customers.find(conn, ANN)
    assert person is not None
    assert person.consents.entries == (samples.entry(),)
    assert identifier_links.find(conn, samples.link().code) == ANN
    assert stored.visit(conn, VISIT) == samples.visit()
    assert baskets.find(conn, BASKET) == samples.basket()


def test_everything_that_was_decided_is_written(conn: sqlite3.Connection) -> None:
    stock.put(conn, MILK, 5, NOW)
    change_set.save(conn, full_change_set())
    assert decisions.find(conn, DECISION) == samples.decision()
    assert snapshots.find(conn, PROFILE_DIGEST) == samples.PROFILE
    assert [one.offer for one in exposures.touches(conn, ANN, NOW)] == ["o-1"]
    assert (profiles.find(conn, ANN), trend.find(conn)) == (b"profile", b"trend")
    assert stock.on_hand(conn, MILK) == 3
    assert (stored.count(conn, "plays"), stored.replies(conn)) == (1, {"touch": 1})
    assert len(outbox.pending(conn, "events").records) == 1


def test_a_repeated_signal_writes_nothing(conn: sqlite3.Connection) -> None:
    change_set.save(conn, full_change_set())
    before = contents(conn)
    again = replace(
        full_change_set(),
        trend=b"other",
        sold=(GoodsTaken(MILK, Decimal(1), TradeUnit.EACH),),
        claims=(),
    )
    assert not change_set.save(conn, again)
    assert contents(conn) == before


def test_a_used_claim_writes_nothing_not_even_the_signal(conn: sqlite3.Connection) -> None:
    used_claims.take(conn, samples.claim())
    before = contents(conn)
    assert not change_set.save(conn, full_change_set())
    assert contents(conn) == before


def test_a_change_set_without_a_signal_is_written_each_time(conn: sqlite3.Connection) -> None:
    assert change_set.save(conn, ChangeSet(at=NOW, trend=b"one"))
    assert change_set.save(conn, ChangeSet(at=NOW, trend=b"two"))
    assert trend.find(conn) == b"two"


def test_a_change_set_that_changes_nothing_else_takes_its_signal(
    conn: sqlite3.Connection,
) -> None:
    assert change_set.save(conn, ChangeSet(at=NOW, signal=SIGNAL))
    assert not change_set.save(conn, ChangeSet(at=NOW, signal=SIGNAL))
    assert trend.find(conn) is None


def test_what_a_late_signal_says_of_an_erased_person_is_left_out(
    conn: sqlite3.Connection,
) -> None:
    erased_people.add(conn, ANN, NOW)
    assert change_set.save(conn, full_change_set())
    assert processed_events.verdict(conn, *SIGNAL)
    assert ANN not in "\n".join(contents(conn))
    assert consents.verify_chain(conn)
