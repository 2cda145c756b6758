"""Spoiled basket messages at a real service, over the broker and over HTTP: taken or refused, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from devices.bus import Bus
from devices.line import Inbound
from edge.lab.bench.bench_store import STORE
from edge.lab.processes import LOOPBACK
from edge.storage.connection import open_reader
from edge.storage.visits.basket_text import lines_of_json
from tests.faults.ground import Ground, ground
from tests.faults.hostile import CANARY, Hostile, Json, Spoiler, complaint
from tests.faults.luck import luck
from tests.faults.verdict import Step, Verdict
from tests.patience import patient

MESSAGES_A_TRY = 1_000
_AT_ONCE = 100
_HTTP_OF_THEM = 10
_QUESTIONS_BESIDE = 5
_WITHIN_S = 60.0
_TILL = "till-1"
_SOURCE = f"storeside/1/{STORE}/pos/{_TILL}"
_STRUCTURED = "application/cloudevents+json"
_ACTIONS = (b'"action": "add", ', b'"action": "complete", ')


def enveloped(number: str, data: Json) -> Json:
    """The event of a till of the trial."""
    return {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": _SOURCE,
        "type": "storeside.basket.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }


def asked(number: str, data: Json) -> Json:
    """A question about an offer."""
    return {**enveloped(f"q{number}", data), "type": "storeside.offer.v1"}


@dataclass(slots=True, kw_only=True)
class Answers:
    """What came back. ``forbidden``: words of what was refused; ``good``: lines that must be on disk."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    forbidden: set[str] = field(default_factory=set[str])
    good: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    receipts: list[Json] = field(default_factory=list[Json])
    answered: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, message: Inbound) -> None:
        """A receipt, or the answer to a question."""
        told = json.loads(message.payload)
        if message.topic.endswith("/answer"):
            self.answered += 1
            self.outcomes[f"question: {told.get('reason', 'granted')}"] += 1
            self._look(told)
        else:
            self.receipts.append(told)
        self.news.set()

    async def until(self, receipts: int, answered: int = 0) -> None:
        """Wait until so many came; raises TimeoutError where one of them does not."""
        async with asyncio.timeout(patient(_WITHIN_S)):
            while len(self.receipts) < receipts or self.answered < answered:
                self.news.clear()
                await self.news.wait()

    def judge(self, sent: list[Hostile]) -> list[str]:
        """Hold the receipts against what was sent; the numbers of baskets that are open now."""
        by_id = {str(one.get("id")): one for one in self.receipts}
        taken = list[str]()
        for one in sent:
            # Without an id where none could be read: then it was refused.
            receipt = by_id.get(f"e-{one.number}")
            lines = () if receipt is None else receipt.get("lines", ())
            if receipt is None or not receipt["accepted"]:
                self.forbidden.add(one.canary)
            else:
                taken.append(one.number)
                if one.good:
                    self.good[one.number] = set(one.good)
                if any(line["index"] == one.spoiled for line in lines):
                    self.forbidden.add(one.canary)
        for receipt in self.receipts:
            self.outcomes[str(receipt.get("reason", "accepted"))] += 1
            self._look(receipt)
        self.receipts.clear()
        return taken

    def _look(self, receipt: Json) -> None:
        words = complaint(receipt)
        if words is not None or CANARY.search(json.dumps(receipt)):
            self.wrong.append(words or f"repeats what was sent: {receipt}")


