"""The running service: what is opened, which parts run for ever, and in which order they start and stop.

The command ``storeside run`` calls `run`; the parts come from `Bootstrap`, the supervisor keeps them running.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Protocol, cast

from sdnotify import SystemdNotifier  # pyright: ignore[reportMissingTypeStubs] - it ships none

from cloud_sync import outbox
from devices.errors import BusUnavailable
from edge.api.server import serve
from edge.app.bootstrap import VERSION, Bootstrap
from edge.app.provisioning import check_address
from edge.app.settings import Settings
from edge.pipeline.jobs import Jobs
from edge.pipeline.runtime import Runtime
from edge.pipeline.supervisor import Part, Supervisor

# The unit allows 30 s (WatchdogSec): a few tellings may fail.
_WATCHDOG_S = 5.0
_BROKER_WITHIN_S = 3.0
_SHED_S = 30.0
# With so much waiting for the disk the service is stuck, whatever else runs.
_STUCK = 50_000


async def run(settings: Settings, *, ready: Callable[[Mapping[str, object]], None]) -> None:
    """Run the service until cancelled.

    Args:
        settings: What to run.
        ready: Told once everything answers: where, under which process id.

    Raises:
        StoresideError: something is missing, or the disk failed; the process must end.
    """
    # Before anything is opened: nothing may listen in the clear, not even for a moment.
    check_address(settings)
    async with AsyncExitStack() as stack:
        bootstrap = Bootstrap(settings)
        runtime = await bootstrap.open(stack)
        jobs = bootstrap.jobs(runtime)
        supervisor = Supervisor(_parts(runtime, jobs, bootstrap))
        site = bootstrap.site(runtime, supervisor)
        port = await stack.enter_async_context(
            serve(site, settings.http.host, settings.http.port)
        )
        with suppress(BusUnavailable):  # a store whose broker is away opens all the same
            await runtime.devices.bus.wait_connected(_BROKER_WITHIN_S)
        facts = {
            "http": port,
            "host": settings.http.host,
            "pid": os.getpid(),
            "version": VERSION,
        }
        # The doctor and device commands find the service by it, whatever port it was given.
        (settings.data_dir / "run.json").write_text(json.dumps(facts), encoding="utf-8")
        ready(facts)
        _notify("READY=1")
        await supervisor.run()


def _parts(runtime: Runtime, jobs: Jobs, bootstrap: Bootstrap) -> dict[str, Part]:
    """Everything that runs for ever, by name."""
    pipeline = runtime.pipeline
    parts: dict[str, Part] = {
        "intake": pipeline.intake.run,
        **jobs.by_name(),
        "shelves": pipeline.catalogue_refresh.follow,
        "triggers": pipeline.trigger_scheduler.run,
        "creatives": pipeline.catalogue_refresh.learn_creatives,
        "ages": bootstrap.central_sync.note_contact,
        "outbox": lambda: _bound_outbox(runtime, bootstrap.settings),
        "watchdog": lambda: _watch(runtime),
    }
    if runtime.uplink is not None and runtime.downlink is not None:
        # Events leave when they are on disk, not at the next look of the uplink.
        pipeline.executor.on_disk = runtime.uplink.nudge
        parts |= {"uplink": runtime.uplink.run, "downlink": runtime.downlink.run}
    return parts


async def _watch(runtime: Runtime) -> None:
    """Tell the service manager that we live, while loop and disk are well.

    A broker that is away is no reason to start anew: the bus comes back by itself, and readiness says so.
    """
    while True:
        if runtime.database.backlog < _STUCK:
            _notify("WATCHDOG=1")
        await asyncio.sleep(_WATCHDOG_S)


async def _bound_outbox(runtime: Runtime, settings: Settings) -> None:
    """Keep the outbox within its limits: oldest impressions go first, and every drop is counted."""
    limits = settings.limits
    bound = partial(
        outbox.shed, limit_events=limits.outbox_events, limit_bytes=limits.outbox_mb * 2**20
    )
    while True:
        await asyncio.sleep(_SHED_S)
        # Essential: it makes room, also on a disk that has none.
        await runtime.database.write(bound, essential=True)


def _notify(word: str) -> None:
    """Tell the service manager, where there is one."""
    if "NOTIFY_SOCKET" in os.environ:
        cast(_Notifier, SystemdNotifier()).notify(word)


class _Notifier(Protocol):
    """The notifier, as far as it is used here; the library has no types."""

    def notify(self, state: str) -> None:
        """Say ``state`` to the service manager."""
        ...
