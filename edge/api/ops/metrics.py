"""``/metrics``: figures for Prometheus. Every label comes from a closed set, and none names a person or a visit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from edge.api.console.stream import OverviewSource
from edge.api.http.route import Operation, ResponseSpec
from edge.api.http.sse import MEDIA as EVENTS
from edge.api.views.overview import Overview, Quantiles

MEDIA: Final = "text/plain; version=0.0.4"
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
# From a cached answer to the longest wait for a receipt.
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_DEVICE_STATES: Final = ("init", "ready", "sleeping", "disconnected", "lost", "unknown")


class HttpMetrics:
    """Counts requests by route template, method and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "storeside_http_requests",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "storeside_http_request_seconds",
            "Time until an HTTP answer, streams left out.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=registry,
        )

    def answered(
        self, request: web.Request, response: web.StreamResponse, took_s: float
    ) -> None:
        """Count one answer; what is not in the table of routes is one route, whatever its name."""
        route = route_of(request)
        method = request.method if request.method in _METHODS else "other"
        self._requests.labels(method, route, str(response.status)).inc()
        if response.content_type != EVENTS:
            self._seconds.labels(route).observe(took_s)


class StoreMetrics(Collector):
    """The overview as metrics, read at each scrape."""

    def __init__(self, overview: OverviewSource) -> None:
        self._overview = overview

    def collect(self) -> Iterator[Metric]:
        """Every family, in one glance at the store."""
        now = self._overview.now()
        yield from _counts(now)
        yield from _queue(now)
        yield from _devices(now)
        yield from _quality(now)


class DayMetrics(Collector):
    """What was counted today, of everybody together; sums over days are the board's."""

    def __init__(self, today: Callable[[], Mapping[str, int]]) -> None:
        self._today = today

    def collect(self) -> Iterator[Metric]:
        """One family, by what is counted: a closed list."""
        family = GaugeMetricFamily(
            "storeside_today", "Counted this local day.", labels=("what",)
        )
        for what, value in self._today().items():
            family.add_metric((what,), value)
        yield family


class MetricsRoutes:
    """Answers the scraper. ``today``: what was counted this local day."""

    def __init__(
        self, overview: OverviewSource, today: Callable[[], Mapping[str, int]] = dict
    ) -> None:
        registry = CollectorRegistry()
        registry.register(StoreMetrics(overview))
        registry.register(DayMetrics(today))
        self.http = HttpMetrics(registry)
        self._store = registry
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this door."""
        return (
            Operation(
                method="GET",
                path="/metrics",
                name="metrics",
                handler=self._scrape,
                answers={200: ResponseSpec(says="Prometheus text.", media="text/plain")},
            ),
        )

    async def _scrape(self, _request: web.Request) -> web.Response:
        """Figures for Prometheus."""
        # The process's own figures are read from files of the system, so aside from the loop.
        process = await asyncio.to_thread(generate_latest, self._process)
        body = generate_latest(self._store) + process
        return web.Response(body=body, headers={"Content-Type": MEDIA})


def route_of(request: web.Request) -> str:
    """The route's template, such as ``/v1/decisions/{id}``; never what was asked for."""
    resource = request.match_info.route.resource
    return "other" if resource is None else resource.canonical


def _counts(now: Overview) -> Iterator[Metric]:
    for name, value in now.counts.model_dump().items():
        if name != "refused":
            yield CounterMetricFamily(
                f"storeside_{name}", f"Number of {name} since the start.", value
            )
    refused = CounterMetricFamily(
        "storeside_refused", "Messages refused, by reason.", labels=("reason",)
    )
    for reason, value in now.refusals.items():
        refused.add_metric((reason.value,), value)
    yield refused


def _queue(now: Overview) -> Iterator[Metric]:
    outbox = now.outbox
    yield GaugeMetricFamily(
        "storeside_outbox_pending", "Events not yet at the centre.", outbox.pending
    )
    yield GaugeMetricFamily(
        "storeside_outbox_oldest_seconds", "Age of the first of them.", outbox.oldest_s
    )
    yield CounterMetricFamily(
        "storeside_outbox_sent", "Events taken by the centre.", outbox.sent
    )
    yield CounterMetricFamily(
        "storeside_outbox_dropped", "Events shed by class.", outbox.dropped
    )
    yield GaugeMetricFamily(
        "storeside_outbox_parked", "Events the centre refused.", outbox.parked
    )
    yield GaugeMetricFamily(
        "storeside_hub_up", "Whether the centre answers.", now.hub.state == "up"
    )


def _devices(now: Overview) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "storeside_devices", "Devices by class and state.", labels=("class", "state")
    )
    for kind in sorted({device.device_class for device in now.devices}):
        states = [d.state for d in now.devices if d.device_class == kind]
        for state in _DEVICE_STATES:
            family.add_metric((kind, state), states.count(state))
    yield family


def _quality(now: Overview) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "storeside_model_fallback",
        "Whether the fallback answers for the model.",
        now.model.fallback,
    )
    consents = GaugeMetricFamily(
        "storeside_consents", "People who allow it, by purpose.", labels=("purpose",)
    )
    for purpose, people in now.consents.items():
        consents.add_metric((purpose.value,), people)
    yield consents
    latency = GaugeMetricFamily(
        "storeside_latency_seconds", "Recent latency.", labels=("way", "quantile")
    )
    for way, found in (
        ("decision", now.latency_ms.decision),
        ("signal_to_screen", now.latency_ms.signal_to_screen),
    ):
        for quantile, value_ms in _known(found):
            latency.add_metric((way, quantile), value_ms / 1000)
    yield latency


def _known(quantiles: Quantiles) -> Iterator[tuple[str, float]]:
    if quantiles.p50 is not None:
        yield "0.5", quantiles.p50
    if quantiles.p99 is not None:
        yield "0.99", quantiles.p99