async def spoil_messages(seed: int, tries: int, step: Step) -> Verdict:
    """A thousand spoiled messages a try: an answer to each, from the closed list; good lines stay, bad ones nowhere."""
    async with ground(seed) as here:
        await here.open()
        pid, answers = here.premises.service.pid, Answers()
        spoiler, asker = Spoiler(luck(seed), enveloped), Spoiler(luck(seed + 1), asked)
        told = [f"{_SOURCE}/receipt", f"{_SOURCE}/answer"]
        login = here.premises.access(_TILL)
        async with Bus(login, on_message=answers.heard, subscriptions=told) as bus:
            await bus.wait_connected(patient(30))
            for _ in range(tries):
                for _ in range(MESSAGES_A_TRY // _AT_ONCE):
                    await _some(here, bus, spoiler, asker, answers)
                step()
        same = here.premises.service.pid == pid
        memory_mb = here.premises.service.memory_mb()
        await here.premises.service.stop()
        log = (here.premises.folder / "service.log").read_text(encoding="utf-8")
        found = await asyncio.to_thread(_on_disk, here.premises.database, answers)
        return Verdict(
            name="spoiled messages",
            promise="each is taken or refused from the closed list; good lines kept, bad ones nowhere",
            tries=tries * MESSAGES_A_TRY,
            violations=(
                *answers.wrong[:5],
                *found,
                *(() if same else ("the service ended",)),
                *_logged(log, answers),
            ),
            figures={
                "messages": tries * MESSAGES_A_TRY,
                "answers": dict(answers.outcomes.most_common()),
                "memory_mb": memory_mb,
            },
        )


async def _some(
    here: Ground, bus: Bus, spoiler: Spoiler, asker: Spoiler, answers: Answers
) -> None:
    """Some at once over the broker, some of them as whole sales over HTTP; what they opened is left behind."""
    sent, before = [spoiler.make() for _ in range(_AT_ONCE)], answers.answered
    questions = [asker.question() for _ in range(_QUESTIONS_BESIDE)]
    for one in questions:
        bus.publish(f"{_SOURCE}/ask", one.payload, content_type=_STRUCTURED)
    over_http, over_mqtt = sent[:_HTTP_OF_THEM], sent[_HTTP_OF_THEM:]
    for one in over_mqtt:
        bus.publish(f"{_SOURCE}/event", one.payload, content_type=_STRUCTURED)
    await asyncio.gather(*(_posted(here, one, answers) for one in over_http))
    await answers.until(len(over_mqtt), before + len(questions))
    taken = answers.judge(over_mqtt)
    for number in taken:
        left = enveloped(f"{number}-left", {"basket_id": number, "action": "abandon"})
        bus.publish(f"{_SOURCE}/event", json.dumps(left).encode())
    await answers.until(len(taken))
    answers.receipts.clear()


async def _posted(here: Ground, one: Hostile, answers: Answers) -> None:
    """As a whole sale: 202 with receipts, or a problem of ours that repeats nothing."""
    body = one.payload
    if one.spoiled is not None:
        body = json.dumps(json.loads(one.payload)["data"]).encode()
        for action in _ACTIONS:
            body = body.replace(action, b"")
    login = here.premises.access(_TILL)
    proof = aiohttp.encode_basic_auth(login.username, login.password)
    async with (
        aiohttp.ClientSession(headers={"Authorization": proof}) as session,
        session.post(
            f"http://{LOOPBACK}:{here.premises.http_port}/v1/pos/transactions",
            data=body,
            headers={"Idempotency-Key": one.number, "Content-Type": "application/json"},
            timeout=aiohttp.ClientTimeout(total=patient(_WITHIN_S)),
        ) as answer,
    ):
        text = await answer.text()
        answers.outcomes[f"HTTP {answer.status}"] += 1
        if answer.status not in {202, 400, 413} or CANARY.search(text):
            answers.wrong.append(f"HTTP {answer.status}: {text[:200]}")


def _on_disk(database: Path, answers: Answers) -> tuple[str, ...]:
    with closing(open_reader(database)) as conn:
        rows = conn.execute("SELECT number, lines FROM baskets").fetchall()
        stored = {word for statement in conn.iterdump() for word in CANARY.findall(statement)}
    kept = {number: {line.line_id for line in lines_of_json(lines)} for number, lines in rows}
    lost = [n for n, good in answers.good.items() if not good <= kept.get(n, set())]
    told = answers.forbidden & stored
    return (
        *((f"good lines of {len(lost)} messages are not on disk: {lost[:3]}",) if lost else ()),
        *((f"{len(told)} refused messages left a trace on disk",) if told else ()),
    )


def _logged(log: str, answers: Answers) -> tuple[str, ...]:
    told = answers.forbidden & set(CANARY.findall(log))
    return (
        *((f"{len(told)} refused messages left a trace in the log",) if told else ()),
        *(("the log has a traceback",) if "Traceback" in log else ()),
    )
