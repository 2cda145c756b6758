"""Metrics: named alike, and labelled from closed sets."""

from __future__ import annotations

import re

import aiohttp

from devices.errors import Refusal
from edge.api.ops.metrics import FIGURES
from edge.api.views.overview import (
    Counts,
    DeviceView,
    Latency,
    ModelView,
    NightView,
    Overview,
    Quantiles,
    StoreView,
)
from edge.domain.consent import Purpose
from tests.edge.api.fakes import NOW, PASSWORD, Store

KEY = {"Authorization": f"Bearer {PASSWORD}"}


async def scraped(client: aiohttp.ClientSession) -> dict[str, float]:
    async with client.get("/metrics") as answer:
        assert answer.content_type == "text/plain"
        lines = (await answer.text()).splitlines()
    rows = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in rows}


def busy() -> Overview:
    return Overview(
        store=StoreView(
            id="store-1",
            name="Maple",
            market="us",
            clock=NOW,
            demo=True,
            currency="USD",
            currency_exponent=2,
            locale="en-US",
        ),
        counts=Counts(visits=3, refused=2),
        latency_ms=Latency(decision=Quantiles(p50=2.0, p99=8.0)),
        devices=(
            DeviceView(name="till-1", device_class="pos", state="ready", clock_off_s=90.5),
            DeviceView(name="till-2", device_class="pos", clock_off_s=-3600),
            DeviceView(name="kiosk-1", device_class="kiosk"),
        ),
        model=ModelView(label="grocer@1"),
        refusals={Refusal.STALE: 2},
        consents={Purpose.SHARE: 9},
    )


async def test_the_overview_is_told_in_figures(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.overview.view = busy()
    found = await scraped(client)
    assert found["storeside_visits_total"] == 3
    assert found['storeside_refused_total{reason="stale"}'] == 2
    assert found['storeside_consents{purpose="share"}'] == 9
    assert found['storeside_devices{class="pos",state="ready"}'] == 1
    assert found['storeside_device_clock_off_seconds{class="pos"}'] == -3600
    assert found['storeside_device_clock_off_seconds{class="kiosk"}'] == 0
    assert found['storeside_latency_seconds{quantile="0.99",way="decision"}'] == 0.008


def test_the_published_families_are_these() -> None:
    told = {figure.name: figure.family(busy()) for figure in FIGURES}
    rising = {name for name, family in told.items() if family.type == "counter"}
    counts = set(Counts.model_fields)
    assert rising == counts | {"refused_lines", "outbox_sent", "outbox_dropped"}
    assert told.keys() - rising == {
        "outbox_pending",
        "outbox_oldest_seconds",
        "outbox_parked",
        "hub_up",
        "devices",
        "device_clock_off_seconds",
        "model_fallback",
        "model_known_share",
        "model_last_night_timestamp_seconds",
        "consents",
        "latency_seconds",
    }


def test_each_count_is_read_from_the_figure_of_its_name() -> None:
    counts = {name: number for number, name in enumerate(Counts.model_fields, start=1)}
    now = busy().model_copy(update={"counts": Counts(**counts), "refusals": {}})
    told = {figure.name: figure.family(now).samples for figure in FIGURES}
    assert told.pop("refused") == []
    del counts["refused"]
    assert {name: told[name][0].value for name in counts} == counts


def test_a_quantile_that_is_not_known_has_no_sample() -> None:
    (latency,) = (one for one in FIGURES if one.name == "latency_seconds")
    now = busy().model_copy(update={"latency_ms": Latency(decision=Quantiles(p99=8.0))})
    assert [sample.labels for sample in latency.family(now).samples] == [
        {"way": "decision", "quantile": "0.99"}
    ]


async def test_what_the_model_knows_and_when_the_store_last_learnt(
    client: aiohttp.ClientSession, store: Store
) -> None:
    night = NightView(at=NOW, verdict="kept-back", label="maple@1", baskets=900)
    model = ModelView(label="grocer@1", known=0.5, lines_known=0.75, night=night)
    store.overview.view = busy().model_copy(update={"model": model})
    found = await scraped(client)
    assert found['storeside_model_known_share{of="goods"}'] == 0.5
    assert found['storeside_model_known_share{of="lines"}'] == 0.75
    assert found["storeside_model_last_night_timestamp_seconds"] == NOW.timestamp()


async def test_before_the_first_night_nothing_is_told_of_it(
    client: aiohttp.ClientSession, store: Store
) -> None:
    store.overview.view = busy()
    found = await scraped(client)
    assert not {name for name in found if "model_known" in name or "last_night" in name}


async def test_requests_are_counted_by_route_and_never_by_what_was_asked(
    client: aiohttp.ClientSession,
) -> None:
    for path in (
        "/v1/decisions/d-1",
        "/v1/decisions/c-anna",
        "/nowhere/c-anna",
        "/web/line.js",
    ):
        async with client.get(path, headers=KEY):
            pass
    found = await scraped(client)
    assert not any("anna" in name for name in found)
    route = 'method="GET",route="/v1/decisions/{id}"'
    assert found[f'storeside_http_requests_total{{{route},status="200"}}'] == 1
    assert found['storeside_http_requests_total{method="GET",route="other",status="404"}'] == 1
    assert found['storeside_http_requests_total{method="GET",route="/web",status="200"}'] == 1


async def test_strange_methods_are_one_label(client: aiohttp.ClientSession) -> None:
    for method in ("PROPFIND", "PURGE"):
        async with client.request(method, "/"):
            pass
    found = await scraped(client)
    assert (
        found['storeside_http_requests_total{method="other",route="other",status="405"}'] == 2
    )


async def test_every_name_is_ours_or_the_processs(client: aiohttp.ClientSession) -> None:
    found = await scraped(client)
    assert all(re.match("storeside_|process_", name) for name in found)
