from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_sync.downlink import Downlink, DownlinkTiming, StreamChange
from cloud_sync.errors import CentralAway
from cloud_sync.retry_delay import RetryDelay
from cloud_sync.uplink import Uplink, UplinkTiming
from devices.device_classes import DeviceClass
from devices.errors import Refusal
from devices.messages import About, DeviceState, encode
from devices.topics import Leaf, Topic
from edge.api.services import overview
from edge.api.services.overview import StoreOverview
from edge.api.views.overview import Overview
from edge.domain.clock import ReplayClock
from edge.domain.complement import ComplementOutcome, MethodComparison
from edge.domain.consent import Purpose
from tests.cloud_sync.fakes import ListSource, RecordingSink
from tests.cloud_sync.running import running
from tests.edge.api.services.goods import ANN, NOW
from tests.edge.api.services.shop import KIOSK, Shop
from tests.patience import until

QUICK = RetryDelay(first_s=0.001, longest_s=0.01)


@pytest.fixture(autouse=True)
def _always_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overview, "_FRESH_S", 0.0)


def overview_of(shop: Shop, links: Path = Path("none.json")) -> StoreOverview:
    return StoreOverview(shop.runtime, links)


def says(shop: Shop, leaf: Leaf, payload: bytes) -> None:
    topic = Topic(store="store-1", device_class=DeviceClass.KIOSK, device=KIOSK, leaf=leaf)
    shop.runtime.devices.device_registry.heard(topic, payload, shop.clock.now())


async def test_the_store_is_named_with_its_time(shop: Shop) -> None:
    store = overview_of(shop).now().store
    assert (store.id, store.name, store.market) == ("store-1", "Maple Street", "US")
    assert (store.clock, store.speed, store.demo) == (NOW, 1.0, False)
    assert store.timezone == shop.runtime.facts.time_zone


async def test_a_demo_shows_the_replayed_time_and_its_pace(shop: Shop) -> None:
    start = NOW - timedelta(days=3_000)
    demo = replace(shop.runtime.facts, demo=True)
    runtime = replace(shop.runtime, clock=ReplayClock(start, speed=30.0), facts=demo)
    store = StoreOverview(runtime, Path("none")).now().store
    assert store.speed == 30.0
    assert store.demo
    assert store.clock < NOW - timedelta(days=2_999)


async def test_what_happened_is_counted(shop: Shop) -> None:
    await shop.visit()
    counters = shop.runtime.state.counters
    counters.facts.update({"Visit Started": 2, "Play Completed": 3, "Play Interrupted": 1})
    counters.counts.update({"signals": 9, "answers": 4, "receipts": 8})
    counts = overview_of(shop).now().counts
    assert (counts.decisions, counts.personal, counts.shows) == (2, 2, 1)
    assert (counts.visits, counts.plays, counts.signals) == (2, 4, 9)
    assert (counts.answers, counts.receipts) == (4, 8)


async def test_refusals_go_by_the_reasons_of_the_wire(shop: Shop) -> None:
    shop.runtime.pipeline.intake.refused(Refusal.STALE)
    now = overview_of(shop).now()
    assert now.refusals == {Refusal.STALE: 1}
    assert now.counts.refused == 1


async def test_a_latency_is_unknown_before_the_first(shop: Shop) -> None:
    at_a_glance = overview_of(shop)
    assert at_a_glance.now().latency_ms.decision.p99 is None
    await shop.visit()
    found = at_a_glance.now().latency_ms.decision
    assert found.p50 is not None
    assert found.p50 > 0


async def test_the_hit_rate_comes_with_its_baseline(shop: Shop) -> None:
    at_a_glance = overview_of(shop)
    assert at_a_glance.now().hit_rate_at_10.value is None
    ten = MethodComparison(frozenset({1, 2}), frozenset({3}), frozenset[int]())
    shop.runtime.state.counters.hit_rate.add(ten, [2])
    shop.runtime.state.counters.hit_rate.add(ten, [3])
    rate = at_a_glance.now().hit_rate_at_10
    assert (rate.value, rate.baseline, rate.popular, rate.visits) == (0.5, 0.5, 0.0, 2)


async def test_the_complement_rate_says_how_many_baskets_were_of_somebody_known(
    shop: Shop,
) -> None:
    at_a_glance = overview_of(shop)
    assert at_a_glance.now().complement_rate.value is None
    yes, no, none = (
        MethodComparison(True, False, False),
        MethodComparison(False, False, True),
        MethodComparison(3, 3, 3),
    )
    complements = shop.runtime.state.counters.complements
    complements.add(ComplementOutcome(personal=True, hit=yes, last_hit=yes, products=none))
    complements.add(ComplementOutcome(personal=False, hit=no, last_hit=no, products=none))
    rate = at_a_glance.now().complement_rate
    assert (rate.value, rate.baseline, rate.popular) == (0.5, 0.0, 0.5)
    assert (rate.baskets, rate.identified) == (2, 1)


async def test_each_provisioned_device_is_there_whether_heard_or_not(shop: Shop) -> None:
    says(shop, Leaf.STATE, encode(DeviceState(state="ready", session=3, since=NOW)))
    says(shop, Leaf.ABOUT, encode(About(model="Storeside page", software="1")))
    display, kiosk = overview_of(shop).now().devices
    assert (display.name, display.state, display.zone) == ("display-1", "unknown", "entrance")
    assert (kiosk.state, kiosk.session, kiosk.last_seen) == ("ready", 3, NOW)
    assert (kiosk.device_class, kiosk.model) == ("kiosk", "Storeside page")


