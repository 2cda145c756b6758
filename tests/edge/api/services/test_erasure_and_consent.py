from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud_sync import outbox
from edge.api.services import erasure_and_consent
from edge.api.services.erasure_and_consent import Word
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.storage import erased_people
from edge.storage.connection import open_connection
from edge.storage.people import consents, customers
from tests.edge.api.services.goods import ANN, BEN, NOW, yes
from tests.edge.storage.samples import customer

NO = Word(
    token=ANN,
    purposes=(Purpose.RECOGNISE, Purpose.SHARE),
    market="US",
    channel="me",
    now=NOW,
    at=NOW,
)
YES = replace(
    NO, notice_id="notice-us-1", channel="kiosk", expires_at=NOW + timedelta(days=395)
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    conn = open_connection(tmp_path_factory.mktemp("rights") / "store.db")
    yield conn
    conn.close()


@pytest.fixture
def conn(opened: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Everybody agreed to everything; what a test writes is taken back."""
    opened.execute("BEGIN")
    for token in (ANN, BEN):
        customers.upsert(opened, customer(token))
        consents.append(opened, [yes(token, purpose) for purpose in Purpose])
    yield opened
    opened.execute("ROLLBACK")


def allowed(conn: sqlite3.Connection) -> frozenset[Purpose]:
    return consents.of(conn, ANN).allowed(NOW)


def told(conn: sqlite3.Connection, stream: str) -> list[tuple[str, str | None, object]]:
    """Type, subject and properties of what waits for the centre."""
    return [
        (record.type, record.subject, json.loads(record.data)["properties"])
        for record in outbox.pending(conn, stream).records
    ]


def test_a_withdrawal_holds_at_once_and_takes_nothing_else(conn: sqlite3.Connection) -> None:
    assert erasure_and_consent.withdraw(conn, NO) == 2
    assert allowed(conn) == frozenset(Purpose) - {Purpose.RECOGNISE, Purpose.SHARE}
    assert consents.of(conn, BEN).allowed(NOW) == frozenset(Purpose)
    assert consents.verify_chain(conn)


def test_a_withdrawal_is_told_to_the_centre_under_the_name(conn: sqlite3.Connection) -> None:
    erasure_and_consent.withdraw(conn, NO)
    (fact,) = told(conn, "consents")
    assert fact[:2] == ("storeside.consent-withdrawn.v1", ANN)
    assert fact[2] == {"purposes": ["recognise", "share"], "notice_id": "", "market": "US"}


def test_a_withdrawal_wins_over_a_yes_dated_ahead(conn: sqlite3.Connection) -> None:
    ahead = NOW + timedelta(days=30)
    late = replace(yes(ANN, Purpose.RECOGNISE), id="ahead", given_at=ahead, expires_at=None)
    consents.append(conn, [late])
    erasure_and_consent.withdraw(conn, NO)
    assert not consents.of(conn, ANN).covers(Purpose.RECOGNISE, ahead + timedelta(days=1))


def test_a_grant_comes_after_a_withdrawal(conn: sqlite3.Connection) -> None:
    erasure_and_consent.withdraw(conn, NO)
    later = replace(YES, now=NOW + timedelta(seconds=1))
    assert erasure_and_consent.grant(conn, later) == 2
    assert consents.of(conn, ANN).allowed(later.now) == frozenset(Purpose)
    assert told(conn, "consents")[1][0] == "storeside.consent-granted.v1"


def test_a_grant_ends_when_it_says(conn: sqlite3.Connection) -> None:
    erasure_and_consent.grant(conn, replace(YES, expires_at=NOW + timedelta(days=1)))
    assert not consents.of(conn, ANN).covers(Purpose.SHARE, NOW + timedelta(days=2))


def test_a_purpose_named_twice_is_one_line(conn: sqlite3.Connection) -> None:
    twice = replace(NO, purposes=(Purpose.TRAIN, Purpose.TRAIN))
    assert erasure_and_consent.withdraw(conn, twice) == 1


def test_nothing_is_noted_or_told_of_somebody_erased(conn: sqlite3.Connection) -> None:
    erasure_and_consent.erase(conn, ANN, now=NOW, at=NOW)
    assert erasure_and_consent.withdraw(conn, NO) == erasure_and_consent.grant(conn, YES) == 0
    assert not told(conn, "consents")


def test_an_erasure_leaves_a_receipt_and_no_row(conn: sqlite3.Connection) -> None:
    receipt = erasure_and_consent.erase(conn, ANN, now=NOW, at=NOW)
    assert (receipt.counts["customers"], receipt.counts["consents"]) == (1, 8)
    assert receipt.erased_at == NOW
    assert erased_people.holds(conn, ANN)
    assert ANN not in "\n".join(conn.iterdump())
    assert customers.find(conn, BEN) is not None


def test_the_centre_hears_of_an_erasure_but_not_of_whom(conn: sqlite3.Connection) -> None:
    receipt = erasure_and_consent.erase(conn, ANN, now=NOW, at=NOW)
    ((type_, subject, properties),) = told(conn, "events")
    assert (type_, subject) == ("storeside.customer-erased.v1", None)
    assert properties == {"rows": sum(receipt.counts.values())}


entries = st.builds(
    ConsentEntry,
    id=st.uuids().map(str),
    token=st.just(ANN),
    purpose=st.just(Purpose.RECOGNISE),
    state=st.sampled_from(ConsentState),
    market=st.just("US"),
    notice_id=st.just("n"),
    given_at=st.integers(-5, 5).map(lambda days: NOW + timedelta(days=days)),
    expires_at=st.none() | st.just(NOW + timedelta(days=9)),
)


@settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(entries, max_size=6), st.integers(-10, 400))
def test_after_a_withdrawal_no_line_that_was_there_allows_anything_ever(
    conn: sqlite3.Connection, before: list[ConsentEntry], days: int
) -> None:
    consents.append(conn, before)
    erasure_and_consent.withdraw(conn, NO)
    then = NOW + timedelta(days=max(0, days))
    assert not consents.of(conn, ANN).covers(Purpose.RECOGNISE, then)
