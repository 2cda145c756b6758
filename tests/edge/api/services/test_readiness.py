"""Each part that a store needs, taken away once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from edge.api.services.readiness import ReadinessChecks
from edge.domain.clock import SystemClock
from edge.pipeline.supervisor import Part, Supervisor
from edge.storage.database import Database
from tests.edge.api.services.shop import Shop
from tests.edge.builders import NOW


def ready(shop: Shop, **parts: Part) -> ReadinessChecks:
    return ReadinessChecks(shop.runtime, Supervisor(parts))


async def test_a_whole_shop_is_ready(shop: Shop) -> None:
    checks = ready(shop).checks()
    assert set(checks) == {"database", "broker", "model", "policy", "parts", "clock"}
    assert all(checks.values())


async def test_a_line_that_is_cut_is_not_ready(shop: Shop) -> None:
    shop.ears.connected = False
    assert [name for name, ok in ready(shop).checks().items() if not ok] == ["broker"]


async def test_a_part_that_does_not_run_is_not_ready(shop: Shop) -> None:
    async def idle() -> None: ...

    assert not ready(shop, idle=idle).checks()["parts"]


async def test_a_clock_that_leapt_is_said_until_it_is_back(shop: Shop) -> None:
    wrong = [timedelta()]
    clock = SystemClock(wall=lambda: NOW + wrong[0], steady=lambda: 0.0)
    checks = ReadinessChecks(replace(shop.runtime, clock=clock), Supervisor({})).checks
    for days, believed in ((0, True), (365, False), (-365, False), (0, True)):
        wrong[0] = timedelta(days=days)
        assert checks()["clock"] == believed


async def test_a_database_that_cannot_be_read_is_not_ready(shop: Shop, tmp_path: Path) -> None:
    async with Database(tmp_path / "other.db") as other:
        runtime = replace(shop.runtime, database=other)
    assert not ReadinessChecks(runtime, Supervisor({})).checks()["database"]


async def test_a_catalogue_that_is_missing_is_not_ready(shop: Shop) -> None:
    shop.runtime.state.catalogue.in_force = None
    assert not ready(shop).checks()["model"]
