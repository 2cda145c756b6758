"""A till asks for an offer and is answered in time: on disk before it is granted, and the same question answered alike.

The intake passes on what is asked over MQTT, the route of offers what is asked over HTTP; `offer_claims` judges.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from devices.errors import MessageRefused, Refusal
from devices.messages import OfferAnswer, OfferAsk, OfferVerb, UpEvent, encode
from devices.topics import Topic
from edge.domain.clock import Clock
from edge.domain.event import StoreEvent
from edge.domain.ids import DeviceId, event_name
from edge.domain.transitions.transition import OfferClaim, Transition
from edge.pipeline.decision_requests import InboundMessage
from edge.pipeline.executor import Executor
from edge.pipeline.offer_claims import OfferClaims
from edge.state.counters import Counters
from edge.state.device_registry import DeviceRegistry
from edge.storage.change_set import ChangeSet, save
from edge.storage.database import Database
from edge.storage.operations import first_answers
from edge.storage.operations.first_answers import FirstAnswer

_LATE: Final = OfferAnswer(granted=False, reason=Refusal.LATE)
_FULL: Final = OfferAnswer(granted=False, reason=Refusal.OVERLOADED)
_LOST: Final = OfferAnswer(granted=False, reason=Refusal.INTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferQuestion:
    """One question of one till. ``source`` and ``key`` name it for good; ``digest`` is its body's, if kept."""

    source: str
    key: str
    device: DeviceId
    ask: OfferAsk
    digest: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRequests:
    """Answers questions about offers, over MQTT (`ask`) and over HTTP (`answer`)."""

    claims: OfferClaims
    executor: Executor
    database: Database
    device_registry: DeviceRegistry
    clock: Clock
    counters: Counters
    under_way: dict[tuple[str, str], asyncio.Future[OfferAnswer]] = field(
        default_factory=dict[tuple[str, str], "asyncio.Future[OfferAnswer]"]
    )

    def ask(self, event: UpEvent, ask: OfferAsk, message: InboundMessage) -> None:
        """Answer under the asker's correlation data within its deadline, whatever the device's clock says."""
        loop = asyncio.get_running_loop()
        device, surface = DeviceId(event.topic.device), event.topic.device_class.value
        reply: asyncio.Future[OfferAnswer] = loop.create_future()
        reply.add_done_callback(
            lambda done: self.device_registry.answer(
                device, surface, done.result(), message.correlation
            )
        )
        due = message.received + ask.deadline_ms / 1000
        # What has waited too long in our own queue is not begun: nobody would take it off.
        if loop.time() >= due:
            _settle(reply, _LATE)
            return
        timer = loop.call_at(due, _settle, reply, _LATE)
        # Events have ids of their own: the mark keeps a question and an event of one id apart.
        question = OfferQuestion(
            source=event.source, key=f"ask:{event.id}", device=device, ask=ask
        )

        def answered(done: asyncio.Future[OfferAnswer]) -> None:
            timer.cancel()
            _settle(reply, _LOST if _is_lost(done) else done.result())

        self._answered(question).add_done_callback(answered)

    def refuse(self, topic: Topic, message: InboundMessage, refused: MessageRefused) -> None:
        """Answer at once what is no question about an offer: a till waits for an answer, not for a receipt."""
        self.counters.refuse(refused.reason.value)
        answer = OfferAnswer(granted=False, reason=refused.reason, field=refused.field)
        device, surface = DeviceId(topic.device), topic.device_class.value
        self.device_registry.answer(device, surface, answer, message.correlation)

    async def answer(self, question: OfferQuestion) -> OfferAnswer:
        """Answer a till that speaks HTTP. Past its deadline it is told so; the same question brings the answer later.

        Raises:
            StorageFailed: the service ends for this.
        """
        try:
            async with asyncio.timeout(question.ask.deadline_ms / 1000):
                return await asyncio.shield(self._answered(question))
        except TimeoutError:
            return _LATE

    def _answered(self, question: OfferQuestion) -> asyncio.Future[OfferAnswer]:
        """The first answer to this very question; it is true when it is there."""
        name = (question.source, question.key)
        # Still being written: the repeat waits with the first.
        if (first := self.under_way.get(name)) is not None:
            return first
        answer: asyncio.Future[OfferAnswer] = asyncio.get_running_loop().create_future()
        kept = self.database.read(partial(first_answers.find, source=name[0], key=name[1]))
        if kept is not None and kept.answer is not None:
            answer.set_result(OfferAnswer.model_validate_json(kept.answer))
        # Said before memory follows: memory must not give what the disk would not take.
        elif self.database.shortage is not None:
            answer.set_result(_FULL)
        else:
            self._judged(question, answer)
        return answer

    def _judged(self, question: OfferQuestion, answer: asyncio.Future[OfferAnswer]) -> None:
        at = self.clock.business(self.clock.now())
        verdict = self.claims.judge(question.device, question.ask, at)
        self._count(verdict.answer)
        if question.ask.verb is OfferVerb.INQUIRE:
            answer.set_result(verdict.answer)
            return
        name = (question.source, question.key)
        first = FirstAnswer(
            source=question.source,
            key=question.key,
            digest=question.digest,
            answer=encode(verdict.answer).decode(),
        )
        self.under_way[name] = answer
        written = self._written(question, verdict.claim, ChangeSet(at=at, answers=(first,)))

        def done(result: asyncio.Future[bool]) -> None:
            self.under_way.pop(name, None)
            if answer.done():
                return
            if _is_lost(result):
                answer.set_exception(result.exception() or asyncio.CancelledError())
            else:
                answer.set_result(verdict.answer)

        written.add_done_callback(done)

    def _written(
        self, question: OfferQuestion, claim: OfferClaim | None, change_set: ChangeSet
    ) -> asyncio.Future[bool]:
        if claim is None:
            return self.database.submit(partial(save, change_set=change_set))
        fact = _fact(question, claim, change_set.at)
        return self.executor.execute(Transition(facts=(fact,), claim=claim), change_set)

    def _count(self, answer: OfferAnswer) -> None:
        self.counters.counts["answers"] += 1
        if answer.reason is not None:
            self.counters.refuse(answer.reason.value)


def _settle(reply: asyncio.Future[OfferAnswer], answer: OfferAnswer) -> None:
    """The timer and the disk race for one answer; whoever is second is silent."""
    if not reply.done():
        reply.set_result(answer)


def _is_lost(done: asyncio.Future[OfferAnswer] | asyncio.Future[bool]) -> bool:
    return done.cancelled() or done.exception() is not None


def _fact(question: OfferQuestion, claim: OfferClaim, at: datetime) -> StoreEvent:
    """What the centre is told of an offer that is given or put back."""
    return StoreEvent(
        id=event_name(question.source, question.key),
        name="Coupon Removed" if claim.undone else "Coupon Applied",
        at=at,
        source=question.source,
        visit=claim.basket.visit,
        token=claim.token,
        properties={
            "basket_id": claim.basket.number,
            "sale_id": claim.basket.id,
            "decision_id": claim.decision_id,
            "promotion_id": claim.offers[0],
            "action": question.ask.verb.value,
        },
    )
