"""Six hours without a line to the centre, five kinds of screens, five hundred people, twenty kills: caps hold."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cloud_sync.lag import freshness
from devices.bus import Bus
from devices.line import Inbound
from devices.simulator.store_time import clock_message
from devices.topics import clock_topic
from edge.app.market_policies import SHIPPED
from edge.domain.campaign import Campaign as Test
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.lab.bench.bench_store import STORE, BenchPlan, BenchStore, HubAccess, furnish
from edge.lab.bench.catalogue import BenchStock, token_of
from edge.lab.processes import LOOPBACK, Program, free_port
from edge.storage.catalogue import campaigns, offers
from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.people import beacon_keys
from tests.faults.ground import Hub
from tests.faults.luck import luck
from tests.patience import patient
from tests.trials.figure import Figure, Tick, beside
from tests.trust.campaign import Campaign, none, some
from tests.trust.cast import DEVICES, PEOPLE, SURFACES, Cast, Notes, beacon_key
from tests.trust.counted import Counts, Limits, count

KILLS, HOURS = 20, 6
# Real seconds for all of it; so many business seconds go by in one.
_SECONDS = 180.0
_TELLS_S = 0.2
LIMITS = Limits(category=4, person=9)
_TESTS, _EACH = 8, 5


def caps(scale: float, tick: Tick) -> list[Figure]:
    """A store process under a cast of devices, killed again and again, and counted afterwards."""
    kills = max(1, round(KILLS * scale))
    notes, found = asyncio.run(_played(kills, _SECONDS * scale, tick))
    return _figures(notes, found, kills)


async def _played(kills: int, seconds: float, tick: Tick) -> tuple[Notes, Counts]:
    chance = luck(20171224)
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="storeside-caps-"))
        )
        centre = await _centre(folder, stack)
        premises = await _furnished(folder, stack, centre)
        await premises.open()
        await _heard_of(premises)
        await centre.program.stop()  # from here on the line is down
        cast = Cast(premises, chance)
        async with _told(premises, cast, HOURS * 3_600 / seconds), cast:
            for _ in range(kills):
                await asyncio.sleep(chance.uniform(0.5, 1.5) * seconds / kills)
                await premises.service.kill()
                await premises.open()
                tick()
            await asyncio.sleep(1)
        await premises.service.stop()
        seen = cast.notes.screens.close(cast.at)
        return cast.notes, await asyncio.to_thread(
            count, premises.database, seen, cast.notes, LIMITS
        )


async def _centre(folder: Path, stack: AsyncExitStack) -> Hub:
    """A hub that is there when the store opens."""
    port, key = free_port(), secrets.token_hex(16)
    config = folder / "hub.toml"
    config.write_text(
        f'host = "{LOOPBACK}"\nport = {port}\ndata_dir = "{folder / "hub"}"\n'
        f'central_key = "{secrets.token_hex(16)}"\n[store_keys]\n{STORE} = "{key}"\n',
        encoding="utf-8",
    )
    program = Program(["-m", "cloud_sync.hub", "--config", str(config)], log=folder / "hub.log")
    hub = Hub(program=program, port=port, key=key)
    stack.push_async_callback(program.stop)
    await hub.open()
    return hub


async def _heard_of(premises: BenchStore) -> None:
    """Wait until the store has spoken with its centre: what it was told is fresh from then on."""

    def contacted() -> bool:
        with closing(open_reader(premises.database)) as conn:
            return any(f.contacted_at for f in freshness(conn, ("offers",), datetime.now(UTC)))

    async with asyncio.timeout(patient(30)):
        while not await asyncio.to_thread(contacted):  # noqa: ASYNC110 - the file of another process
            await asyncio.sleep(0.1)


async def _furnished(folder: Path, stack: AsyncExitStack, centre: Hub) -> BenchStore:
    """A store with a centre, in a market that allows personal content before one who is alone."""
    plan = BenchPlan(
        folder=folder / "store",
        devices=DEVICES,
        stock=BenchStock(products=300, customers=PEOPLE),
        shortlist=100,
        hub=HubAccess(port=centre.port, key=centre.key),
    )
    plan.folder.mkdir(mode=0o700)
    premises = await furnish(plan, stack)
    market = folder / "us.yaml"
    rules = (SHIPPED / "us.yaml").read_text(encoding="utf-8")
    more = "    personalise-private: with_consent\n    personalise-public: with_consent\n"
    market.write_text(
        rules.replace("    personalise-private: with_consent\n", more), encoding="utf-8"
    )
    settings = premises.config.read_text(encoding="utf-8").replace(
        "holdout_pct = 0",
        f"holdout_pct = 10\ncategory_cap = {LIMITS.category}\nperson_cap = {LIMITS.person}",
    )
    start = datetime.now(UTC).replace(microsecond=0).isoformat()
    premises.config.write_text(
        f'{settings}[policy]\nfile = "{market}"\n[clock]\nsource = "replay"\nstart = {start}\n',
        encoding="utf-8",
    )
    await asyncio.to_thread(_stock, premises)
    return premises


def _stock(premises: BenchStore) -> None:
    """Campaigns with caps, some with budgets, and offers: every other one once a person, one in seven few a store."""
    key = bytes.fromhex((premises.folder / "secrets" / "store.key").read_text(encoding="ascii"))
    with closing(open_connection(premises.database)) as conn, transaction(conn):
        campaigns.upsert(conn, _tests())
        offers.upsert(conn, list(_offers(premises)))
        for number in range(PEOPLE):
            beacon_keys.put(conn, token_of(number, key), beacon_key(number))


def _tests() -> list[Test]:
    now = datetime.now(UTC).replace(microsecond=0)
    return [
        Test(
            id=f"test-{n}",
            name=f"Test {n}",
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=30),
            salt=f"salt-{n}",
            holdout_pct=10 * (n % 2),
            weekly_cap=(3, 4, None)[n % 3],
            budget_cents=1_500 if n == 1 else None,
        )
        for n in range(_TESTS)
    ]


def _offers(premises: BenchStore) -> Iterable[Offer]:
    """On the articles that most people buy, several of a category, so that they compete and contradict."""
    sold = premises.sold
    for n, test in enumerate(_tests() * _EACH):
        rows = (n, (n + 17) % len(sold.skus))
        yield Offer(
            id=OfferId(f"o-{n:02}"),
            headline="Save",
            items=tuple(ItemKey(int(sold.skus[row])) for row in rows),
            category=f"group-{n % 6}",
            discount_cents=30 + n % 4 * 10,
            starts_at=test.starts_at,
            ends_at=test.ends_at,
            campaign=test.id,
            weekly_cap=2 + n % 2,
            per_person=1 if n % 2 else None,
            per_store=25 if n % 7 == 0 else None,
        )


@asynccontextmanager
async def _told(premises: BenchStore, cast: Cast, speed: float) -> AsyncGenerator[None]:
    """The business time is told several times a second, and kept by the broker for a service that starts anew."""
    begins = datetime.now(UTC)

    async def tell(bus: Bus) -> None:
        while True:
            at = begins + timedelta(seconds=cast.at * speed)
            bus.publish(clock_topic(STORE), clock_message(at, speed), retain=True)
            await asyncio.sleep(_TELLS_S)

    async with Bus(premises.access("replay"), on_message=_unheard) as bus:
        await bus.wait_connected()
        cast.began = time.monotonic()
        telling = asyncio.create_task(tell(bus))
        try:
            yield
        finally:
            telling.cancel()


def _unheard(_message: Inbound) -> None:
    """Nothing is subscribed, so nothing comes."""


def _figures(notes: Notes, found: Counts, kills: int) -> list[Figure]:
    trial = f"{HOURS} h of business, {kills} kills"
    used = Counter(name.rpartition("-")[0].replace("till", "pos") for name in found.devices)
    return [
        none(trial, "caps broken, by the decisions on disk", found.broken_on_disk, found.shown),
        none(
            trial,
            "caps broken, by what devices had on them",
            found.broken_on_devices,
            found.drawn,
        ),
        none(trial, "drawn by a device and not counted on disk", found.uncounted, found.drawn),
        none(trial, "contradicting offers before one person", found.conflicts, found.pairs),
        none(trial, "one-time offers given twice", found.twice, found.given),
        none(trial, "budgets and stocks overdrawn", found.overdrawn, found.given),
        some(
            trial,
            "people who were shown an offer",
            found.people,
            PEOPLE,
            PEOPLE // 2 if kills == KILLS else 1,
        ),
        some(
            trial,
            "kinds of screens that showed them one",
            len(used.keys() & SURFACES),
            len(SURFACES),
            len(SURFACES) if kills == KILLS else 1,
        ),
        some(trial, "times a cap took an offer away", found.capped, found.shown),
        some(
            trial,
            "redemptions refused as used or spent",
            found.refused,
            found.given + found.refused,
        ),
        beside(trial, "receipts", f"{notes.receipts:,}"),
        beside(trial, "answers", f"{notes.answers:,}"),
        *(beside(trial, "the first of what is broken", one) for one in found.worst[:1]),
    ]


CAMPAIGN = Campaign(steps=KILLS, run=caps)
