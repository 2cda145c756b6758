"""The offers this store may propose, live or not yet."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.storage.instants import from_us, to_us

SCHEMA = """
CREATE TABLE offers (
    id             TEXT PRIMARY KEY,
    headline       TEXT NOT NULL,
    items          TEXT NOT NULL,
    category       TEXT NOT NULL,
    discount_cents INTEGER NOT NULL,
    starts_us      INTEGER NOT NULL,
    ends_us        INTEGER NOT NULL,
    campaign       TEXT NOT NULL,
    weekly_cap     INTEGER NOT NULL,
    creative_id    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
"""


def upsert(conn: sqlite3.Connection, offers: Iterable[Offer]) -> int:
    """Know these offers, over older ones of the same id; returns how many."""
    rows = [_row(offer) for offer in offers]
    conn.executemany(
        "INSERT INTO offers (id, headline, items, category, discount_cents, starts_us, ends_us,"
        " campaign, weekly_cap, creative_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT (id) DO UPDATE SET headline = ?2, items = ?3, category = ?4,"
        " discount_cents = ?5, starts_us = ?6, ends_us = ?7, campaign = ?8, weekly_cap = ?9,"
        " creative_id = ?10",
        rows,
    )
    return len(rows)


def delete(conn: sqlite3.Connection, ids: Iterable[OfferId]) -> int:
    """Propose these offers no more; returns how many were known."""
    before = conn.total_changes
    conn.executemany("DELETE FROM offers WHERE id = ?", [(id_,) for id_ in ids])
    return conn.total_changes - before


def every(conn: sqlite3.Connection) -> tuple[Offer, ...]:
    """All offers, in the order of their ids."""
    rows = conn.execute(
        "SELECT id, headline, items, category, discount_cents, starts_us, ends_us, campaign,"
        " weekly_cap, creative_id FROM offers ORDER BY id"
    )
    return tuple(
        Offer(
            id=OfferId(id_),
            headline=headline,
            items=tuple(ItemKey(item) for item in json.loads(items)),
            category=category,
            discount_cents=discount_cents,
            starts_at=from_us(starts_us),
            ends_at=from_us(ends_us),
            campaign=campaign,
            weekly_cap=weekly_cap,
            creative_id=creative_id,
        )
        for (
            id_, headline, items, category, discount_cents, starts_us, ends_us, campaign,
            weekly_cap, creative_id,
        ) in rows
    )  # fmt: skip


def _row(offer: Offer) -> tuple[str, str, str, str, int, int, int, str, int, str]:
    return (
        offer.id,
        offer.headline,
        json.dumps(offer.items),
        offer.category,
        offer.discount_cents,
        to_us(offer.starts_at),
        to_us(offer.ends_at),
        offer.campaign,
        offer.weekly_cap,
        offer.creative_id,
    )
