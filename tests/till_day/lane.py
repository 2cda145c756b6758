"""A till as an outsider would write it: JSON over the real broker, or over HTTP, said again until the receipt."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import aiohttp
from ulid import ULID

from devices.bus import Bus
from devices.line import Inbound, LinkLimits
from edge.lab.bench.bench_store import STORE, BenchStore
from edge.lab.processes import LOOPBACK
from tests.faults.verdict import Stuck
from tests.patience import patient

_PATIENT = LinkLimits(backoff_first_s=0.05, backoff_cap_s=0.5)
_REPEAT_S, _REPEAT_CAP_S = 0.3, 1.2
_WITHIN_S = 90.0
_TAKEN = 202
# Answers that say: ask once more.
_AGAIN = frozenset({"late", "overloaded", "internal"})
Answer = dict[str, Any]


class Lane:
    """One till. ``ahead``: how far its clock is ahead of the real one; ``dates``: it says when it sends."""

    def __init__(
        self, premises: BenchStore, name: str, ahead: timedelta, *, dates: bool
    ) -> None:
        self.name = name
        self.source = f"storeside/1/{STORE}/pos/{name}"
        self.repeats = 0
        self._ahead, self._dates = ahead, dates
        self._premises = premises
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._bus = Bus(
            premises.access(name),
            on_message=self._received,
            subscriptions=[f"{self.source}/receipt", f"{self.source}/answer"],
            limits=_PATIENT,
        )

    async def __aenter__(self) -> Self:
        await self._bus.__aenter__()
        await self._bus.wait_connected(patient(30))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._bus.__aexit__(kind, error, trace)

    def clock(self, ago_s: float = 0) -> str:
        """What its clock shows, or showed so long ago."""
        at = datetime.now(UTC) + self._ahead - timedelta(seconds=ago_s)
        return at.isoformat().replace("+00:00", "Z")

    async def say(self, body: Mapping[str, Any], ago_s: float = 0) -> tuple[str, Answer]:
        """Say a basket's step that happened ``ago_s`` before, until there is a receipt; its event id and receipt.

        Raises:
            Stuck: none came.
        """
        id_ = str(ULID())
        return id_, await self._until_told(
            "event", id_, self._event("basket", id_, body, ago_s)
        )

    async def ask(self, body: Mapping[str, Any]) -> Answer:
        """Ask about an offer, the same question again until it is answered in time. Raises as ``say`` does."""
        id_ = str(ULID())
        question = self._event("offer", id_, body, 0)
        while True:
            answer = await self._until_told("ask", id_, question)
            if answer.get("reason") not in _AGAIN:
                return answer
            self.repeats += 1
            await asyncio.sleep(_REPEAT_S)

    def _event(self, name: str, id_: str, body: Mapping[str, Any], ago_s: float) -> bytes:
        event = {
            "specversion": "1.0",
            "id": id_,
            "source": self.source,
            "type": f"storeside.{name}.v1",
            "time": self.clock(ago_s),
            "data": body,
        }
        return json.dumps(event).encode()

    async def _until_told(self, leaf: str, id_: str, payload: bytes) -> Answer:
        """Publish again and again until a receipt or an answer comes."""
        told: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = told
        wait_s, due = _REPEAT_S, asyncio.get_running_loop().time() + patient(_WITHIN_S)
        try:
            while asyncio.get_running_loop().time() < due:
                self._bus.publish(
                    f"{self.source}/{leaf}",
                    payload,
                    content_type="application/cloudevents+json",
                    correlation=id_.encode(),
                    user={"sentat": self.clock()} if self._dates else None,
                )
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        return await asyncio.shield(told)
                self.repeats += 1
                wait_s = min(2 * wait_s, _REPEAT_CAP_S)
        finally:
            del self._waiting[id_]
        raise Stuck(f"{self.name}: nothing came back on {leaf}")

    async def post(self, body: Mapping[str, Any]) -> tuple[str, list[Answer]]:
        """Send a whole sale over HTTP under one key until it is taken or refused; the key and the receipts.

        Raises:
            Stuck: the door did not answer.
        """
        key = str(ULID())
        login = self._premises.access(self.name)
        url = f"http://{LOOPBACK}:{self._premises.http_port}/v1/pos/transactions"
        due = asyncio.get_running_loop().time() + patient(_WITHIN_S)
        proof = aiohttp.encode_basic_auth(login.username, login.password)
        async with aiohttp.ClientSession(headers={"Authorization": proof}) as session:
            while asyncio.get_running_loop().time() < due:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.post(
                        url,
                        json=body,
                        headers={"Idempotency-Key": key},
                        timeout=aiohttp.ClientTimeout(total=patient(10)),
                    ) as answer:
                        told = await answer.json()
                        if answer.status == _TAKEN:
                            return key, told["results"]
                        if answer.status < 500:
                            return key, [{"accepted": False, "reason": str(told)}]
                self.repeats += 1
                await asyncio.sleep(_REPEAT_S)
        raise Stuck(f"{self.name}: the HTTP door does not answer")

    def _received(self, message: Inbound) -> None:
        told = json.loads(message.payload)
        # An answer is known by what came with its question, a receipt by the id in it.
        id_ = (message.correlation or b"").decode() or str(told.get("id"))
        waiting = self._waiting.get(id_)
        if waiting is not None and not waiting.done():
            waiting.set_result(told)
