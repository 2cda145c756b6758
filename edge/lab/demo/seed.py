"""What the demo's store and centre know before the first shopper comes in: nothing later than week 48.

``opening`` builds it and gives its ``changes`` to the centre; ``replaying`` plays its trips, ``closing``
judges by its people.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from devices.simulator.trip import Trip
from edge.campaigns.triggers.library import SHIPPED as SHIPPED_TRIGGERS
from edge.campaigns.triggers.library import read_library
from edge.domain.consent import ConsentEntry
from edge.domain.driver_credit import Driver
from edge.domain.ids import Token
from edge.lab.demo.campaigns import portfolio
from edge.lab.demo.coupons import handed_in, offers
from edge.lab.demo.leaflets import DemoPromotions, read_demo_promotions
from edge.lab.demo.shelves import DemoProduct, stock
from edge.lab.demo.shop import DemoShop, open_shop, rfc3339, utc
from edge.lab.demo.shoppers import (
    DemoMarket,
    app_key,
    enrolling_token,
    identifiers,
    ledger,
    links,
    token_of,
)
from edge.lab.demo.trips import trips
from models.sources.journey import read_journey

# Somebody in the store before the doors open: the business clock starts this long before the first arrival.
_BEFORE_FIRST = timedelta(minutes=10)
_NOON_S = 12 * 3600
# What sells less often than this is on nobody's stock list, unless it is sold out.
_COUNTED_FROM = 8
_DAY_S = 86_400
_CHALLENGE_LASTS = timedelta(weeks=6)
# What an app, an address or a sign-up is worth in an invented chain, in cents.
_WORTH: Mapping[Driver, int] = {
    Driver.SIGNED_UP: 400,
    Driver.EMAIL_CAPTURED: 250,
    Driver.APP_INSTALLED: 600,
    Driver.LOGGED_IN: 20,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSeed:
    """A store ready to open.

    ``people`` are all households of the past by their pseudonyms, and those that come for the first time by the
    one that they would get by enrolling; only the first are among the ``changes`` that the centre sends down.
    """

    shop: DemoShop
    market: DemoMarket
    shelves: Mapping[int, DemoProduct]
    campaigns: tuple[Mapping[str, object], ...]
    offers: tuple[Mapping[str, object], ...]
    coupons: Mapping[int, list[dict[str, object]]]
    leaflets: DemoPromotions
    trips: tuple[Trip, ...]
    people: Mapping[Token, int]
    store_key: bytes
    asked_at: datetime

    @property
    def starts_at(self) -> datetime:
        """Business time when the store opens."""
        return self.trips[0].arrives_at - _BEFORE_FIRST

    def changes(self) -> Iterator[bytes]:
        """What the centre sends down, as lines for its import: the order does not matter to the store."""
        for shelf in self.shelves.values():
            yield _line("products", shelf.sku, _product(shelf))
            # Sold out counts always: the stock check must have something to find.
            if shelf.on_hand == 0 or shelf.sold >= _COUNTED_FROM:
                yield _line("stock", shelf.sku, {"sku": shelf.sku, "on_hand": shelf.on_hand})
        for campaign in self.campaigns:
            yield _line("campaigns", str(campaign["id"]), campaign)
        for offer in self.offers:
            yield _line("offers", str(offer["id"]), offer)
        for stream, key, body in _triggers_and_rewards(self.starts_at):
            yield _line(stream, key, body)
        for id_, promotion in self.promotions().items():
            yield _line("promotions", id_, promotion)
        yield from self._people()

    def _people(self) -> Iterator[bytes]:
        """Everybody who has shopped here before, and what they agreed to."""
        for household in self.shop.households():
            token = token_of(household, self.store_key)
            yield _line("customers", token, self._customer(household, token))
            for entry in ledger(household, token, self.market, self.asked_at):
                yield _line("consents", entry.id, _consent(entry))

    def promotions(self) -> Mapping[str, Mapping[str, str]]:
        """What is promoted of all that is on the shelves, by id."""
        sold = {shelf.sku for shelf in self.shelves.values()}
        return {id_: told for id_, told in self.leaflets.rows.items() if told["sku"] in sold}

    def _customer(self, household: int, token: Token) -> Mapping[str, object]:
        carried = identifiers(household)
        return {
            "token": token,
            "locale": "en-US",
            "segments": [],
            "links": links(carried, self.store_key),
            "beacon_key": carried.beacon_key.hex(),
            "app_key": app_key(carried),
            "trips": list(self._history(household)),
            "coupons": self.coupons.get(household, []),
        }

    def _history(self, household: int) -> Iterator[Mapping[str, object]]:
        """Earlier trips to any store of the chain: the centre knows them all. Only their day is told."""
        made, keys = self.shop.journey.trips, self.shop.journey.items.keys
        first, last = np.searchsorted(made.household, [household, household + 1])
        for trip in range(int(first), int(last)):
            day = int(made.day[trip])
            if day > self.shop.last_past_day:
                # Trips of a household are in order of days, so nothing later can follow.
                return
            promoted = self.leaflets.bought[made.bounds[trip] : made.bounds[trip + 1]]
            yield {
                "at": rfc3339(utc(day * _DAY_S + _NOON_S)),
                "store": self.shop.id_of(int(made.store[trip])),
                "skus": [str(key) for key in keys[made.of(trip)].tolist()],
                "promoted": [str(key) for key in keys[made.of(trip)[promoted]].tolist()],
            }


def build_seed(
    source: str | Path,
    store: str | None,
    *,
    store_key: bytes,
    market: DemoMarket,
    now: datetime,
) -> DemoSeed:
    """Read the grocer's year and draw the line after week 48. ``now`` is real time."""
    shop = open_shop(read_journey(source), store)
    # Reading the largest file is mostly outside the interpreter, so it costs the rest little.
    with ThreadPoolExecutor(max_workers=1) as beside:
        told = beside.submit(read_demo_promotions, source, shop)
        shelves = stock(shop)
        played = trips(shop, shelves)
    running, offered = portfolio(offers(str(source), shop, shelves))
    known = set(shop.households())
    strangers = {int(trip.household) for trip in played} - known
    return DemoSeed(
        shop=shop,
        market=market,
        shelves=shelves,
        campaigns=tuple(running),
        offers=tuple(offered),
        coupons=handed_in(str(source), shop, shelves),
        leaflets=told.result(),
        trips=played,
        people={token_of(household, store_key): household for household in sorted(known)}
        | {enrolling_token(household, store_key): household for household in sorted(strangers)},
        store_key=store_key,
        asked_at=now,
    )


