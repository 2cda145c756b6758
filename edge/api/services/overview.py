"""The store at a glance: what has happened, what is connected, and how old that is what decisions go by.

The console asks for it, its stream repeats it every second, and ``/metrics`` tells it in figures: each of them
reads what is made here, so that a figure is worked out in one place.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypedDict

from pydantic import TypeAdapter, ValidationError

from cloud_sync import outbox
from cloud_sync.outbox import OutboxCounts as Queue
from devices.accounts import Device
from devices.errors import Refusal
from edge.api.services.device_lookup import FleetRoster
from edge.api.views.overview import (
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
from edge.decision.steps.context import rung
from edge.domain.clock import ReplayClock
from edge.domain.clock_offset import ClockOffset
from edge.domain.complement import MethodComparison
from edge.domain.consent import Purpose
from edge.domain.ids import DeviceId
from edge.pipeline.runtime import Runtime
from edge.state.counters import Delays
from edge.state.device_registry import Screen
from edge.storage.measurement import till_history
from edge.storage.operations.night_note import NightNote, last_night
from edge.storage.people import consents
from models.serving.coverage import known_share
from models.serving.local_fallback import LocalFallback

# What is counted on disk is counted anew this often, however many consoles and scrapers look.
_FRESH_S = 1.0
# A week of sales moves slowly.
_WEEK_FRESH_S = 300.0
_WEEK, _DAY_S = 7, 86_400
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


class _Rates(TypedDict):
    value: float | None
    baseline: float | None
    popular: float | None


class StoreOverview:
    """What the console sees of the whole store."""

    def __init__(self, runtime: Runtime, links: Path) -> None:
        """``links``: a file with the addresses of ready pages; a demo writes it, a shop has none."""
        self._runtime = runtime
        self._links = links
        self._roster = FleetRoster(runtime.devices.fleet)
        self._disk: _OnDisk | None = None
        self._facts: _ModelFacts | None = None

    def now(self) -> Overview:
        """The present state; what lies on disk is at most a second old."""
        runtime, disk = self._runtime, self._on_disk()
        return Overview(
            store=self._store(),
            counts=_counts(runtime),
            latency_ms=Latency(
                decision=_quantiles(runtime.state.counters.decision_ms),
                signal_to_screen=_quantiles(runtime.state.counters.signal_to_screen_ms),
            ),
            hit_rate_at_10=HitRate(
                **_rates(runtime.state.counters.hit_rate.shares),
                visits=runtime.state.counters.hit_rate.visits,
            ),
            complement_rate=_complements(runtime),
            devices=devices_of(
                disk.devices,
                runtime.devices.device_registry.all,
                runtime.state.device_clocks.all(),
            ),
            outbox=_outbox(disk.queue, _speed(runtime)),
            hub=_hub(runtime, disk),
            model=_model(runtime, self._model_facts()),
            consents=dict(disk.consents),
            pages=disk.pages,
            line_refusals={
                Refusal(name): n
                for name, n in sorted(runtime.state.counters.line_refusals.items())
            },
            refusals={
                Refusal(name): n for name, n in sorted(runtime.state.counters.refusals.items())
            },
            rungs=self._rungs(),
        )

    def _model_facts(self) -> _ModelFacts:
        """A week of sales is looked at again after minutes, or for another model."""
        kept, digest = self._facts, self._runtime.state.decider.ranker.digest
        old = kept is None or time.monotonic() - kept.taken > _WEEK_FRESH_S
        if kept is None or old or kept.digest != digest:
            kept = self._facts = _model_facts(self._runtime)
        return kept

    def _store(self) -> StoreView:
        runtime, site = self._runtime, self._runtime.state.site
        return StoreView(
            id=runtime.facts.store,
            name=runtime.facts.name,
            market=runtime.facts.market.market,
            clock=runtime.clock.business(runtime.clock.now()),
            timezone=runtime.facts.time_zone,
            demo=runtime.facts.demo,
            speed=_speed(runtime),
            paused=runtime.state.pause.on,
            currency=site.currency.code,
            currency_exponent=site.currency.exponent,
            locale=site.locale,
        )

    def _rungs(self) -> dict[str, str]:
        runtime = self._runtime
        ages = runtime.state.ages.in_seconds(runtime.clock.business(runtime.clock.now()))
        return {name: rung(name, ages.get(name)).value for name in _SHARED_INPUTS}

    def _on_disk(self) -> _OnDisk:
        fresh = time.monotonic() - _FRESH_S
        if self._disk is None or self._disk.taken < fresh:
            self._disk = self._look()
        return self._disk

    def _look(self) -> _OnDisk:
        runtime = self._runtime
        now = runtime.clock.now()
        queue, agreed = runtime.database.read(
            lambda conn: (
                # Facts in the queue bear business time, consents real time.
                outbox.counts(conn, runtime.clock.business(now)),
                consents.counts_by_purpose(conn, now),
            )
        )
        streams = () if runtime.downlink is None else runtime.downlink.freshness()
        heard = (s.contacted_at for s in streams if s.contacted_at is not None)
        return _OnDisk(
            # A steady clock: the set time may jump.
            taken=time.monotonic(),
            queue=queue,
            consents=agreed,
            streams={s.stream: StreamView(version=s.version, age_s=s.age_s) for s in streams},
            heard_at=max(heard, default=None),
            devices=self._roster.devices,
            pages=_pages(self._links),
        )


def devices_of(
    fleet: Sequence[Device],
    device_registry: Sequence[Screen],
    clocks: Mapping[DeviceId, ClockOffset],
) -> tuple[DeviceView, ...]:
    """Every device that stands in the store, with what it last said of itself and how far its clock is off."""
    heard = {str(screen.device): screen for screen in device_registry}
    return tuple(
        _device(device, heard.get(device.name)).model_copy(
            update={"clock_off_s": _clock_off_s(clocks.get(DeviceId(device.name)))}
        )
        for device in fleet
        if device.device_class.facts.stands_in_store
    )


def _clock_off_s(clock: ClockOffset | None) -> float | None:
    return None if clock is None else round(clock.certain_s, 1)


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


def _rates(shares: MethodComparison[float | None]) -> _Rates:
    """Ours, and the two simple methods that it has to beat, under their published names."""
    return {"value": shares.ours, "baseline": shares.usual, "popular": shares.popular}


def _complements(runtime: Runtime) -> ComplementRate:
    rates = runtime.state.counters.complements
    return ComplementRate(
        **_rates(rates.both.shares),
        baskets=rates.both.baskets,
        identified=rates.identified.baskets,
    )


def _counts(runtime: Runtime) -> Counts:
    counts, facts = runtime.state.counters.counts, runtime.state.counters.facts
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
        duplicates=counts["duplicates"],
        differing=counts["differing"],
        repaired=counts["repaired"],
    )


def _quantiles(delays: Delays) -> Quantiles:
    found = delays.summary()
    # Nought means that nothing was measured yet.
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
        # A clock that was set back must not tell of a contact ahead.
        last_contact_s=None if last is None else round(max(0.0, last), 3),
        streams=dict(disk.streams),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ModelFacts:
    """What a look at a week of sales tells. ``digest``: of the model that was looked at; ``taken`` as above."""

    taken: float
    digest: str
    lines_known: float | None
    night: NightNote | None


def _model_facts(runtime: Runtime) -> _ModelFacts:
    ranker = runtime.state.decider.ranker
    day, _ = runtime.state.site.moment(runtime.clock.business(runtime.clock.now()))
    since = partial(till_history.keys_since, second=(day - _WEEK) * _DAY_S)
    sold = runtime.database.read(since)
    return _ModelFacts(
        taken=time.monotonic(),
        digest=ranker.digest,
        lines_known=known_share(ranker, sold),
        night=runtime.database.read(last_night),
    )


def _model(runtime: Runtime, facts: _ModelFacts) -> ModelView:
    decider, night = runtime.state.decider, facts.night
    answering = decider.answering
    return ModelView(
        label=answering.label,
        digest=answering.digest,
        fallback=isinstance(answering, LocalFallback),
        active=decider.ranker.label,
        known=decider.coverage,
        lines_known=facts.lines_known,
        night=None if night is None else night.verdict,
    )


def _pages(links: Path) -> tuple[PageView, ...]:
    """The pages in the file; none where it is absent or not ours."""
    try:
        return _PAGES.validate_json(links.read_bytes())
    except (OSError, ValidationError):
        return ()
