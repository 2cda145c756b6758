"""The centre takes a bundle back: hub, line, store and running service, each the real one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud_sync.hub.server import open_hub
from edge.app.bootstrap import Bootstrap
from edge.pipeline.runtime import Runtime
from edge.storage.operations import withdrawn_models
from models.serving.local_fallback import LocalFallback
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry
from tests.cloud_sync.running import STORE_KEY, hub_settings, running
from tests.cloud_sync.test_sync_whole import publish
from tests.edge.app.test_bootstrap import folder, opened, settings
from tests.models.bad_bundles import resealed
from tests.models.keys import trusting
from tests.patience import patient, until

__all__ = ["folder"]


@pytest.fixture
def shelf(folder: Path, tmp_path: Path) -> BundleRegistry:
    """What ships, and above it a later one."""
    found = BundleRegistry(settings(folder).bundles, trusting(folder))
    found.activate(SHIPPED_BUNDLE)
    later = Path(shutil.copytree(SHIPPED_BUNDLE, tmp_path / "later"))
    resealed(later, seed=77)
    found.activate(later)
    return found


@asynccontextmanager
async def following(store: Bootstrap, runtime: Runtime) -> AsyncIterator[None]:
    """The line down, and the job that hears what it brings: as the service runs both."""
    assert runtime.downlink is not None
    bells = store.jobs(runtime).commands.follow()
    async with asyncio.timeout(patient(20)), running(runtime.downlink.run()), running(bells):
        yield


def withdrawal(digest: str, op: str = "upsert") -> str:
    return f'{{"stream":"withdrawals","key":"{digest}","op":"{op}","body":{{}}}}'


async def test_what_the_centre_withdraws_is_gone_from_the_running_service_and_stays_gone(
    folder: Path, shelf: BundleRegistry, tmp_path: Path
) -> None:
    key = tmp_path / "hub.key"
    key.write_text(STORE_KEY)
    second = shelf.open_active().digest
    async with open_hub(hub_settings(tmp_path)) as port:
        hub = {"url": f"http://127.0.0.1:{port}", "key_file": key}
        async with opened(folder, hub=hub) as (store, runtime), following(store, runtime):
            decider = runtime.state.decider
            assert decider.ranker.digest == second
            await publish(port, withdrawal(second))
            await until(lambda: decider.ranker.digest != second)
            first = decider.ranker.digest
            assert first == shelf.open_active().digest
            # What is no digest harms nothing, and what comes after it is heard.
            await publish(port, withdrawal("grocer"), withdrawal(first))
            await until(lambda: decider.ranker.label == LocalFallback.label)
            # A withdrawal is never taken back.
            await publish(port, withdrawal(first, op="delete"), withdrawal("c" * 64))
            await until(lambda: "c" * 64 in runtime.database.read(withdrawn_models.every))
            assert first in runtime.database.read(withdrawn_models.every)
            assert shelf.active() is None
        async with opened(folder, hub=hub) as (_, runtime):
            assert runtime.state.decider.ranker.label == LocalFallback.label
