"""The real service in a simulation: every part as in a shop, on a file in its own folder, without broker or sockets.

``run`` furnishes the folder and opens the service, which is then driven over ``fake_line`` alone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection
from typing import cast

import numpy as np

from devices.bus import Bus
from edge.app.bootstrap import Bootstrap
from edge.app.pipeline_builder import IdFactory
from edge.app.settings import load_settings
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.ids import DecisionId, Token, VisitId, link_code
from edge.lab.private_files import write_private
from edge.lab.simulate.fake_line import SimulatedLine
from edge.lab.simulate.population import Population, Shopper
from edge.lab.simulate.portfolio import SimulatedPortfolio
from edge.lab.simulate.sync_database import SynchronousDatabase
from edge.lab.simulate.virtual_time import SimClock
from edge.pipeline.runtime import Runtime
from edge.storage.catalogue import campaigns, offers, products, trend
from edge.storage.connection import open_connection, transaction
from edge.storage.people import beacon_keys, consents, customers, identifier_links, profiles
from edge.storage.people.identifier_links import IdentifierLink
from models.features.profile import Profile
from models.items import Keys, item_key
from models.moment import Moment
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry
from models.statistics.trend import StoreTrend

STORE = "sim-1"
NOTICE = "notice-us-1"
DATABASE = "storeside.db"
# What the store knows of its people when it opens: so many earlier days, seen in so many of their baskets.
_PAST_DAYS, _PAST_TRIPS = 56, 12
_EPOCH = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a day's number has no zone
# As long as the US policy lets a consent hold (``consent_days``).
_HOLDS = timedelta(days=395)

_SETTINGS = """# A simulated store. It can be looked at like any other: storeside explain, decisions replay, … --dir.
data_dir = "{folder}"

[store]
id = "{store}"
name = "Simulated store"
market = "US"
time_zone = "UTC"

[model]
fallback = true

[decision]
offer_boost_pct = 150
"""


Trip = tuple[int, Keys]
"""An earlier trip: how many days before the store opens, and what was bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedStore:
    """The service, open. ``path``: its database."""

    runtime: Runtime
    bootstrap: Bootstrap
    path: Path


