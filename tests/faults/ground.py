"""Where a fault happens: a whole small store with its hub, in a folder of its own."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cloud_sync.errors import SyncError
from edge.domain.errors import NotProvisioned
from edge.lab.bench.bench_store import STORE, BenchPlan, BenchStore, HubAccess, furnish
from edge.lab.bench.catalogue import BenchStock
from edge.lab.local_server import LocalServer, central_ids
from edge.lab.processes import LOOPBACK, Program, free_port
from tests.faults.diary import Diary
from tests.faults.evidence import Judgement, judge, read, waiting
from tests.faults.traffic import CUSTOMERS, DEVICES, PRODUCTS, Traffic
from tests.faults.verdict import Stuck
from tests.patience import patient

DRAIN_WITHIN_S = 90.0
BUSY_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The centre as a process of its own."""

    program: Program
    port: int
    key: str

    async def open(self) -> None:
        """Start it and wait until it answers."""
        await self.program.start()
        await self.program.until(self.answers)

    async def answers(self) -> bool:
        """Whether it takes events now."""
        return await self._server().answers("/healthz")

    async def ids(self) -> list[str]:
        """The ids of all events it keeps, as often as it keeps them."""
        try:
            return await central_ids(self._server())
        except NotProvisioned as away:
            raise SyncError("the hub does not tell its ids") from away

    async def raw_duplicates(self) -> int:
        """How many events came again and were told from the first; none of them is kept twice."""
        try:
            count = (await self._server().get("/v1/stats"))["duplicates"]
        except NotProvisioned:
            return 0
        return count if isinstance(count, int) else 0

    def _server(self) -> LocalServer:
        return LocalServer(port=self.port, key=self.key)


@dataclass(slots=True, kw_only=True)
class Ground:
    """A store on trial and its diary. ``ready_s``: how long each start took until everything answered."""

    premises: BenchStore
    hub: Hub
    seed: int
    diary: Diary = field(default_factory=Diary)
    ready_s: list[float] = field(default_factory=list[float])

    def traffic(self) -> Traffic:
        """The devices' day."""
        return Traffic(self.premises, self.diary, self.seed)

    async def open(self) -> None:
        """Start the service, and note how long it took."""
        self.ready_s.append(await self.premises.open())

    async def busy(self) -> float:
        """Wait until the devices get receipts again: there is load to break something under; seconds waited."""
        began = time.monotonic()
        self.diary.news.clear()
        try:
            async with asyncio.timeout(patient(BUSY_WITHIN_S)):
                await self.diary.news.wait()
        except TimeoutError as error:
            raise Stuck(f"no receipts for {BUSY_WITHIN_S:g} s") from error
        return time.monotonic() - began

    async def settled(self) -> Judgement:
        """Wait until the hub has everything, stop the service, and judge by what is there."""
        due = time.monotonic() + patient(DRAIN_WITHIN_S)
        while await asyncio.to_thread(waiting, self.premises.database):
            if time.monotonic() > due:
                break
            await asyncio.sleep(0.1)
        await self.premises.service.stop()
        disk = await asyncio.to_thread(read, self.premises.database)
        return judge(self.diary, disk, await self.hub.ids())


@asynccontextmanager
async def ground(
    seed: int,
    *,
    under: Path | None = None,
    command: Sequence[str] = (),
    hub_port: int | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncGenerator[Ground]:
    """A furnished store with a running hub; the service is not started.

    Args:
        seed: Of the devices' behaviour.
        under: Folder for the service's data; a temporary one if None.
        command: What runs instead of the service, for the negative controls.
        hub_port: What the service is told instead of the hub's own port: a proxy's.
        environment: Variables for the service.
    """
    async with AsyncExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="storeside-faults-"))
        )
        data = under or folder / "store"
        data.mkdir(mode=0o700, exist_ok=True)
        hub = await _hub(folder, stack)
        plan = BenchPlan(
            folder=data,
            devices=DEVICES,
            stock=BenchStock(products=PRODUCTS, customers=CUSTOMERS),
            shortlist=100,
            hub=HubAccess(port=hub_port or hub.port, key=hub.key),
        )
        premises = await furnish(plan, stack, command, environment)
        yield Ground(premises=premises, hub=hub, seed=seed)


async def _hub(folder: Path, stack: AsyncExitStack) -> Hub:
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
