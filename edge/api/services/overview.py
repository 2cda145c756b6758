"""The store at a glance: what has happened, what is connected, how old what it goes by is, and the brake."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from cloud_sync import outbox
from cloud_sync.outbox import OutboxCounts as Queue
from devices.accounts import Device
from devices.errors import Refusal
from edge.api.console.views import (
    ComplementRate,
    Counts,
    DeviceView,
    HitRate,
    HubView,
    Latency,
    ModelView,
    OutboxView,
    Overview,
    PageView,
    Quantiles,
    StoreView,
    StreamView,
)
from edge.api.services.device_lookup import FleetRoster
from edge.decision.steps.context import rung
from edge.domain.clock import ReplayClock
from edge.domain.consent import Purpose
from edge.pipeline.runtime import Runtime
from edge.pipeline.supervisor import Supervisor
from edge.state.counters import Delays
from edge.state.device_registry import Screen
from edge.storage.people import consents
from models.serving.fallback import FrequentFallback

# What is counted on disk is counted anew this often, however many consoles and scrapers look.
_FRESH_S = 1.0
# Inputs that a decision shares with every other; habits are a person's own.
_SHARED_INPUTS = ("trend", "stock", "prices", "offers", "promotions")

_PAGES = TypeAdapter(tuple[PageView, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnDisk:
    """What has to be read from files. ``taken``: the machine's steady clock, in seconds."""

    taken: float
    queue: Queue
    consents: Mapping[Purpose, int]
    streams: Mapping[str, StreamView]
    heard_at: datetime | None
    devices: tuple[Device, ...]
    pages: tuple[PageView, ...]


class Desk:
    """The console's view of the whole store; fits the ports ``OverviewSource``, ``Brake`` and ``Readiness``."""

    def __init__(self, runtime: Runtime, supervisor: Supervisor, links: Path) -> None:
        """``links``: a file with the addresses of ready pages; a demo writes it, a shop has none."""
        self._core = runtime
        self._supervisor = supervisor
        self._links = links
        self._roster = FleetRoster(runtime.fleet)
        self._disk: _OnDisk | None = None

    def now(self) -> Overview:
        """The present state; what lies on disk is at most a second old."""
        runtime, disk = self._core, self._on_disk()
        return Overview(
            store=self._store(),
            counts=_counts(runtime),
            latency_ms=Latency(
                decision=_quantiles(runtime.counters.decision_ms),
                signal_to_screen=_quantiles(runtime.counters.signal_to_screen_ms),
            ),
            hit_rate_at_10=HitRate(
                value=runtime.counters.hit_rate.share(runtime.counters.hit_rate.hits),
                baseline=runtime.counters.hit_rate.share(runtime.counters.hit_rate.baseline),
                popular=runtime.counters.hit_rate.share(runtime.counters.hit_rate.popular),
                visits=runtime.counters.hit_rate.visits,
            ),
            complement_rate=_complements(runtime),
            devices=devices_of(disk.devices, runtime.device_registry.all),
            outbox=_outbox(disk.queue, _speed(runtime)),
            hub=_hub(runtime, disk),
            model=_model(runtime),
            consents=dict(disk.consents),
            pages=disk.pages,
            refusals={
                Refusal(name): n for name, n in sorted(runtime.counters.refusals.items())
            },
            rungs=self._rungs(),
        )

    async def pause(self, *, paused: bool) -> None:
        """Stop all personal content at once, or go on with the next decision."""
        self._core.executor.pause(on=paused)

    def checks(self) -> Mapping[str, bool]:
        """Each part that the store needs, with whether it is there."""
        runtime = self._core
        return {
            "database": self._reads(),
            "broker": runtime.bus.connected,
            "model": runtime.decider.catalogue is not None,
            "policy": bool(runtime.market.cells),
            "parts": self._supervisor.healthy,
        }

    def _store(self) -> StoreView:
        runtime = self._core
        return StoreView(
            id=runtime.store,
            name=runtime.name,
            market=runtime.market.market,
            clock=runtime.clock.business(runtime.clock.now()),
            timezone=runtime.time_zone,
            demo=runtime.demo,
            speed=_speed(runtime),
            paused=runtime.executor.brake.on,
        )

    def _rungs(self) -> dict[str, str]:
        runtime = self._core
        ages = runtime.ages.in_seconds(runtime.clock.business(runtime.clock.now()))
        return {name: rung(name, ages.get(name)).value for name in _SHARED_INPUTS}

    def _reads(self) -> bool:
        try:
            self._core.database.read(lambda conn: conn.execute("SELECT 1 FROM notes LIMIT 1"))
        except sqlite3.Error:
            return False
        return True

    def _on_disk(self) -> _OnDisk:
        fresh = time.monotonic() - _FRESH_S
        if self._disk is None or self._disk.taken < fresh:
            self._disk = self._look()
        return self._disk

    def _look(self) -> _OnDisk:
        runtime = self._core
        now = runtime.clock.now()
        queue, agreed = runtime.database.read(
            lambda conn: (
                outbox.counts(conn, runtime.clock.business(now)),
                consents.counts_by_purpose(conn, now),
            )
        )
        streams = () if runtime.downlink is None else runtime.downlink.freshness()
        heard = (s.contacted_at for s in streams if s.contacted_at is not None)
        return _OnDisk(
            taken=time.monotonic(),
            queue=queue,
            consents=agreed,
            streams={s.stream: StreamView(version=s.version, age_s=s.age_s) for s in streams},
            heard_at=max(heard, default=None),
            devices=self._roster.devices,
            pages=_pages(self._links),
        )


