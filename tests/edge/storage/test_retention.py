from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from cloud_sync import outbox
from edge.domain.basket import BasketState
from edge.domain.consent import Purpose
from edge.domain.errors import SettingsInvalid
from edge.domain.visit import EndReason
from edge.storage import change_set, erased_people, other_channel_sales, retention
from edge.storage.catalogue import promotions
from edge.storage.measurement import audit_log, driver_credits
from edge.storage.measurement.audit_log import AuditEntry
from edge.storage.operations import first_answers
from edge.storage.operations.first_answers import FirstAnswer
from edge.storage.people import consents
from edge.storage.visits import processed_events
from tests.edge.storage import samples, stored
from tests.edge.storage.samples import BEN, NOW, later
from tests.edge.storage.test_change_set import full_change_set


def fill(conn: sqlite3.Connection) -> None:
    ended = samples.visit().closing(EndReason.PAID, NOW)
    paid = samples.basket().closing(BasketState.COMPLETE)
    change_set.save(conn, replace(full_change_set(), visits=(ended,), baskets=(paid,)))
    erased_people.add(conn, BEN, NOW)
    driver_credits.forget(conn, samples.ANN)
    audit_log.add(
        conn,
        AuditEntry(
            at=NOW, who="buyer", act="publish", object="offer/o-1", before="", after="a"
        ),
    )
    consents.append(conn, [replace(samples.entry("m"), purpose=Purpose.MEASURE)])
    sold = {"token": samples.ANN, "revenue_cents": 1, "at": NOW.isoformat()}
    other_channel_sales.know(conn, "s-1", sold)
    first_answers.keep(conn, FirstAnswer(source="s", key="k", digest=b"d"), NOW)
    outbox.confirm(conn, ["f-1"], NOW)
    today = str(NOW.date())
    promotions.upsert(
        conn, {"p-1": {"sku": "1", "display": "7", "from": today, "until": today}}
    )


def sweep_daily(conn: sqlite3.Connection, first: int, last: int) -> dict[str, int]:
    """What daily sweeps from day ``first`` to ``last`` remove, in sum."""
    removed = dict[str, int]()
    for day in range(first, last + 1):
        for name, rows in retention.sweep(conn, later(days=day), {}).removed.items():
            removed[name] = removed.get(name, 0) + rows
    return removed


# What docs and market policies build on: a term that changes is changed here too, on purpose.
DAYS = {
    "seen": 31, "claims": 1, "visits": 3, "baskets": 3, "decisions": 3, "exposures": 36, "responses": 36,
    "redemptions": 395, "outcomes": 90, "stretches": 395, "audit": 395, "messages": 93, "reminders": 180, "tips": 31,
    "trips": 92, "counts": 395, "cards": 31, "bounties": 395, "plays": 31, "promotions": 31, "replies": 31,
    "till-history": 92, "coupons": 365, "events": 3, "tombstones": 400,
}  # fmt: skip


def test_each_class_of_data_has_its_days() -> None:
    assert dict(retention.DEFAULT_DAYS) == DAYS


def test_nothing_goes_before_its_time(conn: sqlite3.Connection) -> None:
    fill(conn)
    assert not any(n for name, n in sweep_daily(conn, 0, 3).items() if name != "claims")


def test_everything_goes_after_its_days(conn: sqlite3.Connection) -> None:
    fill(conn)
    removed = sweep_daily(conn, 0, 401)
    assert set(removed.values()) == {1}, removed
    assert set(retention.DEFAULT_DAYS) <= set(removed)


def test_a_policy_may_say_other_days(conn: sqlite3.Connection) -> None:
    fill(conn)
    swept = retention.sweep(conn, later(days=1.5), {"decisions": 1, "seen": 1})
    assert (swept.removed["decisions"], swept.removed["seen"], swept.removed["plays"]) == (
        1,
        1,
        0,
    )


def test_an_unknown_class_of_data_is_refused(conn: sqlite3.Connection) -> None:
    with pytest.raises(SettingsInvalid, match="decisons"):
        retention.sweep(conn, NOW, {"decisons": 1})


def test_a_long_sweep_is_cut_into_short_ones(conn: sqlite3.Connection) -> None:
    for n in range(5):
        processed_events.take(conn, "source", str(n), NOW)
    calls = [retention.sweep(conn, later(days=40), {}, limit=2) for _ in range(3)]
    assert [call.removed["seen"] for call in calls] == [2, 2, 1]
    assert [call.more for call in calls] == [True, True, False]


def test_a_clock_that_jumps_for_an_hour_deletes_nothing(conn: sqlite3.Connection) -> None:
    fill(conn)
    retention.sweep(conn, NOW, {})
    assert retention.sweep(conn, later(days=365), {}).held
    assert retention.sweep(conn, later(3600, days=365), {}).held
    assert retention.sweep(conn, later(7200), {}).held
    assert stored.count(conn, "decisions") == 1


def test_a_sweep_goes_on_a_day_after_the_jump(conn: sqlite3.Connection) -> None:
    fill(conn)
    retention.sweep(conn, NOW, {})
    held = [retention.sweep(conn, later(3600 * hour, days=30), {}).held for hour in range(26)]
    assert held == [True] * 24 + [False] * 2
    assert stored.count(conn, "decisions") == 0
