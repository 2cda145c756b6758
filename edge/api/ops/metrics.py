"""``/metrics``: figures for Prometheus. Every label comes from a closed set, and none names a person or a visit.

The figures are those of the overview, by the table `FIGURES`: a new one is a row there. The server counts
its own answers in `HttpMetrics`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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

from edge.api.http.route import Operation, ResponseSpec
from edge.api.http.sse import MEDIA as EVENTS
from edge.api.services.overview import StoreOverview
from edge.api.views.overview import Counts, Overview

CLOCK_OFF: Final = "device_clock_off_seconds"
"""The figure that the doctor asks for."""
MEDIA: Final = "text/plain; version=0.0.4"
# Any other word is a stranger's, and each would be a series for ever.
_METHODS: Final = frozenset({"GET", "HEAD", "POST"})
# From a cached answer to the longest wait for a receipt.
_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
# A closed list: a state that a device invents must not become a label.
_DEVICE_STATES: Final = ("init", "ready", "sleeping", "disconnected", "lost", "unknown")


class HttpMetrics:
    """Counts requests by route template, method and status."""

    def __init__(self) -> None:
        # Not the library's global one: there a second server of the same process would be a duplicate.
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "storeside_http_requests",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "storeside_http_request_seconds",
            "Time until an HTTP answer, streams left out.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=self.registry,
        )

    def answered(
        self, request: web.Request, response: web.StreamResponse, took_s: float
    ) -> None:
        """Count one answer; what is not in the table of routes is one route, whatever its name."""
        route = route_of(request)
        method = request.method if request.method in _METHODS else "other"
        self._requests.labels(method, route, str(response.status)).inc()
        # The time of a stream is how long its page stayed open.
        if response.content_type != EVENTS:
            self._seconds.labels(route).observe(took_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewFigure:
    """One family of metrics and how it is read from the overview: a value for each set of its labels."""

    name: str
    says: str
    read: Callable[[Overview], Iterable[tuple[Sequence[str], float]]]
    labels: tuple[str, ...] = ()
    only_rises: bool = False

    def family(self, now: Overview) -> Metric:
        """The family as it stands in ``now``."""
        kind = CounterMetricFamily if self.only_rises else GaugeMetricFamily
        family = kind(f"storeside_{self.name}", self.says, labels=self.labels)
        for labels, value in self.read(now):
            family.add_metric(labels, value)
        return family


class StoreMetrics(Collector):
    """The overview as metrics, read at each scrape."""

    def __init__(self, overview: StoreOverview) -> None:
        self._overview = overview

    def collect(self) -> Iterator[Metric]:
        """Every family, in one glance at the store."""
        now = self._overview.now()
        return (figure.family(now) for figure in FIGURES)


class DayMetrics(Collector):
    """What was counted today, of everybody together; sums over days are the board's."""

    def __init__(self, today: Callable[[], Mapping[str, int]]) -> None:
        self._today = today

    def collect(self) -> Iterator[Metric]:
        """One family, by what is counted: a closed list."""
        # A gauge and no counter: it begins anew each day.
        family = GaugeMetricFamily(
            "storeside_today", "Counted this local day.", labels=("what",)
        )
        for what, value in self._today().items():
            family.add_metric((what,), value)
        yield family


class MetricsRoutes:
    """Answers the scraper. ``today``: what was counted this local day."""

    def __init__(
        self, overview: StoreOverview, today: Callable[[], Mapping[str, int]], http: HttpMetrics
    ) -> None:
        self._store = CollectorRegistry()
        self._store.register(StoreMetrics(overview))
        self._store.register(DayMetrics(today))
        self._http = http
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this group."""
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
        body = generate_latest(self._store) + generate_latest(self._http.registry) + process
        # As a header, because aiohttp takes no parameter such as the version in its content type.
        return web.Response(body=body, headers={"Content-Type": MEDIA})


def route_of(request: web.Request) -> str:
    """The route's template, such as ``/v1/decisions/{id}``; never what was asked for."""
    resource = request.match_info.route.resource
    return "other" if resource is None else resource.canonical


def _devices(now: Overview) -> Iterator[tuple[Sequence[str], float]]:
    """Every class that the store has, in every state, so that a state that ends is seen to be 0."""
    for kind in sorted({device.device_class for device in now.devices}):
        states = [device.state for device in now.devices if device.device_class == kind]
        for state in _DEVICE_STATES:
            yield (kind, state), states.count(state)


