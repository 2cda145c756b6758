"""A shop of invented goods from its first day to the morning after its first night, with its service running."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from devices.messages import Ask
from edge.app.bootstrap import Bootstrap
from edge.app.night_learning import NightOutcome, NightPlan, learn_tonight
from edge.app.store_key import store_key
from edge.app.till_sales import till_sales
from edge.pipeline.runtime import Runtime
from edge.state.replay import replay
from edge.storage.decisions import decisions
from models.items import item_key
from models.serving.local_fallback import LocalFallback
from models.serving.registry import STARTER_BUNDLE
from tests.edge.app.test_bootstrap import folder, opened
from tests.edge.corner_shop import SKUS, CornerShop, sku

__all__ = ["folder"]


class Till:
    device = "till-1"
    device_class = "pos"


async def test_a_running_shop_learns_and_decides_by_what_it_learnt(folder: Path) -> None:
    corner = CornerShop(folder)
    corner.open()
    corner.sell()
    async with opened(folder) as (store, runtime):
        # From the first hour: nobody has made a model, and the screen is not empty.
        assert (await decided(runtime)) == (LocalFallback.label, True)
        first = await asyncio.to_thread(a_night, store, runtime)
        assert first.verdict == "activated"
        await store.jobs(
            runtime
        ).commands.reload_model()  # what the bell of `models learn` does
        assert (await decided(runtime)) == (f"s1@{first.label.partition('@')[2]}", True)
        assert runtime.state.decider.coverage == 1.0
        named = runtime.database.read(decisions.models_named)
        assert named == {LocalFallback.digest, first.digest}
        # Nights later the bundle of a stored decision is still there, and it comes out the same.
        for _ in range(3):
            corner.book([(corner.today, 12, None, [1, 2, 3])])
            await asyncio.to_thread(a_night, store, runtime)
        assert first.digest in {one.digest for one in store.bundles.list()}
        again = replay(store.settings.database, store.bundles)
        assert again.replayed == again.identical == 2


async def decided(runtime: Runtime) -> tuple[str, bool]:
    """Which model a till's question was answered by, and whether something of the shop's was shown."""
    requests = runtime.pipeline.decision_requests
    answer = await requests.answer(Till(), Ask(placement="till-addon"))  # type: ignore[arg-type]  # a plain name
    own = {item_key(sku(n)) for n in range(SKUS)}
    shown = {item_key(item.item_id) for item in answer.items}
    return runtime.state.decider.answering.label, bool(shown) and shown <= own


def a_night(store: Bootstrap, runtime: Runtime) -> NightOutcome:
    """What ``storeside models learn`` does, beside the service."""
    sales = runtime.database.read(lambda conn: till_sales(conn, datetime.now(UTC)))
    plan = NightPlan(
        shelf=store.bundles,
        starter=STARTER_BUNDLE,
        name=store.settings.store.id,
        key=store_key(store.settings),
        named=runtime.database.read(decisions.models_named),
    )
    return learn_tonight(sales, plan, lambda _stage, _part: None)
