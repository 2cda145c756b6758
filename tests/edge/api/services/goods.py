"""What the tests' shop sells and proposes, and the two people it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.ids import ItemKey, OfferId, Sku, Token
from edge.domain.offer import Offer
from edge.storage.catalogue import offers, products, stock, trend
from edge.storage.connection import open_connection, transaction
from edge.storage.people import consents, customers, profiles
from models.features.profile import Profile
from models.moment import Moment
from models.statistics.trend import StoreTrend

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ANN = Token("c-annaaaaaaaaaaaaaaaaaaaaaaa")
BEN = Token("c-bennnnnnnnnnnnnnnnnnnnnnnn")
NAMES = {
    "101": ("Whole milk", "milk"),
    "102": ("Oat drink", "milk"),
    "103": ("Buttermilk", "milk"),
    "104": ("Skimmed milk", "milk"),
    "110": ("Rye bread", "bread"),
    "111": ("White bread", "bread"),
    "120": ("Apples", "fruit"),
    "121": ("Bananas", "fruit"),
    "130": ("Dry wine", "wine"),
    "140": ("Soap", "care"),
}
SOLD = [
    {
        "sku": sku,
        "name": name,
        "category": category,
        "department": "grocery",
        "price_cents": 100 + n,
    }
    for n, (sku, (name, category)) in enumerate(NAMES.items())
]


def offer(id_: str, sku: str, category: str, **changed: object) -> Offer:
    made = Offer(
        id=OfferId(id_),
        headline=f"{NAMES[sku][0]}, 20 cents off",
        items=(ItemKey(int(sku)),),
        category=category,
        discount_cents=20,
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=6),
        campaign="june",
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # fields of the test's choice


OFFERS = (offer("o-milk", "101", "milk", weekly_cap=1), offer("o-soap", "140", "care"))


def yes(token: Token, purpose: Purpose, at: datetime = NOW) -> ConsentEntry:
    return ConsentEntry(
        id=f"{token}.{purpose.value}",
        token=token,
        purpose=purpose,
        state=ConsentState.GIVEN,
        market="US",
        notice_id="notice-us-1",
        given_at=at - timedelta(days=1),
        expires_at=at + timedelta(days=300),
        channel="kiosk",
    )


def habits(skus: Mapping[str, int]) -> bytes:
    profile, today = Profile.empty(), moment().day
    for sku, trips in skus.items():
        profile.seed(int(sku), trips, today - 3)
    return profile.to_bytes()


def moment() -> Moment:
    return Moment(day=NOW.date().toordinal() - datetime(1970, 1, 1).toordinal(), hour=12)


def trend_of(rounds: int = 30) -> StoreTrend:
    sold = StoreTrend.empty()
    for n in range(rounds):
        keys = [int(sku) for k, sku in enumerate(NAMES) if (n + k) % (k + 1) == 0]
        sold.record(np.array(keys, np.int64), moment())
    return sold


def stock_shop(path: Path) -> None:
    """Products, offers, a trend and two people; Ann agreed to everything, Ben to being recognised."""
    conn = open_connection(path)
    with transaction(conn):
        products.upsert(conn, SOLD)
        offers.upsert(conn, OFFERS)
        stock.put(conn, Sku("121"), 0, NOW)
        trend.save(conn, trend_of().to_bytes())
        for token in (ANN, BEN):
            customers.upsert(conn, Customer(token=token))
        consents.append(conn, [yes(ANN, purpose) for purpose in Purpose])
        consents.append(conn, [yes(BEN, Purpose.RECOGNISE)])
        profiles.save(conn, ANN, habits({"101": 9, "102": 4, "103": 3, "110": 5, "120": 2}))
    conn.close()
