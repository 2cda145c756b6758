"""``POST /v1/events``: a device's CloudEvents over HTTP, one or a batch; answered when they are on disk.

Devices that speak HTTP call it; what is taken goes to `edge.pipeline.intake`, the way of every other event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Final, Protocol

from aiohttp import web

from devices.errors import MessageRefused, Refusal
from devices.messages.down import Receipt
from devices.messages.envelope import (
    ATTRIBUTE_HEADER,
    BATCH_LIMIT,
    UpEvent,
    parse_binary_event,
    parse_http_event,
)
from devices.messages.events import CloudEvent
from devices.messages.fields import Wire
from devices.messages.up import Ask, OfferAsk
from devices.topics import source_of
from edge.api.http.auth import Caller, Guard
from edge.api.http.bodies import JSON, read
from edge.api.http.errors import BadBody, BodyTooLarge, NoReceipt
from edge.api.http.reply import sent
from edge.api.http.route import Operation, Proof, ResponseSpec

# Past this the sender is told to come again; the same ids make that harmless.
RECEIPT_S: Final = 5.0


class Events(Protocol):
    """The way in for events, the same for every transport."""

    async def accept(self, event: UpEvent) -> Receipt:
        """Take ``event``; the receipt comes when it is on disk, or says why it was not taken.

        A repeat of a taken event hears its first verdict again, marked as a duplicate. Called in the order of arrival,
        without waiting in between. Raises ``StorageFailed``.
        """
        ...

    def refused(self, reason: Refusal) -> None:
        """Count a message that was refused before it was an event."""
        ...


class Results(Wire):
    """One receipt for each event, in the order in which they came."""

    results: tuple[Receipt, ...]


class EventRoutes:
    """Takes events from devices that speak HTTP."""

    def __init__(self, store: str, guard: Guard, events: Events) -> None:
        self._store = store
        self._guard = guard
        self._events = events

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this door."""
        return (
            Operation(
                method="POST",
                path="/v1/events",
                name="sendEvents",
                handler=self._take,
                proof=Proof.DEVICE,
                takes=CloudEvent,
                many=True,
                answers={202: ResponseSpec(says="A receipt for each event.", body=Results)},
            ),
        )

    async def _take(self, request: web.Request) -> web.Response:
        """Send one CloudEvent (also in binary mode) or a batch of up to 200; answered when they are on disk."""
        caller = await self._guard.device(request)
        body = await read(request, BATCH_LIMIT)
        try:
            found = _parsed(request, body)
        except MessageRefused as error:
            # Counted like a refusal over the broker: the reasons are one list.
            self._events.refused(error.reason)
            raise _problem(error) from None
        receipts = await received(self._receipt(one, caller) for one in found)
        return sent(Results(results=receipts), status=202)

    async def _receipt(self, found: UpEvent | MessageRefused, caller: Caller) -> Receipt:
        if isinstance(found, UpEvent):
            if found.source != source(self._store, caller):
                found = MessageRefused(Refusal.WRONG_SOURCE, event_id=found.id, field="source")
            elif isinstance(found.data, Ask | OfferAsk):
                # A question has an address of its own, with a deadline; here nobody would wait for its answer.
                found = MessageRefused(Refusal.UNKNOWN_TYPE, event_id=found.id, field="type")
            else:
                return await self._events.accept(found)
        self._events.refused(found.reason)
        return Receipt(
            id=found.event_id, accepted=False, reason=found.reason, field=found.field
        )


def _parsed(request: web.Request, body: bytes) -> list[UpEvent | MessageRefused]:
    """The events of a request in any of CloudEvents' three modes: binary, structured, batch."""
    names = (name.lower() for name in request.headers)
    # A document that says it is whole is one, whatever stands beside it.
    if request.content_type == JSON[0] and any(n.startswith(ATTRIBUTE_HEADER) for n in names):
        return parse_binary_event(request.headers.items(), body)
    return parse_http_event(body)


def source(store: str, caller: Caller) -> str:
    """The only ``source`` that ``caller`` may put on its events."""
    return source_of(store, caller.device_class, caller.device)


async def received(steps: Iterable[Coroutine[object, object, Receipt]]) -> tuple[Receipt, ...]:
    """All receipts in order. Raises ``NoReceipt`` after five seconds; what was begun is finished all the same."""
    # Begun together and in order, as intake asks; the timeout ends the waiting, not the work.
    work = asyncio.gather(*steps)
    try:
        async with asyncio.timeout(RECEIPT_S):
            return tuple(await asyncio.shield(work))
    except TimeoutError:
        raise NoReceipt from None


def _problem(error: MessageRefused) -> BadBody | BodyTooLarge:
    return (
        BodyTooLarge(str(error)) if error.reason is Refusal.TOO_LARGE else BadBody(str(error))
    )
