from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.ids import OfferId
from edge.storage import offers
from tests.edge.storage.samples import OFFER, offer


def test_offers_come_back_as_they_were_in_the_order_of_their_ids(
    conn: sqlite3.Connection,
) -> None:
    other = offer(OfferId("a-1"))
    assert offers.upsert(conn, [offer(), other]) == 2
    assert offers.every(conn) == (other, offer())


def test_newer_offers_replace_older_ones(conn: sqlite3.Connection) -> None:
    offers.upsert(conn, [offer()])
    cheaper = replace(offer(), discount_cents=50, items=())
    offers.upsert(conn, [cheaper])
    assert offers.every(conn) == (cheaper,)


def test_a_deleted_offer_is_not_proposed(conn: sqlite3.Connection) -> None:
    offers.upsert(conn, [offer()])
    assert offers.delete(conn, [OFFER, OfferId("o-9")]) == 1
    assert offers.every(conn) == ()