def _clocks(now: Overview) -> Iterator[tuple[Sequence[str], float]]:
    """Of each class the one that is furthest off."""
    for kind in sorted({device.device_class for device in now.devices}):
        off = [d.clock_off_s or 0.0 for d in now.devices if d.device_class == kind]
        yield (kind,), max(off, key=abs)


def _latency(now: Overview) -> Iterator[tuple[Sequence[str], float]]:
    for way, found in now.latency_ms:
        for quantile, value_ms in (("0.5", found.p50), ("0.99", found.p99)):
            # No sample rather than nought for a quantile that is not known.
            if value_ms is not None:
                yield (way, quantile), value_ms / 1000


def _model_known(now: Overview) -> Iterator[tuple[Sequence[str], float]]:
    """No sample where there is no model that could know anything."""
    for of, share in (("goods", now.model.known), ("lines", now.model.lines_known)):
        if share is not None:
            yield (of,), share


def _last_night(now: Overview) -> Iterator[tuple[Sequence[str], float]]:
    if now.model.night is not None:
        yield (), now.model.night.at.timestamp()


def _one(
    name: str, says: str, read: Callable[[Overview], float], *, only_rises: bool = False
) -> OverviewFigure:
    """A family without labels: one value."""
    return OverviewFigure(
        name=name, says=says, read=lambda now: (((), read(now)),), only_rises=only_rises
    )


def _total(name: str) -> OverviewFigure:
    says = f"Number of {name} since the start."
    return _one(name, says, lambda now: getattr(now.counts, name), only_rises=True)


FIGURES: Final = (
    # Refusals are told by their reason instead.
    *(_total(name) for name in Counts.model_fields if name != "refused"),
    OverviewFigure(
        name="refused",
        says="Messages refused, by reason.",
        read=lambda now: [((reason.value,), n) for reason, n in now.refusals.items()],
        labels=("reason",),
        only_rises=True,
    ),
    OverviewFigure(
        name="refused_lines",
        says="Lines of baskets refused while the others were taken, by reason.",
        read=lambda now: [((reason.value,), n) for reason, n in now.line_refusals.items()],
        labels=("reason",),
        only_rises=True,
    ),
    _one("outbox_pending", "Events not yet at the centre.", lambda now: now.outbox.pending),
    _one("outbox_oldest_seconds", "Age of the first of them.", lambda now: now.outbox.oldest_s),
    _one(
        "outbox_sent",
        "Events taken by the centre.",
        lambda now: now.outbox.sent,
        only_rises=True,
    ),
    _one(
        "outbox_dropped",
        "Events shed by class.",
        lambda now: now.outbox.dropped,
        only_rises=True,
    ),
    _one("outbox_parked", "Events the centre refused.", lambda now: now.outbox.parked),
    _one("hub_up", "Whether the centre answers.", lambda now: now.hub.state == "up"),
    OverviewFigure(
        name="devices",
        says="Devices by class and state.",
        read=_devices,
        labels=("class", "state"),
    ),
    OverviewFigure(
        name=CLOCK_OFF,
        says="By how many seconds the worst clock of a class is ahead of the store's, negative where behind.",
        read=_clocks,
        labels=("class",),
    ),
    _one(
        "model_fallback",
        "Whether the fallback answers for the model.",
        lambda now: now.model.fallback,
    ),
    OverviewFigure(
        name="model_known_share",
        says="What part the active model knows of the goods, and of the lines of the last seven days.",
        read=_model_known,
        labels=("of",),
    ),
    OverviewFigure(
        name="model_last_night_timestamp_seconds",
        says="When the store last learnt of its own sales, in Unix time.",
        read=_last_night,
    ),
    OverviewFigure(
        name="consents",
        says="People who allow it, by purpose.",
        read=lambda now: [((purpose.value,), n) for purpose, n in now.consents.items()],
        labels=("purpose",),
    ),
    OverviewFigure(
        name="latency_seconds",
        says="Recent latency.",
        read=_latency,
        labels=("way", "quantile"),
    ),
)
"""Every figure of the overview that is published as a metric, in the order of ``/metrics``."""
