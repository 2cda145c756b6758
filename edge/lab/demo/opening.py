"""Opens the demo's store: broker, centre and service as processes of their own, filled and answering.

``run`` calls ``open_store`` first; ``replaying`` plays in the store that it returns, and ``closing`` counts
in it.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.app.market_policies import SHIPPED, read_policy
from edge.domain.errors import NotProvisioned
from edge.lab.console_output import DemoOutput
from edge.lab.demo.broker import Broker
from edge.lab.demo.data_folder import DemoFolder
from edge.lab.demo.equipment import CONSOLE, Equipment, provision, write_links
from edge.lab.demo.evidence import arrived
from edge.lab.demo.options import DemoOptions
from edge.lab.demo.seed import DemoSeed, build_seed
from edge.lab.demo.shop import TIME_ZONE, rfc3339
from edge.lab.demo.shoppers import DemoMarket
from edge.lab.local_server import LocalServer
from edge.lab.private_files import Scalar, toml, write_private
from edge.lab.processes import LOOPBACK, KeptProgram, OnRestart, free_port, until
from edge.storage.connection import open_connection
from models.errors import ModelsError
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry

_MARKET = "us"
# A machine under load takes its time over a year's catalogue.
_FILLED_WITHIN_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStore:
    """A store that answers. ``ready_s``: seconds from the start of the service to its first answer."""

    folder: DemoFolder
    seed: DemoSeed
    equipment: Equipment
    broker: Broker
    hub_process: KeptProgram
    service_process: KeptProgram
    hub: LocalServer
    service: LocalServer
    ready_s: float

    @property
    def restarts(self) -> int:
        """How often a process died by itself."""
        parts = (self.broker, self.hub_process, self.service_process)
        return sum(part.restarts for part in parts)


async def open_store(
    options: DemoOptions, folder: DemoFolder, stack: AsyncExitStack, output: DemoOutput
) -> OpenStore:
    """Start everything in order; ``stack`` stops it in the opposite one.

    Raises:
        StoresideError: a part cannot start; the message says which and why.
    """
    # Asked first: that a port is taken should be told before a whole year is read.
    port = free_port(options.port)
    output.step("reading a real grocer's year, up to week 48")
    seed = await asyncio.to_thread(
        _seed, options, bytes.fromhex(folder.write_secret("store.key"))
    )
    equipment = await asyncio.to_thread(_equip, folder, seed.shop.id, port)
    output.step("starting the broker and the centre")
    broker = await stack.enter_async_context(Broker(folder.fleet, _died(output)))
    hub_process, hub = await _start_hub(folder, seed.shop.id, stack, output)
    output.step(
        f"telling the centre of {len(seed.shelves):,} products and {len(seed.people):,} people"
    )
    await _fill_hub(folder, seed, hub.port)
    output.step("starting the store's service")
    await asyncio.to_thread(_write_config, folder, seed, _Ports(broker.port, hub.port, port))
    # From here, so that the seconds until ready are the service's alone.
    began = time.monotonic()
    service = LocalServer(port=port, key=equipment.passwords[CONSOLE])
    service_process = await stack.enter_async_context(
        KeptProgram(
            "service",
            ("-m", "edge", "run", "--config", str(folder.config)),
            log=folder.path / "service.log",
            answers=lambda: service.answers("/readyz"),
            on_restart=_died(output),
        )
    )
    ready_s = time.monotonic() - began
    # Ready is not filled: the centre's data comes down beside.
    await _filled(folder, seed)
    return OpenStore(
        folder=folder,
        seed=seed,
        equipment=equipment,
        broker=broker,
        hub_process=hub_process,
        service_process=service_process,
        hub=hub,
        service=service,
        ready_s=round(ready_s, 2),
    )


@dataclass(frozen=True, slots=True)
class _Ports:
    broker: int
    hub: int
    service: int


def _seed(options: DemoOptions, store_key: bytes) -> DemoSeed:
    policy = read_policy(SHIPPED / f"{_MARKET}.yaml")
    # The smallest, for a policy's notices have no order.
    market = DemoMarket(name=policy.market, notice_id=min(policy.notice_ids))
    return build_seed(
        options.source,
        options.store,
        store_key=store_key,
        market=market,
        now=datetime.now(UTC),
    )


def _equip(folder: DemoFolder, store: str, port: int) -> Equipment:
    """An empty database, and accounts for all devices; the console's password is the store's admin key."""
    with closing(open_connection(folder.database)):
        folder.database.chmod(0o600)
    equipment = provision(folder, store)
    folder.write_secret("ticket.key")
    folder.write_secret("admin.key", equipment.passwords[CONSOLE])
    write_links(folder, equipment.links(port))
    return equipment


async def _start_hub(
    folder: DemoFolder, store: str, stack: AsyncExitStack, output: DemoOutput
) -> tuple[KeptProgram, LocalServer]:
    """The centre, and how the store reaches it."""
    port = free_port()
    key = folder.write_secret("hub.key")
    settings: dict[str, Scalar | dict[str, Scalar]] = {
        "host": LOOPBACK,
        "port": port,
        "data_dir": folder.path / "hub",
        "central_key": folder.write_secret("central.key"),
        "store_keys": {store: key},
    }
    (folder.path / "hub").mkdir(mode=0o700)
    write_private(folder.hub_config, toml(settings))
    centre = LocalServer(port=port, key=key)
    process = await stack.enter_async_context(
        KeptProgram(
            "hub",
            ("-m", "cloud_sync.hub", "--config", str(folder.hub_config)),
            log=folder.path / "hub.log",
            answers=lambda: centre.answers("/healthz"),
            on_restart=_died(output),
        )
    )
    return process, centre


async def _fill_hub(folder: DemoFolder, seed: DemoSeed, port: int) -> None:
    key = (folder.secrets / "central.key").read_text(encoding="utf-8")
    lines = await asyncio.to_thread(lambda: list(seed.changes()))
    await LocalServer(port=port, key=key).post_lines("/v1/changes", lines)


def _write_config(folder: DemoFolder, seed: DemoSeed, ports: _Ports) -> None:
    """The service's settings, as for a real store but for its clock."""
    settings: dict[str, Scalar | dict[str, Scalar]] = {
        "data_dir": folder.path,
        "store": {
            "id": seed.shop.id,
            "name": seed.shop.title,
            "market": seed.market.name,
            "time_zone": TIME_ZONE.key,
        },
        "http": {"host": LOOPBACK, "port": ports.service},
        "mqtt": {"host": LOOPBACK, "port": ports.broker},
        "hub": {
            "url": f"http://{LOOPBACK}:{ports.hub}",
            "key_file": folder.secrets / "hub.key",
        },
        # Without a shipped model the plain fallback answers, or the service would not start.
        "model": {"fallback": not _shelve_model(folder)},
        "clock": {"source": "replay", "start": rfc3339(seed.starts_at)},
    }
    write_private(folder.config, toml(settings))


