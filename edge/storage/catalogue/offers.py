"""The offers this store may propose, live or not yet.

Written by publishing and by the centre's stream; the catalogue in memory is read from here, and the steps of a decision
judge dates, channels and caps.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from pydantic import TypeAdapter

from edge.domain.creative import Creative
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.storage.table import MigrationStep, Table, Unlimited
from edge.storage.timestamps import from_us, to_us

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

# Later: whom an offer is for, where it may be shown, and how often it is given.
TAGS = """
ALTER TABLE offers ADD COLUMN segment TEXT NOT NULL DEFAULT 'everybody';
ALTER TABLE offers ADD COLUMN offer_type TEXT NOT NULL DEFAULT 'discount';
ALTER TABLE offers ADD COLUMN channels TEXT NOT NULL DEFAULT '[]';
ALTER TABLE offers ADD COLUMN placements TEXT NOT NULL DEFAULT '[]';
ALTER TABLE offers ADD COLUMN audience TEXT NOT NULL DEFAULT '';
ALTER TABLE offers ADD COLUMN per_person INTEGER;
ALTER TABLE offers ADD COLUMN per_store INTEGER;
ALTER TABLE offers ADD COLUMN creatives TEXT NOT NULL DEFAULT '[]';
CREATE INDEX offers_campaign ON offers (campaign);
"""

# Later: what a till takes off, as data.
DISCOUNTS = "ALTER TABLE offers ADD COLUMN discount TEXT;"

# Built once, as for campaigns: building it costs more than all that it reads.
_CREATIVES = TypeAdapter(tuple[Creative, ...])
_DISCOUNT = TypeAdapter(OfferDiscount)

_SELECT = (
    "SELECT id, headline, items, category, discount_cents, starts_us, ends_us, campaign,"
    " weekly_cap, creative_id, segment, offer_type, channels, placements, audience, per_person,"
    " per_store, creatives, discount FROM offers"
)


def upsert(conn: sqlite3.Connection, offers: Iterable[Offer]) -> int:
    """Know these offers, over older ones of the same id; returns how many."""
    rows = [_row(offer) for offer in offers]
    conn.executemany(
        "INSERT INTO offers (id, headline, items, category, discount_cents, starts_us, ends_us,"
        " campaign, weekly_cap, creative_id, segment, offer_type, channels, placements, audience,"
        " per_person, per_store, creatives, discount)"
        " VALUES (:id, :headline, :items, :category, :discount_cents, :starts_us, :ends_us,"
        " :campaign, :weekly_cap, :creative_id, :segment, :offer_type, :channels, :placements,"
        " :audience, :per_person, :per_store, :creatives, :discount)"
        " ON CONFLICT (id) DO UPDATE SET headline = :headline, items = :items,"
        " category = :category, discount_cents = :discount_cents, starts_us = :starts_us,"
        " ends_us = :ends_us, campaign = :campaign, weekly_cap = :weekly_cap,"
        " creative_id = :creative_id, segment = :segment, offer_type = :offer_type,"
        " channels = :channels, placements = :placements, audience = :audience,"
        " per_person = :per_person, per_store = :per_store, creatives = :creatives,"
        " discount = :discount",
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
    return _read(conn.execute(f"{_SELECT} ORDER BY id"))


def of_campaign(conn: sqlite3.Connection, campaign: str) -> tuple[Offer, ...]:
    """The offers of one campaign, in the order of their ids."""
    return _read(conn.execute(f"{_SELECT} WHERE campaign = ? ORDER BY id", (campaign,)))


def find(conn: sqlite3.Connection, id_: OfferId) -> Offer | None:
    """One offer, if it is known."""
    found = _read(conn.execute(f"{_SELECT} WHERE id = ?", (id_,)))
    return found[0] if found else None


def _read(rows: sqlite3.Cursor) -> tuple[Offer, ...]:
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
            segment=segment,
            offer_type=offer_type,
            channels=tuple(json.loads(channels)),
            placements=tuple(json.loads(placements)),
            audience=audience,
            per_person=per_person,
            per_store=per_store,
            creatives=_CREATIVES.validate_json(creatives),
            discount=_discount(discount, discount_cents),
        )
        for (
            id_, headline, items, category, discount_cents, starts_us, ends_us, campaign,
            weekly_cap, creative_id, segment, offer_type, channels, placements, audience,
            per_person, per_store, creatives, discount,
        ) in rows
    )  # fmt: skip


def _discount(stored: str | None, cents: int) -> OfferDiscount:
    """What a till takes off; an offer from before it was said takes off its cents."""
    if stored is None:
        return OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=cents)
    return _DISCOUNT.validate_json(stored)


def _row(offer: Offer) -> dict[str, str | int | None]:
    return {
        "id": offer.id,
        "headline": offer.headline,
        "items": json.dumps(offer.items),
        "category": offer.category,
        "discount_cents": offer.discount_cents,
        "starts_us": to_us(offer.starts_at),
        "ends_us": to_us(offer.ends_at),
        "campaign": offer.campaign,
        "weekly_cap": offer.weekly_cap,
        "creative_id": offer.creative_id,
        "segment": offer.segment,
        "offer_type": offer.offer_type,
        "channels": json.dumps(offer.channels),
        "placements": json.dumps(offer.placements),
        "audience": offer.audience,
        "per_person": offer.per_person,
        "per_store": offer.per_store,
        "creatives": _CREATIVES.dump_json(offer.creatives).decode(),
        "discount": None
        if offer.discount is None
        else _DISCOUNT.dump_json(offer.discount).decode(),
    }


TABLE = Table(
    name="offers",
    steps=(
        MigrationStep(release="0001-first", sql=SCHEMA),
        MigrationStep(release="0004-campaigns", sql=TAGS),
        MigrationStep(release="0009-the-till", sql=DISCOUNTS),
    ),
    retention=Unlimited(
        note="what may be proposed: publishing and the centre add and take away"
    ),
)
