"""The whole day at a real service: eight tills with wrong clocks, customers side by side, and `kill -9` in between."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from devices.messages import Receipt as WireReceipt
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import ItemKey, OfferId, Sku
from edge.domain.offer import Offer
from edge.domain.trade_unit import TradeUnit
from edge.lab.bench.bench_store import BenchStore
from edge.lab.bench.catalogue import TIME_ZONE, loyalty
from edge.storage.catalogue import offers, products, stock
from edge.storage.connection import open_connection, transaction
from models.items import item_key
from tests.faults.diary import Diary
from tests.faults.ground import Ground
from tests.faults.verdict import Stuck
from tests.patience import patient
from tests.till_day.goods import ARTICLES, LAYOUTS, OFF_CENTS, OFFERS, ON_HAND, code_of
from tests.till_day.lane import Lane
from tests.till_day.plan import TILLS, Script, Step

_AT_ONCE = 10
_FURTHEST_S = 2 * 3600
_STUCK_S = 180.0


@dataclass(slots=True, kw_only=True)
class Play:
    """Plays scripts at the tills. ``refused``: what was not taken, in words; ``overlaps``: two tills, one card."""

    ground: Ground
    scripts: list[Script]
    chance: random.Random
    lanes: dict[str, Lane] = field(default_factory=dict[str, Lane])
    refused: Counter[str] = field(default_factory=Counter[str])
    overlaps: int = 0
    late: int = 0
    repaired: int = 0
    repeated: int = 0
    paid: int = 0
    _here: Counter[int] = field(default_factory=Counter[int])
    _done: list[asyncio.Event] = field(default_factory=list[asyncio.Event])
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until_paid(self, receipts: int) -> None:
        """Wait until so many receipts are paid, or all is over.

        Raises:
            Stuck: nothing happens any more.
        """
        while self.paid < receipts:
            self._news.clear()
            try:
                async with asyncio.timeout(patient(_STUCK_S)):
                    await self._news.wait()
            except TimeoutError as error:
                raise Stuck(f"no receipt paid for {_STUCK_S:g} s") from error

    async def run(self) -> None:
        """All scripts, several at once; a till serves one customer at a time."""
        locks = {till: asyncio.Lock() for till in TILLS}
        self._done = [asyncio.Event() for _ in self.scripts]
        turns = iter(range(len(self.scripts)))
        async with AsyncExitStack() as lines:
            for number, till in enumerate(TILLS):
                # As far as two hours off either way, and steady; every other till says when it sends.
                ahead = timedelta(seconds=_ahead_s(number))
                lane = Lane(self.ground.premises, till, ahead, dates=number % 2 == 0)
                self.lanes[till] = await lines.enter_async_context(lane)
            async with asyncio.TaskGroup() as workers:
                for _ in range(_AT_ONCE):
                    workers.create_task(self._work(turns, locks))
            self.repeated = sum(lane.repeats for lane in self.lanes.values())

    async def _work(self, turns: Iterable[int], locks: dict[str, asyncio.Lock]) -> None:
        for turn in turns:
            script = self.scripts[turn]
            if script.after is not None:
                await self._done[script.after].wait()
            self._enter(script.person)
            await self._played(script, locks)
            self._leave(script.person)
            self.paid += script.paid
            self._done[turn].set()
            self._news.set()

    async def _played(self, script: Script, locks: dict[str, asyncio.Lock]) -> None:
        steps = script.steps
        while steps:
            till = steps[0].till
            here = next((n for n, s in enumerate(steps) if s.till != till), len(steps))
            async with locks[till]:
                for step in steps[:here]:
                    await self._said(step)
            steps = steps[here:]

    async def _said(self, step: Step) -> None:
        lane, body = self.lanes[step.till], dict(step.body)
        if "loyalty" in body:
            body["loyalty"] = loyalty(body["loyalty"])
        if step.sold_ago_s is not None:
            body["sold_at"] = lane.clock(step.sold_ago_s)
        self.late += step.sold_ago_s is not None or step.ago_s > 0
        if step.asks:
            answer = await lane.ask(body)
            if not answer["granted"]:
                self.refused[f"{body['verb']}: {answer.get('reason')}"] += 1
            return
        if step.http:
            key, receipts = await lane.post(body)
            pairs = [(str(r.get("id", key)), r) for r in receipts]
        else:
            pairs = [await lane.say(body, step.ago_s)]
        for id_, receipt in pairs:
            self._receipt(lane, step, id_, receipt)

    def _receipt(self, lane: Lane, step: Step, id_: str, receipt: dict[str, Any]) -> None:
        again = receipt.get("duplicate") or receipt.get("reason") == "duplicate"
        self.repaired += bool(receipt.get("time_repaired"))
        if not (receipt["accepted"] or again) or receipt.get("lines"):
            what = {k: v for k, v in receipt.items() if k not in {"id", "accepted"}}
            self.refused[f"{step.body.get('action', 'transaction')}: {what}"] += 1
            return
        diary: Diary = self.ground.diary
        diary.said += 1
        taken = WireReceipt(id=id_, accepted=True)
        # A basket says nothing of consents, which are all that the diary looks for.
        diary.receipt((lane.source, id_), None, taken)  # type: ignore[arg-type]  # see above

    def _enter(self, person: int | None) -> None:
        if person is not None:
            self.overlaps += self._here[person] > 0
            self._here[person] += 1

    def _leave(self, person: int | None) -> None:
        if person is not None:
            self._here[person] -= 1


def _ahead_s(number: int) -> float:
    """The clocks of the tills: one is right, the furthest are two hours off."""
    return _FURTHEST_S * (0, 1, -1, 0.5, -0.5, 0.01, -0.01, 0.25)[number % 8]


def zone_at_noon() -> str:
    """A time zone in which it is about noon, so that no day ends while the trial runs."""
    east = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-east:+}" if east else "Etc/GMT"


def furnished(premises: BenchStore) -> str:
    """Give the shop its goods, its labels' layouts, and a time zone in which it is noon; the zone's name."""
    zone = zone_at_noon()
    settings = premises.config.read_text(encoding="utf-8").replace(TIME_ZONE, zone)
    layouts = ", ".join(f'"{one}"' for one in LAYOUTS)
    premises.config.write_text(
        f"{settings}\n[goods]\nvariable_measure = [{layouts}]\n", encoding="utf-8"
    )
    rows = [
        {
            "sku": one.sku,
            "name": f"Article {one.sku}",
            "category": "day",
            "department": "GROCERY",
            "price_cents": one.price,
            "unit": one.unit,
        }
        for one in ARTICLES.values()
    ]
    now = datetime.now(UTC)
    with closing(open_connection(premises.database)) as conn, transaction(conn):
        products.upsert(conn, rows)
        for one in ARTICLES.values():
            stock.put(conn, Sku(one.sku), ON_HAND, now, TradeUnit(one.unit))
        offers.upsert(conn, [_offer(name, sku, now) for name, sku in OFFERS.items()])
    return zone


def _offer(name: str, sku: str, now: datetime) -> Offer:
    """Twenty cents off one article for whoever says the code, as often as they like."""
    return Offer(
        id=OfferId(name),
        headline="Save 20¢",
        items=(ItemKey(item_key(sku)),),
        category="day",
        discount_cents=OFF_CENTS,
        starts_at=now - timedelta(days=3),
        ends_at=now + timedelta(days=3),
        campaign="day",
        discount=OfferDiscount(
            kind=OfferDiscountKind.AMOUNT, amount=OFF_CENTS, code=code_of(name)
        ),
    )
