"""A store on trial: its own folder, broker, accounts and service, on free ports of this machine.

The benchmark's ``suite`` and the fault and trust trials furnish one, start it as often as they like, and
break it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from devices.accounts import NewDevice
from devices.broker import BrokerChild
from devices.fleet import Fleet
from devices.line import BrokerLogin
from edge.domain.errors import NotProvisioned
from edge.lab.bench.catalogue import MARKET, TIME_ZONE, BenchProducts, BenchStock, fill, goods
from edge.lab.local_server import LocalServer
from edge.lab.private_files import Scalar, toml
from edge.lab.processes import LOOPBACK, Program, free_port
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry

STORE = "trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAccess:
    """Where the centre is, and the key by which it knows the store."""

    port: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """What a trial needs. ``shortlist``: candidates scored a decision."""

    folder: Path
    devices: Sequence[NewDevice]
    stock: BenchStock = field(default_factory=BenchStock)
    shortlist: int = 500
    hub: HubAccess | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchStore:
    """A furnished store. ``service`` is not started yet; the broker runs."""

    folder: Path
    config: Path
    http_port: int
    broker: BrokerChild
    passwords: Mapping[str, str]
    sold: BenchProducts
    service: Program

    @property
    def database(self) -> Path:
        """The store's one file."""
        return self.folder / "storeside.db"

    def access(self, device: str) -> BrokerLogin:
        """How a device reaches the broker."""
        return BrokerLogin(
            host=LOOPBACK,
            port=self.broker.port,
            username=device,
            password=self.passwords[device],
        )

    async def ready(self) -> bool:
        """Whether the service has all its parts together."""
        return await LocalServer(port=self.http_port).answers("/readyz")

    async def open(self) -> float:
        """Start the service; seconds until it was ready."""
        began = time.monotonic()
        await self.service.start()
        await self.service.until(self.ready)
        return time.monotonic() - began


async def furnish(
    plan: BenchPlan,
    stack: AsyncExitStack,
    command: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> BenchStore:
    """Make everything but the running service; ``stack`` takes it down.

    Args:
        plan: What is wanted.
        stack: Whatever was started is stopped with it.
        command: What runs the service instead of ``-m edge``, for a trial of the trial itself.
        environment: Variables for the service.
    """
    folder = plan.folder
    fleet = Fleet(folder / "fleet", STORE)
    passwords = {one.username: one.password for one in fleet.enrol(plan.devices)}
    # Before the settings, which name the broker's port.
    broker = await stack.enter_async_context(BrokerChild(folder / "fleet"))
    http_port, config = free_port(), folder / "storeside.toml"
    config.write_text(_settings(plan, broker.port, http_port), encoding="utf-8")
    await _init(config, folder)
    bundle = SHIPPED_BUNDLE if (SHIPPED_BUNDLE / "manifest.json").is_file() else None
    if bundle is not None:
        # Its goods are the model's own; a store is given no model by ``init``.
        BundleRegistry(folder / "models").activate(bundle)
    sold = goods(plan.stock.products, bundle)
    # The codes of the customers' cards hang on the key that ``init`` has just made.
    store_key = bytes.fromhex((folder / "secrets" / "store.key").read_text(encoding="ascii"))
    # Before the start, as a store that has heard from its centre would find it.
    await asyncio.to_thread(fill, folder / "storeside.db", store_key, sold, plan.stock)
    service = Program(
        [*(command or ("-m", "edge")), "run", "--config", str(config)],
        log=folder / "service.log",
        environment=environment,
    )
    stack.push_async_callback(service.stop)
    return BenchStore(
        folder=folder,
        config=config,
        http_port=http_port,
        broker=broker,
        passwords=passwords,
        sold=sold,
        service=service,
    )


async def _init(config: Path, folder: Path) -> None:
    """What ``storeside init`` does; the accounts that are there stay."""
    log = folder / "init.log"
    program = Program(["-m", "edge", "init", "--config", str(config)], log=log)
    await program.start()
    if await program.ended():
        raise NotProvisioned(f"storeside init failed: {program.last_words()}")


def _settings(plan: BenchPlan, broker_port: int, http_port: int) -> str:
    """The service's settings."""
    table: dict[str, Scalar | dict[str, Scalar]] = {
        "data_dir": plan.folder,
        "log_level": "warning",
        "store": {"id": STORE, "market": MARKET, "time_zone": TIME_ZONE},
        "http": {"port": http_port},
        "mqtt": {"port": broker_port},
        # A build without a bundle can be measured, too.
        "model": {"fallback": True},
        # Held-out people get no offer: a delay without one would flatter the figures.
        "decision": {"shortlist": plan.shortlist, "holdout_pct": 0},
    }
    if plan.hub is not None:
        key_file = plan.folder / "hub.key"
        key_file.write_text(plan.hub.key, encoding="ascii")
        table["hub"] = {"url": f"http://{LOOPBACK}:{plan.hub.port}", "key_file": key_file}
    return toml(table)
