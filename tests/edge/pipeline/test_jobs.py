from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from devices.messages import Context, encode
from edge.domain.catalogue import Catalogue
from edge.domain.consent import ConsentState
from edge.domain.currency import US_DOLLAR
from edge.domain.ids import ItemKey
from edge.domain.visit import EndReason
from edge.pipeline import jobs as upkeep_module
from edge.pipeline.jobs import CommandJobs, HousekeepingJobs, Jobs, ScreenJobs, StoreContextJob
from edge.pipeline.service_about import ServiceAboutJob
from edge.storage import erasure, retention
from edge.storage.connection import open_connection, transaction
from edge.storage.operations import box_facts, command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from edge.storage.people import consents
from edge.storage.visits import processed_events
from tests.edge.builders import (
    ANN,
    DISPLAY,
    KIOSK,
    NOW,
    STORE,
    TABLET,
    catalogue,
    later,
    product,
    said,
)
from tests.edge.shop import CARD, Shop, know, open_shop
from tests.patience import patient, until

IDLE = timedelta(minutes=20)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day's rhythm in milliseconds."""
    for name in ("IDLE_LOOK", "BOARDS", "CONTEXT_LOOK", "COMMANDS", "RETENTION", "FLEET"):
        monkeypatch.setattr(upkeep_module, f"_{name}_S", 0.005)


class Calls:
    """Counts what upkeep asks others to do."""

    def __init__(self) -> None:
        self.shelves = self.models = 0
        self.devices = frozenset({KIOSK, DISPLAY, TABLET})
        self.fails = False

    async def reload_shelves(self) -> None:
        self.shelves += 1
        if self.fails:
            self.fails = False
            raise LookupError("on purpose")

    async def reload_model(self) -> None:
        self.models += 1


def keep(shop: Shop, calls: Calls | None = None) -> Jobs:
    calls = calls or Calls()
    return Jobs(
        screens=ScreenJobs(
            idle=IDLE,
            presence=shop.presence,
            executor=shop.executor,
            takedown=shop.takedown,
            device_registry=shop.device_registry,
            clock=shop.clock,
        ),
        context=StoreContextJob(
            store=STORE,
            site=shop.state.site,
            catalogue=shop.catalogue,
            learning=shop.pipeline.learning,
            bus=shop.ears,
            clock=shop.clock,
        ),
        about=ServiceAboutJob(
            store=STORE,
            contract="1.0.0",
            market=shop.composer.gate.policy,
            currency=US_DOLLAR,
            locale="en-US",
            catalogue=shop.catalogue,
            bus=shop.ears,
        ),
        commands=CommandJobs(
            database=shop.database,
            directory=shop.state.directory,
            people=shop.people,
            takedown=shop.takedown,
            reload_catalogue=calls.reload_shelves,
            reload_model=calls.reload_model,
        ),
        housekeeping=HousekeepingJobs(
            retention_days={"seen": 31},
            directory=shop.state.directory,
            device_registry=shop.device_registry,
            accounts=lambda: calls.devices,
            database=shop.database,
            clock=shop.clock,
        ),
    )


@asynccontextmanager
async def running(*parts: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(part()) for part in parts]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks)


def ring(
    file: Path, what: CommandNotification, key: str = "", *, withdraw: bool = False
) -> None:
    """What a command does: the change and its bell in one transaction."""
    conn = open_connection(file)
    with transaction(conn):
        if withdraw:
            consents.append(conn, [said(state=ConsentState.WITHDRAWN, at=NOW)])
        if what is CommandNotification.ERASED:
            erasure.forget(conn, ANN, NOW)
        command_notifications.notify(conn, what, key)
    conn.close()


