"""A person's rights as plain writes in the caller's transaction: the service and the commands use the same.

A command rings `edge.storage.operations.command_notifications` beside these, so that a running service follows.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from edge.api.views.shopper import ErasureReceipt
from edge.domain.consent import ConsentEntry, Consents, ConsentState, Purpose
from edge.domain.event import StoreEvent
from edge.domain.ids import Token
from edge.storage import erasure, outbox_writer
from edge.storage.people import consents

_SOURCE = "storeside"
_FACTS = {
    ConsentState.GIVEN: "Consent Granted",
    ConsentState.WITHDRAWN: "Consent Withdrawn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One person's yes or no to some purposes.

    ``now`` is real time, by which the ledger goes; ``at`` business time, by which facts go. ``expires_at``
    is read for a yes only.
    """

    token: Token
    purposes: tuple[Purpose, ...]
    market: str
    channel: str
    now: datetime
    at: datetime
    notice_id: str = ""
    expires_at: datetime | None = None


def grant(conn: sqlite3.Connection, word: Word) -> int:
    """Note a yes, and tell the centre; returns the new lines in the ledger (none for who was erased)."""
    return _say(conn, word, ConsentState.GIVEN)


def withdraw(conn: sqlite3.Connection, word: Word) -> int:
    """Note a no, and tell the centre; returns the new lines in the ledger (none for who was erased).

    The no wins over every yes that is there, also over one whose date lies ahead.
    """
    return _say(conn, word, ConsentState.WITHDRAWN)


def erase(
    conn: sqlite3.Connection, token: Token, *, now: datetime, at: datetime
) -> ErasureReceipt:
    """Forget the person and keep them out; the centre is told that somebody was erased, not who.

    The bytes are gone from the disk only after a checkpoint of the database.

    Args:
        conn: In the caller's transaction.
        token: Whom.
        now: Real time.
        at: Business time.
    """
    counts = erasure.forget(conn, token, now)
    receipt = ErasureReceipt(id=f"erasure-{ULID()}".lower(), erased_at=now, counts=counts)
    fact = StoreEvent(
        id=receipt.id,
        name="Customer Erased",
        at=at,
        source=_SOURCE,
        properties={"rows": sum(counts.values())},
    )
    # After the forgetting, which also empties the queue of this person: the fact names nobody and stays.
    outbox_writer.append(conn, [fact])
    return receipt


def _say(conn: sqlite3.Connection, word: Word, state: ConsentState) -> int:
    ledger, given = consents.of(conn, word.token), state is ConsentState.GIVEN
    # One name for the word: its lines and the fact about it can be told to belong together.
    name = f"{ULID()}".lower()
    entries = [
        ConsentEntry(
            id=f"{name}.{purpose.value}",
            token=word.token,
            purpose=purpose,
            state=state,
            market=word.market,
            notice_id=word.notice_id,
            given_at=word.now if given else _last_word(ledger, purpose, word.now),
            expires_at=word.expires_at if given else None,
            channel=word.channel,
        )
        # A purpose that was named twice is one line.
        for purpose in dict.fromkeys(word.purposes)
    ]
    added = consents.append(conn, entries)
    # Nothing is told of somebody who was erased.
    if added:
        outbox_writer.append(conn, [_fact(word, name, _FACTS[state])])
    return added


def _last_word(ledger: Consents, purpose: Purpose, now: datetime) -> datetime:
    """``now``, or the date of a line for this purpose that lies ahead: at one instant the no wins."""
    # `now` stands twice, because max of a single argument would look into it.
    return max(now, *(e.given_at for e in ledger.entries if e.purpose is purpose), now)


def _fact(word: Word, name: str, said: str) -> StoreEvent:
    return StoreEvent(
        id=f"{name}.said",
        name=said,
        at=word.at,
        source=_SOURCE,
        token=word.token,
        properties={
            "purposes": [p.value for p in dict.fromkeys(word.purposes)],
            "notice_id": word.notice_id,
            "market": word.market,
        },
    )
