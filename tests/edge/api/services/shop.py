"""A whole small shop on a real file: its own catalogue, one kiosk, two people, and a broker that only listens."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import pytest

from devices.device_classes import DeviceClass
from edge.app import bootstrap
from edge.app.settings import (
    DecisionSettings,
    ModelSettings,
    Settings,
    StoreSettings,
    StrategySettings,
)
from edge.domain.ids import BasketId, DeviceId, Token, VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.domain.visit import Visit
from edge.pipeline.runtime import Runtime
from edge.storage.change_set import ChangeSet
from edge.storage.decisions.decisions import StoredDecision, recent
from tests.edge.api.services.goods import ANN, NOW, stock_shop
from tests.models.keys import trusting

STORE = "store-1"
KIOSK = DeviceId("kiosk-1")
VISIT = VisitId("v-01hannannann")
BASKET = BasketId("b-1")


class StoppedClock:
    """Real and business time in one, moved by hand."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def latest(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return self.at

    def business(self, at: datetime) -> datetime:
        return at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Ears:
    """Stands for the broker's line: remembers what was published."""

    connected: bool = True
    said: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.connected = False

    def publish(self, topic: str, payload: bytes, **_how: object) -> None:
        self.said.append((topic, json.loads(payload)))

    def heard(self, leaf: str, device: str = KIOSK) -> list[dict[str, object]]:
        return [body for topic, body in self.said if topic.endswith(f"/{device}/{leaf}")]


@dataclass
class Shop:
    runtime: Runtime
    ears: Ears
    clock: StoppedClock

    @property
    def path(self) -> Path:
        """The database's file."""
        return self.runtime.devices.fleet.folder.parent / "storeside.db"

    async def visit(self, token: Token | None = ANN, **changed: object) -> Visit:
        """Somebody signs in at the kiosk and is shown what fits."""
        known = (
            RecognitionMethod.ANONYMOUS_CONTEXT
            if token is None
            else RecognitionMethod.KIOSK_LOGIN
        )
        at = self.clock.now()
        visit = Visit(
            id=VISIT,
            opened_at=at,
            seen_at=at,
            token=token,
            method=known,
            zone="dairy",
            kiosk=KIOSK,
        )
        visit = replace(visit, **changed)  # type: ignore[arg-type]  # fields of the test's choice
        wants = (
            ContentRequest(placement="arrival", visit=visit.id),
            ContentRequest(placement="kiosk-home", visit=visit.id, device=KIOSK),
        )
        await self.runtime.pipeline.executor.execute(
            Transition(facts=(), visits=(visit,), wants=wants), ChangeSet(at=at)
        )
        return visit

    async def show(self, visit: VisitId = VISIT) -> None:
        """The kiosk is shown something anew."""
        at = self.clock.now()
        want = ContentRequest(placement="kiosk-home", visit=visit, device=KIOSK)
        await self.runtime.pipeline.executor.execute(
            Transition(facts=(), wants=(want,)), ChangeSet(at=at)
        )

    def latest(self) -> StoredDecision:
        return self.runtime.database.read(lambda conn: recent(conn, 1))[0]

    def bytes_on_disk(self) -> bytes:
        return b"".join(f.read_bytes() for f in self.path.parent.glob(f"{self.path.name}*"))


def settings_in(folder: Path) -> Settings:
    """A US store in UTC, nobody held out, content with the fallback."""
    (folder / "secrets").mkdir(exist_ok=True)
    for name in ("store.key", "ticket.key"):
        (folder / "secrets" / name).write_text("ab" * 32)
    return Settings(
        data_dir=folder,
        store=StoreSettings(id=STORE, name="Maple Street", market="US", time_zone="UTC"),
        model=ModelSettings(fallback=True),
        decision=DecisionSettings(holdout_pct=0),
    )


@asynccontextmanager
async def open_shop(
    folder: Path, bundle: Path | None = None, *, kiosk_home: str = "chance"
) -> AsyncGenerator[Shop]:
    """The service's own parts, open as long as the context lasts, with ears in the place of the broker's line.

    It decides with ``bundle``, if given, and by the strategy ``kiosk_home`` at the kiosk.
    """
    stock_shop(folder / "storeside.db")
    ears, clock = Ears(), StoppedClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "service_bus", lambda *_how: ears)
        patch.setattr(bootstrap, "clock_of", lambda _settings: clock)
        strategies = StrategySettings.model_validate({"kiosk_home": kiosk_home})
        settings = settings_in(folder).model_copy(update={"strategies": strategies})
        parts = bootstrap.Bootstrap(settings)
        parts.fleet.add(KIOSK, DeviceClass.KIOSK, zone="dairy")
        parts.fleet.add("display-1", DeviceClass.DISPLAY, zone="entrance")
        for name in ("trend", "stock", "prices", "offers", "promotions"):
            parts.ages.heard(name, NOW)
        if bundle is not None:
            trusting(folder)
            parts.bundles.activate(bundle)
        async with AsyncExitStack() as stack:
            runtime = await parts.open(stack)
            runtime.devices.device_registry.touched(KIOSK, "kiosk", NOW)
            yield Shop(runtime=runtime, ears=ears, clock=clock)