def furnish(
    folder: Path, population: Population, portfolio: SimulatedPortfolio, opens: datetime
) -> Path:
    """Make the folder of a store that knows the town's people as a centre would have told it; returns its settings."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets = folder / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    # From the seed: codes hang on it, and the same seed must give the same log.
    key = sha256(f"store {population.seed}".encode())
    for name in ("store.key", "ticket.key"):
        write_private(secrets / name, key.hexdigest())
    config = folder / "storeside.toml"
    write_private(config, _SETTINGS.format(folder=folder.resolve(), store=STORE))
    past = {shopper.token: _past(population, shopper) for shopper in population.shoppers}
    conn = open_connection(folder / DATABASE)
    # A folder that can be made anew in a moment needs no sync.
    conn.execute("PRAGMA synchronous = OFF")
    with transaction(conn):
        _stock(conn, population, portfolio)
        trend.save(conn, _trend(population, opens, past).to_bytes())
        for shopper in population.shoppers:
            _introduce(conn, shopper, key.digest(), opens)
            # Habits are kept only of those who agreed to something.
            if shopper.purposes:
                habits = _habits(past[shopper.token], opens)
                profiles.save(conn, shopper.token, habits.to_bytes())
    conn.close()
    return config


def equip(folder: Path) -> None:
    """Put the shipped model to work; without one the store decides by the plain fallback alone."""
    bundles = BundleRegistry(folder / "models", folder / "model-keys")
    bundles.activate(SHIPPED_BUNDLE)


@asynccontextmanager
async def open_shop(
    config: Path, line: SimulatedLine, clock: SimClock
) -> AsyncGenerator[SimulatedStore]:
    """The service of ``config`` on ``line``, open inside the context."""
    settings = load_settings(config)
    bootstrap = Bootstrap(settings, clock=clock, ids=_numbered())
    async with SynchronousDatabase(settings.database) as database:
        # The cable has all that screens ask of a bus.
        runtime = await bootstrap.assemble(database, cast("Bus", line))
        yield SimulatedStore(runtime=runtime, bootstrap=bootstrap, path=settings.database)


def _numbered() -> IdFactory:
    """Names in the order in which they are needed, the same in every run."""
    numbers = iter(range(1, 10**9))
    return IdFactory(
        visit=lambda: VisitId(f"v-{next(numbers):09}"),
        decision=lambda: DecisionId(f"d-{next(numbers):09}"),
        ticket=lambda visit: f"ticket-{visit}",
    )


def _stock(conn: Connection, population: Population, portfolio: SimulatedPortfolio) -> None:
    products.upsert(
        conn,
        [
            {
                "sku": good.sku,
                "name": good.name,
                "category": good.category,
                "department": good.department,
                "price_cents": good.price_cents,
            }
            for good in population.goods.values()
        ],
    )
    campaigns.upsert(conn, portfolio.campaigns)
    offers.upsert(conn, portfolio.offers)


def _trend(
    population: Population, opens: datetime, past: Mapping[Token, Sequence[Trip]]
) -> StoreTrend:
    """What sold in the weeks before, by hour."""
    found, day = StoreTrend(), _day(opens)
    trips = [trip for shopper in population.shoppers for trip in past[shopper.token]]
    for back, keys in sorted(trips, key=lambda trip: -trip[0]):
        # Spread over the opening hours by what was bought, without dice.
        hour = 9 + (int(keys.sum()) + back * 5) % 11
        found.record(keys, Moment(day=day - back, hour=hour))
    return found


def _introduce(conn: Connection, who: Shopper, key: bytes, opens: datetime) -> None:
    person = Customer(token=who.token, locale=who.locale, segments=who.segments)
    customers.upsert(conn, person)
    identifier_links.put(
        conn,
        IdentifierLink(
            code=link_code(key, "loyalty", who.loyalty), token=who.token, kind="loyalty"
        ),
    )
    beacon_keys.put(conn, who.token, who.beacon_key)
    consents.append(conn, tuple(_ledger(who, opens)))


def _ledger(who: Shopper, opens: datetime) -> Iterator[ConsentEntry]:
    given_at = opens - timedelta(days=20 + who.number % 300)
    for purpose in Purpose:
        yes = purpose in who.purposes
        yield ConsentEntry(
            id=f"{who.token}.{purpose.value}",
            token=who.token,
            purpose=purpose,
            state=ConsentState.GIVEN if yes else ConsentState.REFUSED,
            market="US",
            notice_id=NOTICE,
            given_at=given_at,
            expires_at=given_at + _HOLDS if yes else None,
        )


def _habits(trips: Sequence[Trip], opens: datetime) -> Profile:
    """What they bought on their latest trips before the store opens."""
    found, day = Profile.empty(), _day(opens)
    for back, keys in trips:
        for key in keys.tolist():
            found.record(key, day - back)
    return found


def _past(population: Population, who: Shopper) -> list[Trip]:
    """A person's latest trips before the store opens, the latest first."""
    # By seed and number, so that nobody's past hangs on anybody else's.
    dice = np.random.default_rng((population.seed, who.number))
    keys = np.array([item_key(sku) for sku in who.chances], np.int64)
    chances = np.array(list(who.chances.values()))
    came = 1 + np.flatnonzero(dice.random(_PAST_DAYS) < who.a_week / 7)[:_PAST_TRIPS]
    trips = [(int(back), keys[dice.random(len(keys)) < chances]) for back in came]
    return [(back, bought) for back, bought in trips if len(bought)]


def _day(at: datetime) -> int:
    return at.date().toordinal() - _EPOCH