def _shelve_model(folder: DemoFolder) -> bool:
    """Put the shipped model in use; False if none is there, and the fallback answers."""
    if not SHIPPED_BUNDLE.is_dir():
        return False
    try:
        BundleRegistry(folder.path / "models").activate(SHIPPED_BUNDLE)
    except ModelsError as refused:
        raise NotProvisioned(
            f"the shipped model cannot be used: {refused}",
            hint="train one: storeside models train --data completejourney --out DIR",
        ) from refused
    return True


async def _filled(folder: DemoFolder, seed: DemoSeed) -> None:
    """Wait until all that the centre has is in the store."""
    wanted = {
        "customers": len(seed.shop.households()),
        "products": len(seed.shelves),
        "campaigns": len(seed.campaigns),
        "offers": len(seed.offers),
        "promotions": len(seed.promotions()),
    }

    def filled() -> bool:
        there = arrived(folder.database)
        return all(there[name] >= number for name, number in wanted.items())

    if not await until(filled, _FILLED_WITHIN_S):
        raise NotProvisioned(
            f"the centre's data does not come down: {arrived(folder.database)} of {wanted}",
            hint=f"see {folder.path / 'service.log'}",
        )


def _died(output: DemoOutput) -> OnRestart:
    return lambda name, words: output.warn(f"the {name} died ({words}); it is started again")