async def test_a_visit_nobody_hears_of_ends_and_its_screens_are_cleared(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        async with running(keep(shop).screens.end_idle_visits):
            await asyncio.sleep(0.02)
            assert len(shop.presence.visits) == 1
            shop.clock.pass_by(IDLE.total_seconds() + 1)
            await until(lambda: shop.presence.visits == ())
        assert shop.cleared() == {KIOSK, TABLET}
        await until(lambda: shop.rows("SELECT ended FROM visits") == [(EndReason.IDLE.value,)])


async def test_a_visit_heard_of_in_the_meantime_goes_on(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.till("open", 1)
        await shop.sign_in()
        shop.clock.pass_by(IDLE.total_seconds() + 1)
        with shop.disk.held():
            async with running(keep(shop).screens.end_idle_visits):
                await until(lambda: len(shop.presence.visits) == 1)
                late = asyncio.ensure_future(shop.sign_in())
                await asyncio.sleep(0)
        assert (await late).accepted
        assert [v.token for v in shop.presence.visits] == [ANN]


async def test_boards_are_decided_anew_for_their_zone(file: Path) -> None:
    async with open_shop(file) as shop, running(keep(shop).screens.refresh_boards):
        await until(lambda: len(shop.shown(DISPLAY)) >= 2)
        first, second, *_ = shop.stored()
        assert first.id != second.id
        assert {d.placement for d in shop.stored()} == {"display-zone"}


async def test_without_a_board_nothing_is_decided(file: Path) -> None:
    async with open_shop(file, up=(KIOSK,)) as shop, running(keep(shop).screens.refresh_boards):
        await asyncio.sleep(0.03)
        assert shop.stored() == []


def contexts(shop: Shop) -> list[Context]:
    return [
        Context.model_validate_json(encode(Context.model_validate(one.body, strict=False)))
        for one in shop.ears.on("context")
    ]


async def test_the_context_tells_the_daypart_and_what_sells_to_everybody(file: Path) -> None:
    async with open_shop(file, sold=of_drinks()) as shop, running(keep(shop).context.publish):
        await until(lambda: bool(shop.ears.on("context")))
        sent = shop.ears.on("context")[0]
        assert (sent.topic, sent.retain, sent.expiry_s) == (
            f"storeside/1/{STORE}/context",
            True,
            120,
        )
        (context,) = contexts(shop)
        assert context.daypart == "afternoon"
        # The second sells as well and is nobody's business.
        assert [t.item_id for t in context.trending] == ["1", "3"]


def of_drinks() -> Catalogue:
    return catalogue([product(1), product(2, "wine"), product(3)], (), ["wine"])


async def test_the_context_is_told_anew_when_something_has_run_out_or_it_is_old(
    file: Path,
) -> None:
    async with open_shop(file, sold=of_drinks()) as shop, running(keep(shop).context.publish):
        await until(lambda: len(contexts(shop)) == 1)
        await asyncio.sleep(0.03)
        assert len(contexts(shop)) == 1
        shop.catalogue.out_of_stock = (ItemKey(1),)
        await until(lambda: len(contexts(shop)) == 2)
        assert [t.item_id for t in contexts(shop)[1].trending] == ["3"]
        shop.clock.pass_by(30)
        await until(lambda: len(contexts(shop)) == 3)


async def test_a_withdrawal_by_command_is_heard_at_once_and_its_bell_does_not_stay(
    file: Path,
) -> None:
    know(file)
    async with open_shop(file) as shop, running(keep(shop).commands.follow):
        await shop.sign_in()
        ring(file, CommandNotification.PERSON, ANN, withdraw=True)
        await until(lambda: shop.cleared() == {KIOSK, TABLET})
        await until(lambda: shop.rows("SELECT count(*) FROM bells") == [(0,)])
        assert shop.presence.of_person(ANN) is None


async def test_an_erasure_by_command_leaves_no_byte_of_the_person(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        jobs = keep(shop)
        async with running(jobs.commands.follow, jobs.commands.shred_log):
            await shop.sign_in()
            await shop.till("open", 1, card=CARD)
            ring(file, CommandNotification.ERASED, ANN)
            await until(lambda: shop.cleared() >= {KIOSK, TABLET})
            await until(lambda: shop.rows("SELECT count(*) FROM bells") == [(0,)])
            await until(lambda: ANN.encode() not in bytes_of(file))
        assert shop.people.find(ANN, NOW) is None


def bytes_of(file: Path) -> bytes:
    return b"".join(f.read_bytes() for f in file.parent.glob(f"{file.name}*"))


async def test_bells_rung_while_the_service_was_down_do_not_keep_a_name(file: Path) -> None:
    ring(file, CommandNotification.PERSON, ANN)
    async with open_shop(file) as shop, running(keep(shop).commands.follow):
        await until(lambda: shop.rows("SELECT count(*) FROM bells") == [(0,)])


async def test_shelves_and_models_are_read_anew_when_a_command_says_so(file: Path) -> None:
    calls = Calls()
    async with open_shop(file) as shop, running(keep(shop, calls).commands.follow):
        ring(file, CommandNotification.SHELVES)
        ring(file, CommandNotification.MODEL)
        await until(lambda: (calls.shelves, calls.models) == (1, 1))


async def test_a_part_that_failed_and_was_started_again_misses_no_bell(file: Path) -> None:
    know(file)
    calls = Calls()
    async with open_shop(file) as shop:
        await shop.sign_in()
        jobs, calls.fails = keep(shop, calls), True
        ring(file, CommandNotification.SHELVES)
        ring(file, CommandNotification.PERSON, ANN, withdraw=True)
        with pytest.raises(LookupError):
            await jobs.commands.follow()
        async with running(jobs.commands.follow):
            await until(lambda: shop.presence.of_person(ANN) is None)


async def test_a_revoked_device_is_forgotten(file: Path) -> None:
    calls = Calls()
    async with open_shop(file) as shop, running(keep(shop, calls).housekeeping.watch_fleet):
        await until(lambda: len(shop.device_registry.all) == 3)
        calls.devices = frozenset({KIOSK})
        await until(lambda: len(shop.device_registry.all) == 1)
        assert {one.device for one in shop.ears.sent if one.retain} >= {DISPLAY, TABLET}


async def test_what_is_past_its_days_goes_in_as_many_steps_as_it_takes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_shop(file) as shop:
        old = later(days=-40)

        def fill(conn: object) -> None:
            for n in range(12):
                processed_events.take(conn, "s", f"old-{n}", old)  # type: ignore[arg-type]  # the writer's connection
            processed_events.take(conn, "s", "new", NOW)  # type: ignore[arg-type]

        await shop.database.write(fill)
        await shop.database.write(lambda conn: box_facts.put(conn, "swept-at", NOW.isoformat()))
        sweep = retention.sweep
        monkeypatch.setattr(
            retention,
            "sweep",
            lambda conn, now, days: sweep(conn, now, days, limit=5),
        )
        async with running(keep(shop).housekeeping.sweep_retention):
            await until(lambda: shop.rows("SELECT id FROM seen") == [("new",)])


async def test_beacons_are_made_before_they_are_heard(file: Path) -> None:
    async with open_shop(file) as shop:
        jobs = keep(shop)
        async with running(jobs.housekeeping.warm_beacons):
            await asyncio.sleep(patient(0.1))
        assert shop.state.directory.warm(NOW)


async def test_a_visit_that_ended_while_another_was_being_ended_is_not_ended_twice(
    file: Path,
) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in("999999999")
        await shop.till("open", 1, card=CARD)
        shop.clock.pass_by(IDLE.total_seconds() + 1)
        with shop.disk.held():
            async with running(keep(shop).screens.end_idle_visits):
                await until(lambda: len(shop.presence.visits) == 1)
                paid = asyncio.ensure_future(shop.till("complete"))
                await until(lambda: shop.presence.visits == ())
                shop.disk.release()
                assert (await paid).accepted
                await asyncio.sleep(0.05)
        ends = shop.rows("SELECT ended FROM visits ORDER BY seq")
        assert ends == [("idle",), ("paid",)]


async def test_shredding_goes_on_until_nobody_reads(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        jobs = keep(shop)
        results = iter([False, True])
        tries = list[bool]()

        async def checkpoint() -> bool:
            tries.append(next(results))
            return tries[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(shop.database, "checkpoint", checkpoint)
            async with running(jobs.commands.shred_log):
                jobs.commands.erased(ANN)
                await until(lambda: tries == [False, True])