def _product(shelf: DemoProduct) -> Mapping[str, object]:
    return {
        "sku": shelf.sku,
        "name": shelf.name,
        "category": shelf.category,
        "department": shelf.department,
        "price_cents": shelf.price_cents,
        "kind": shelf.kind,
    }


def _consent(entry: ConsentEntry) -> Mapping[str, object]:
    ends = entry.expires_at
    return {
        "id": entry.id,
        "token": entry.token,
        "purpose": entry.purpose.value,
        "state": entry.state.value,
        "market": entry.market,
        "notice_id": entry.notice_id,
        "given_at": rfc3339(entry.given_at),
        "expires_at": None if ends is None else rfc3339(ends),
        "channel": entry.channel,
    }


def _line(stream: str, key: str, body: Mapping[str, object]) -> bytes:
    change = {"stream": stream, "key": key, "op": "upsert", "body": body}
    return json.dumps(change, separators=(",", ":")).encode()


def _triggers_and_rewards(
    starts_at: datetime,
) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """What the chain has beside its offers, valid from business time ``starts_at`` on: stream, key and body of each."""
    for written in read_library(SHIPPED_TRIGGERS).triggers:
        yield "triggers", written.id, written.row().model_dump(mode="json", exclude_none=True)
    yield "challenges", "three-this-week", {
        "id": "three-this-week",
        "headline": "Three this week: two of your usuals, one new",
        "starts_at": rfc3339(starts_at),
        "ends_at": rfc3339(starts_at + _CHALLENGE_LASTS),
        "reward": {"points": 300},
    }  # fmt: skip
    for driver, cents in _WORTH.items():
        yield "bounties", driver.value, {"cents": cents}
