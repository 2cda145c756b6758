from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from edge.domain.consent import ConsentState, Purpose
from edge.domain.ids import ItemKey, Token
from edge.domain.trigger import MessageState, SuppressionReason, TriggerMessage, message_id
from edge.storage import erasure
from edge.storage.people import consents, messages
from tests.edge.storage import stored
from tests.edge.storage.samples import ANN, BEN, NOW, OFFER, entry, later


def message(token: Token = ANN) -> TriggerMessage:
    """Due in a minute, good for an hour."""
    return TriggerMessage(
        id=message_id("due-again", token, "1001/19870"),
        token=token,
        trigger="due-again",
        version=1,
        occasion="1001/19870",
        purpose=Purpose.PERSONALISE_PRIVATE,
        reason="You usually buy it about now.",
        fired_at=NOW,
        due_at=later(60),
        expires_at=later(3_600),
        headline="Time for milk?",
        text="It should be used up.",
        offer=OFFER,
        item=ItemKey(1001),
    )


def queued(conn: sqlite3.Connection, *given: TriggerMessage) -> None:
    for one in given:
        assert messages.queue(conn, one)


def test_a_message_comes_back_as_it_was(conn: sqlite3.Connection) -> None:
    queued(conn, message())
    assert stored.message(conn, message().id) == message()


def test_one_occasion_is_queued_once_whatever_its_id(conn: sqlite3.Connection) -> None:
    queued(conn, message())
    assert not messages.queue(conn, replace(message(), id="m-other"))

    assert messages.queue(conn, replace(message(), id="m-3", occasion="another"))


def test_nothing_is_queued_for_somebody_erased(conn: sqlite3.Connection) -> None:
    erasure.forget(conn, ANN, NOW)
    assert not messages.queue(conn, message())


def test_it_is_due_when_its_term_begins(conn: sqlite3.Connection) -> None:
    queued(conn, message())
    assert messages.due(conn, later(59), 10) == ()
    assert messages.due(conn, later(60), 10) == (message(),)


def test_it_is_settled_once(conn: sqlite3.Connection) -> None:
    queued(conn, message())
    assert messages.settle(conn, message().id, MessageState.SENT, later(70))
    assert not messages.settle(conn, message().id, MessageState.SENT, later(80))
    assert messages.due(conn, later(90), 10) == ()
    assert messages.sent_since(conn, ANN, later(70)) == 1


def test_one_that_must_wait_is_found_when_its_person_comes_in(conn: sqlite3.Connection) -> None:
    queued(conn, message())
    messages.postpone(conn, message().id, later(3_600))
    assert messages.due(conn, later(120), 10) == ()
    assert [one.id for one in messages.due_for(conn, ANN, later(120))] == [message().id]
    assert messages.due_for(conn, BEN, later(120)) == ()


@pytest.mark.parametrize("purpose", [Purpose.PERSONALISE_PRIVATE, Purpose.RECOGNISE])
def test_a_withdrawal_in_the_ledger_takes_back_what_waits(
    conn: sqlite3.Connection, purpose: Purpose
) -> None:
    queued(conn, message())
    consents.append(conn, [entry(purpose=purpose, state=ConsentState.WITHDRAWN)])
    found = stored.message(conn, message().id)
    assert found is not None
    assert (found.state, found.suppressed_by) == (
        MessageState.WITHDRAWN,
        SuppressionReason.NO_CONSENT,
    )


def test_a_withdrawal_of_something_else_leaves_it(conn: sqlite3.Connection) -> None:
    queued(conn, message())
    consents.append(conn, [entry(purpose=Purpose.TRAIN, state=ConsentState.WITHDRAWN)])
    consents.append(conn, [entry("e-2", token=BEN, state=ConsentState.WITHDRAWN)])
    assert messages.due(conn, later(60), 10) == (message(),)


def test_what_waits_outlives_every_sweep(conn: sqlite3.Connection) -> None:
    queued(conn, message())
    assert messages.sweep(conn, later(days=400), 10) == 0
    messages.settle(conn, message().id, MessageState.EXPIRED, NOW, SuppressionReason.EXPIRED)
    assert messages.sweep(conn, later(days=400), 10) == 1


def test_counts_are_by_trigger_and_state(conn: sqlite3.Connection) -> None:
    queued(conn, message(), message(BEN))
    messages.settle(conn, message().id, MessageState.SENT, NOW)
    assert messages.counts(conn) == {("due-again", 1): {"pending": 1, "sent": 1}}


def test_forgetting_leaves_others_alone(conn: sqlite3.Connection) -> None:
    queued(conn, message(), message(BEN))
    assert messages.forget(conn, ANN) == 1
    assert [one.token for one in messages.due(conn, later(60), 10)] == [BEN]