def devices_of(
    fleet: Sequence[Device], device_registry: Sequence[Screen]
) -> tuple[DeviceView, ...]:
    """Every device that stands in the store, with what it last said of itself."""
    heard = {str(screen.device): screen for screen in device_registry}
    return tuple(
        _device(device, heard.get(device.name))
        for device in fleet
        if device.device_class.facts.stands_in_store
    )


def _device(device: Device, screen: Screen | None) -> DeviceView:
    if screen is None:
        return DeviceView(
            name=device.name, device_class=device.device_class.value, zone=device.zone
        )
    return DeviceView(
        name=device.name,
        device_class=device.device_class.value,
        zone=device.zone or screen.zone,
        state=screen.state,
        session=screen.session,
        since=screen.since,
        last_seen=screen.seen_at,
        model=screen.model,
    )


def _complements(runtime: Runtime) -> ComplementRate:
    rates = runtime.counters.complements
    shares = rates.both.a_basket(rates.both.hits)
    return ComplementRate(
        value=shares.ours,
        baseline=shares.usual,
        popular=shares.popular,
        baskets=rates.both.baskets,
        identified=rates.identified.baskets,
    )


def _counts(runtime: Runtime) -> Counts:
    counts, facts = runtime.counters.counts, runtime.counters.facts
    return Counts(
        visits=facts["Visit Started"],
        identified=facts["Customer Identified"],
        signals=counts["signals"],
        refused=counts["refused"],
        decisions=counts["decisions"],
        personal=counts["personal"],
        shows=counts["shows"],
        plays=facts["Play Completed"] + facts["Play Interrupted"],
        answers=counts["answers"],
        receipts=counts["receipts"],
    )


def _quantiles(delays: Delays) -> Quantiles:
    found = delays.summary()
    return Quantiles(p50=found["p50"] or None, p99=found["p99"] or None)


def _speed(runtime: Runtime) -> float:
    return runtime.clock.speed if isinstance(runtime.clock, ReplayClock) else 1.0


def _outbox(queue: Queue, speed: float) -> OutboxView:
    """Facts bear store time; how long they wait is told in real seconds."""
    return OutboxView(
        pending=queue.pending,
        oldest_s=round(queue.oldest_age_s / speed, 3),
        sent=queue.sent,
        parked=queue.parked,
        dropped=queue.dropped,
    )


def _hub(runtime: Runtime, disk: _OnDisk) -> HubView:
    """Up means: heard since the start, and no trouble in either direction."""
    if runtime.uplink is None or runtime.downlink is None:
        return HubView()
    up = runtime.uplink.state
    heard = [at for at in (up.contacted_at, disk.heard_at) if at is not None]
    quiet = up.trouble is None and runtime.downlink.trouble is None
    met = up.contacted_at is not None or runtime.downlink.ready.is_set()
    last = None if not heard else (runtime.clock.now() - max(heard)).total_seconds()
    return HubView(
        state="up" if quiet and met else "down",
        last_contact_s=None if last is None else round(max(0.0, last), 3),
        streams=dict(disk.streams),
    )


def _model(runtime: Runtime) -> ModelView:
    ranker = runtime.decider.ranker
    return ModelView(
        label=ranker.label,
        digest=ranker.digest,
        fallback=isinstance(ranker, FrequentFallback),
    )


def _pages(links: Path) -> tuple[PageView, ...]:
    """The pages in the file; none where it is absent or not ours."""
    try:
        return _PAGES.validate_json(links.read_bytes())
    except (OSError, ValidationError):
        return ()