@pytest.mark.parametrize(
    ("ahead_s", "live", "off_s"), [(90, False, 90), (-7200, False, 0), (-7200, True, -7200)]
)
async def test_a_device_is_told_by_how_much_its_clock_is_off_for_certain(
    shop: Shop, ahead_s: int, off_s: int, *, live: bool
) -> None:
    assert overview_of(shop).now().devices[1].clock_off_s is None
    told, came_s = NOW + timedelta(seconds=ahead_s), asyncio.get_running_loop().time()
    shop.runtime.state.device_clocks.note(KIOSK, told, came_s, live=live)
    found = overview_of(shop).now().devices[1].clock_off_s
    # Between the two looks a loaded machine may take its time.
    assert found is not None
    assert abs(found - off_s) < 30


async def test_consents_and_the_queue_are_counted_on_disk(shop: Shop) -> None:
    await shop.visit()
    now = overview_of(shop).now()
    assert now.consents[Purpose.RECOGNISE] == 2
    assert now.consents[Purpose.SHARE] == 1
    assert now.outbox.pending > 0


async def test_the_queue_of_a_demo_waits_in_real_seconds(shop: Shop) -> None:
    await shop.visit()
    minute = ReplayClock(NOW + timedelta(minutes=1), speed=30.0)
    at_a_glance = StoreOverview(replace(shop.runtime, clock=minute), Path("none"))
    assert 0 < at_a_glance.now().outbox.oldest_s <= 2.1


async def test_what_lies_on_disk_is_counted_once_a_second(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "_FRESH_S", 60.0)
    at_a_glance = overview_of(shop)
    assert at_a_glance.now().outbox.pending == 0
    await shop.visit()
    now = at_a_glance.now()
    assert now.outbox.pending == 0
    assert now.counts.decisions == 2


async def test_the_model_is_named_and_the_fallback_shows(shop: Shop) -> None:
    model = overview_of(shop).now().model
    assert (model.label, model.fallback) == ("local@1", True)
    assert model.digest == shop.runtime.state.decider.ranker.digest


async def test_ages_show_as_rungs(shop: Shop) -> None:
    assert set(overview_of(shop).now().rungs.values()) == {"use"}
    shop.clock.pass_by(4 * 86_400)
    rungs = overview_of(shop).now().rungs
    assert rungs == {
        "trend": "degrade",
        "stock": "degrade",
        "prices": "degrade",
        "offers": "degrade",
        "promotions": "use",
    }


async def test_ready_pages_are_listed(shop: Shop, tmp_path: Path) -> None:
    links = tmp_path / "pages.json"
    links.write_text(json.dumps([{"title": "Kiosk", "url": "/kiosk/kiosk-1"}]))
    assert [page.url for page in overview_of(shop, links).now().pages] == ["/kiosk/kiosk-1"]


@pytest.mark.parametrize("text", ["", "{", '[{"title": 1}]'])
async def test_a_file_of_pages_that_is_not_ours_lists_none(
    shop: Shop, tmp_path: Path, text: str
) -> None:
    (tmp_path / "pages.json").write_text(text)
    assert overview_of(shop, tmp_path / "pages.json").now().pages == ()


async def test_without_a_hub_the_line_is_down_and_untold(shop: Shop) -> None:
    hub = overview_of(shop).now().hub
    assert (hub.state, hub.last_contact_s, hub.streams) == ("down", None, {})


@asynccontextmanager
async def with_hub(
    shop: Shop, sink: RecordingSink, source: ListSource
) -> AsyncGenerator[Callable[[], Overview]]:
    clock, database = shop.clock.now, shop.runtime.database
    up = Uplink(database, sink, clock=clock, pace=UplinkTiming(poll_s=0.02, patience=QUICK))
    handlers = {"offers": lambda _conn, _changes: None}
    rhythm = DownlinkTiming(wait_s=0, interval_s=0.01, patience=QUICK)
    down = Downlink(database, source, handlers, clock=clock, rhythm=rhythm)
    at_a_glance = StoreOverview(replace(shop.runtime, uplink=up, downlink=down), Path("none"))
    async with running(up.run()), running(down.run()):
        yield at_a_glance.now


async def test_a_hub_that_answers_is_up_with_its_streams(shop: Shop) -> None:
    change = StreamChange(stream="offers", key="o-1", op="delete", version=7, body={})
    await shop.visit()
    async with with_hub(shop, RecordingSink(), ListSource([change])) as now:
        await until(lambda: now().hub.state == "up" and now().outbox.pending == 0)
        hub = now().hub
        assert hub.streams["offers"].version == 7
        assert hub.last_contact_s == 0.0
        assert now().outbox.sent > 0


async def test_a_hub_that_never_answered_is_down(shop: Shop) -> None:
    source = ListSource()
    source.faults["offers"] = [CentralAway("no route")] * 10_000
    async with with_hub(shop, RecordingSink(), source) as now:
        await until(lambda: source.asked.count("offers") > 1)
        assert now().hub.state == "down"
        assert now().hub.last_contact_s is None


async def test_nothing_in_the_overview_names_a_person(shop: Shop) -> None:
    await shop.visit()
    assert ANN not in overview_of(shop).now().model_dump_json()
