"""A whole shop with triggers, on a real file; time and the steady clock are moved by hand."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edge.campaigns.triggers.engine import Triggers
from edge.campaigns.triggers.scheduler import TriggerScheduler
from edge.domain.catalogue import Catalogue
from edge.domain.ids import Token
from edge.domain.transitions.transition import ContentRequest
from edge.domain.trigger import MessageState, TriggerMessage
from edge.state.catalogue import Ages
from edge.storage.catalogue import triggers
from edge.storage.catalogue.triggers import TriggerRow
from edge.storage.connection import open_connection, transaction
from tests.edge.builders import ANN, NOW
from tests.edge.fakes import HandClock
from tests.edge.shop import Shop, open_shop
from tests.edge.storage import stored

HELLO: dict[str, Any] = {
    "id": "hello",
    "signal": "arrival",
    "reason": "You have just come in.",
    "message": {"headline": "Hello"},
}


@dataclass(kw_only=True)
class House:
    shop: Shop
    triggers: Triggers
    trigger_scheduler: TriggerScheduler
    steady_s: float = 0.0

    async def pass_by(self, seconds: float = 0, *, days: float = 0) -> None:
        """Both clocks go on evenly, and a round is made."""
        self.shop.clock.pass_by(seconds, days=days)
        self.steady_s += seconds + days * 86_400
        await self.look()

    async def look(self) -> None:
        await self.trigger_scheduler.look(self.steady_s)

    def messages(self, token: Token = ANN) -> list[TriggerMessage]:
        rows = self.shop.rows("SELECT id FROM messages WHERE token = ? ORDER BY seq", token)
        found = (self.shop.database.read(partial(stored.message, id_=id_)) for (id_,) in rows)
        return [one for one in found if one is not None]

    def states(self, token: Token = ANN) -> list[MessageState]:
        return [one.state for one in self.messages(token)]

    def due(self) -> int:
        """How many messages were handed to the outbox."""
        return len(
            self.shop.rows("SELECT 1 FROM outbox WHERE type = 'storeside.message-due.v1'")
        )

    def silent(self, why: str) -> int:
        return self.shop.counters.counts[f"trigger-{why}"]


def publish(path: Path, *written: dict[str, Any]) -> None:
    """Put triggers in force, as a command would."""
    conn = open_connection(path)
    with transaction(conn):
        for body in written:
            triggers.publish(conn, TriggerRow.model_validate(body), NOW)
    conn.close()


@asynccontextmanager
async def open_house(
    path: Path,
    *written: dict[str, Any],
    clock: HandClock | None = None,
    sold: Catalogue | None = None,
    **more: Any,
) -> AsyncGenerator[House]:
    publish(path, *written)
    async with open_shop(path, clock=clock, sold=sold, **more) as shop:
        house = _wired(shop)
        await house.look()
        yield house


def _wired(shop: Shop) -> House:
    ages = Ages()
    for name in ("prices", "offers", "promotions", "stock", "trend"):
        ages.heard(name, shop.clock.business(shop.clock.now()))
    triggers_ = shop.side_effects.triggers
    triggers_.paused = lambda: shop.state.pause.on

    def reaches(want: ContentRequest) -> bool:
        return bool(shop.device_registry.targets(want))

    trigger_scheduler = TriggerScheduler(
        triggers_, ages, execute=shop.executor.execute, reaches=reaches
    )
    return House(shop=shop, triggers=triggers_, trigger_scheduler=trigger_scheduler)
