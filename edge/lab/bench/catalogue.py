"""What a store on trial sells and who its customers are: invented, and the same for the same seed.

``bench_store`` fills the store's file with it before the service starts; ``signals`` shows the cards of its
customers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from cloud_sync.downlink import StreamChange
from edge.domain.consent import Purpose
from edge.domain.ids import Token, fresh_token, link_code
from edge.domain.placement import CHANNELS, SCREENS
from edge.pipeline.central_changes import CentralChanges
from edge.storage.catalogue import trend
from edge.storage.connection import open_connection, transaction
from models.moment import Moment
from models.serving.open_bundle import open_bundle
from models.statistics.trend import StoreTrend

TIME_ZONE = "America/New_York"
MARKET = "US"
NOTICE = "notice-us-1"

# Fixed, so that two benchmarks compare two versions and not two towns.
_SEED = 20171224
_INVENTED_FROM = 400_000
_CATEGORIES = 60
_TRIPS = 40
_TRIP_ITEMS = 12
# A few articles are bought all the time and most hardly ever: the exponent of a grocer's.
_POPULARITY = 0.9
_BASKETS = 600
_DAYS = 28
_OFFERS = 30
_OPEN_HOURS = (8, 21)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchProducts:
    """The products as parallel columns; money in cents."""

    skus: tuple[str, ...]
    categories: tuple[str, ...]
    prices_cents: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchStock:
    """How much there is of everything."""

    products: int = 2_000
    customers: int = 200


def goods(count: int, bundle: Path | None) -> BenchProducts:
    """``count`` products: those that the bundle knows, or invented ones without a bundle."""
    if bundle is None:
        return BenchProducts(
            skus=tuple(str(_INVENTED_FROM + number) for number in range(count)),
            categories=tuple(f"CATEGORY {number % _CATEGORIES}" for number in range(count)),
            prices_cents=tuple(99 + 10 * (number % 90) for number in range(count)),
        )
    items = open_bundle(bundle).items
    # Spread over all of the bundle's keys, not just its first.
    rows = np.linspace(0, len(items) - 1, min(count, len(items))).astype(np.int64)
    return BenchProducts(
        skus=tuple(str(key) for key in items.keys[rows].tolist()),
        categories=tuple(str(items.category_names[c]) for c in items.category[rows].tolist()),
        prices_cents=tuple(max(1, price) for price in items.price_cents[rows].tolist()),
    )


def loyalty(number: int) -> str:
    """The loyalty card of customer ``number``; no payment card has such a number."""
    return f"41{number:08d}"


def token_of(number: int, store_key: bytes) -> Token:
    """Whom the card of customer ``number`` leads to."""
    return fresh_token(link_code(store_key, "loyalty", loyalty(number)))


def fill(database: Path, store_key: bytes, sold: BenchProducts, stock: BenchStock) -> None:
    """Put products, offers, customers with their habits and consents, and a trend into the store's file."""
    now = datetime.now(UTC).replace(microsecond=0)
    chance = np.random.default_rng(_SEED)
    incoming = CentralChanges(zone=ZoneInfo(TIME_ZONE), now=lambda: now)
    conn = open_connection(database)
    try:
        # One transaction, and so one sync.
        with transaction(conn):
            handlers = incoming.handlers()
            handlers["products"](conn, list(_products(sold)))
            handlers["offers"](conn, list(_offers(sold, now)))
            people = [token_of(number, store_key) for number in range(stock.customers)]
            handlers["customers"](conn, list(_customers(people, store_key, sold, chance, now)))
            handlers["consents"](conn, list(_consents(people, now)))
            trend.save(conn, _trend(sold, chance, now))
    finally:
        conn.close()


def _products(sold: BenchProducts) -> Iterator[StreamChange]:
    rows = zip(sold.skus, sold.categories, sold.prices_cents, strict=True)
    for sku, category, price_cents in rows:
        body = {
            "sku": sku,
            "name": f"Article {sku}",
            "category": category,
            "department": "GROCERY",
            "price_cents": price_cents,
        }
        yield _change("products", sku, body)


def _offers(sold: BenchProducts, now: datetime) -> Iterator[StreamChange]:
    every = max(1, len(sold.skus) // _OFFERS)
    for number, sku in enumerate(sold.skus[::every]):
        body = {
            "id": f"offer-{number}",
            "headline": "Save 50¢",
            "skus": [sku],
            "category": sold.categories[number * every],
            "discount_cents": 50,
            "starts_at": now - timedelta(days=1),
            "ends_at": now + timedelta(days=30),
            "campaign": "trial",
            "segment": "everybody",
            "offer_type": "discount",
            "channels": list(CHANNELS),
            "placements": list(SCREENS),
        }
        yield _change("offers", f"offer-{number}", body)


def _customers(
    people: Sequence[Token],
    store_key: bytes,
    sold: BenchProducts,
    chance: np.random.Generator,
    now: datetime,
) -> Iterator[StreamChange]:
    for number, token in enumerate(people):
        days = np.sort(chance.choice(np.arange(2, 300), _TRIPS, replace=False))[::-1]
        trips = [
            {"at": now - timedelta(days=int(day)), "skus": _picked(sold, chance)}
            for day in days.tolist()
        ]
        code = link_code(store_key, "loyalty", loyalty(number))
        body = {"token": token, "links": [{"kind": "loyalty", "code": code}], "trips": trips}
        yield _change("customers", token, body)


def _consents(people: Sequence[Token], now: datetime) -> Iterator[StreamChange]:
    for token in people:
        for purpose in Purpose:
            name = f"{token}.{purpose.value}"
            body = {
                "id": name,
                "token": token,
                "purpose": purpose.value,
                "state": "given",
                "market": MARKET,
                "notice_id": NOTICE,
                "given_at": now - timedelta(days=30),
                "expires_at": now + timedelta(days=300),
            }
            yield _change("consents", name, body)


def _trend(sold: BenchProducts, chance: np.random.Generator, now: datetime) -> bytes:
    """Four weeks of baskets."""
    found = StoreTrend()
    today = now.astimezone(ZoneInfo(TIME_ZONE)).date().toordinal()
    first = today - datetime(1970, 1, 1, tzinfo=UTC).toordinal() - _DAYS
    for number in range(_BASKETS):
        keys = np.array(sorted(int(sku) for sku in _picked(sold, chance)), np.int64)
        hour = int(chance.integers(*_OPEN_HOURS))
        found.record(keys, Moment(day=first + number * _DAYS // _BASKETS, hour=hour))
    return found.to_bytes()


def _picked(sold: BenchProducts, chance: np.random.Generator) -> list[str]:
    """The articles of one trip, popular ones more often, each once."""
    rank = np.arange(1, len(sold.skus) + 1, dtype=np.float64) ** -_POPULARITY
    chosen = chance.choice(
        len(sold.skus), min(_TRIP_ITEMS, len(sold.skus)), replace=False, p=rank / rank.sum()
    )
    return [sold.skus[row] for row in chosen.tolist()]


def _change(stream: str, key: str, body: Mapping[str, object]) -> StreamChange:
    return StreamChange(stream=stream, key=key, op="upsert", version=1, body=body)
