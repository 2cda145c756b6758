"""Sales in the form of tills that we did not write: POSLog, orders read by a mapping, and signed webhooks.

Such tills push to these addresses; `devices.tills` reads what they send, and each sale goes to intake as the steps that
`edge.api.devices.pos` makes of a whole basket.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Final, Protocol

from aiohttp import web
from pydantic import Field, ValidationError

from devices.errors import MappingMissing, MappingRefused, MessageRefused, Refusal
from devices.messages.down import Receipt, encode
from devices.messages.envelope import UpEvent
from devices.messages.fields import Key, Wire
from devices.messages.screening import basket_later, screen
from devices.messages.till import (
    Basket,
    BasketAction,
    LineRefusal,
    wrong_field,
)
from devices.tills.mapping import Mappings, OrderMapping
from devices.tills.orders import read_orders
from devices.tills.poslog import read_poslog
from devices.tills.sale import (
    LIMIT,
    MOST_SALES,
    OLDEST,
    SaleRead,
    StoreTerms,
    TillSale,
    sale_key,
)
from devices.tills.webhooks import HEADERS, signed_by
from edge.api.devices.events import Events, received, source
from edge.api.devices.pos import Transaction, event_of, is_taken, steps_of
from edge.api.http.auth import Caller, Guard
from edge.api.http.bodies import read
from edge.api.http.errors import BadBody, BodyTooLarge, NotHere, NotSigned, WrongClass
from edge.api.http.reply import sent, sent_again
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.api.services.idempotency import Idempotency
from edge.domain.clock import Clock

XML: Final = ("application/xml", "text/xml")
_JSON: Final = ("application/json",)
# One wait for receipts: so many sales are on disk well within its time.
_TOGETHER: Final = 25
# What the guard counts wrong signatures under, whatever device was meant.
_WEBHOOK: Final = "webhook"


class SaleResult(Wire):
    """What became of one sale; ``index`` is its place among those that were sent, records that sell nothing included.

    ``lines``: those that were not taken; the others are on disk. ``duplicate``: it was on disk already.
    """

    index: int
    basket_id: Key | None = None
    accepted: bool
    duplicate: bool | None = None
    reason: Refusal | None = None
    field: str | None = Field(default=None, max_length=64)
    lines: tuple[LineRefusal, ...] | None = None


class SalesTaken(Wire):
    """The sales of one push in their order. ``nothing``: how many records sold nothing."""

    accepted: bool
    results: tuple[SaleResult, ...]
    nothing: int


class Signers(Protocol):
    """Who may sign what they send."""

    def secrets(self) -> tuple[tuple[Caller, str], ...]:
        """Each till that has a signing secret, with it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TillReading:
    """What reading other tills takes: the store's zone and currency, its mappings, who signs, and first answers."""

    terms: StoreTerms
    mappings: Mappings
    signers: Signers
    idempotency: Idempotency

    def terms_at(self, now: datetime) -> StoreTerms:
        """The terms at a moment: what is older than sales may be told is no sale of a till's that runs."""
        return replace(self.terms, since=now - OLDEST)


class TillLogRoutes:
    """Takes other tills' logs, orders and webhooks."""

    def __init__(
        self, store: str, guard: Guard, events: Events, clock: Clock, reading: TillReading
    ) -> None:
        self._store = store
        self._guard = guard
        self._events = events
        self._clock = clock
        self._reading = reading

    def operations(self) -> tuple[Operation, ...]:
        """The three addresses of this group."""
        answers = {
            202: ResponseSpec(says="On disk, or why not, sale by sale.", body=SalesTaken)
        }
        return (
            Operation(
                method="POST",
                path="/v1/pos/poslog",
                name="sendPosLog",
                handler=self._take_poslog,
                proof=Proof.DEVICE,
                media=XML,
                answers=answers,
            ),
            Operation(
                method="POST",
                path="/v1/pos/orders/{mapping}",
                name="sendOrders",
                handler=self._take_orders,
                proof=Proof.DEVICE,
                media=_JSON,
                answers=answers,
            ),
            Operation(
                method="POST",
                path="/v1/pos/webhooks/{mapping}",
                name="sendWebhook",
                handler=self._take_webhook,
                proof=Proof.SIGNED,
                headers=dict.fromkeys(HEADERS, "By Standard Webhooks."),
                media=_JSON,
                answers=answers,
            ),
        )

    async def _take_poslog(self, request: web.Request) -> web.Response:
        """Send a till's POSLog of up to 200 sales; the same sale counts once, by the till's own ids."""
        caller = await self._till(request)
        body = await read(request, LIMIT, XML)
        terms = self._reading.terms_at(self._clock.now())
        return _sent(await self._taken(caller, lambda: read_poslog(BytesIO(body), terms)))

    async def _take_orders(self, request: web.Request) -> web.Response:
        """Send one order or a list of up to 200 in a form that a mapping describes; the same order counts once."""
        caller = await self._till(request)
        return _sent(await self._mapped(caller, request, await read(request, LIMIT, _JSON)))

    async def _take_webhook(self, request: web.Request) -> web.Response:
        """Send an order by a signed webhook; the same order counts once, however often it is told."""
        body = await read(request, LIMIT, _JSON)
        callers = {
            str(caller.device): (caller, key) for caller, key in self._reading.signers.secrets()
        }
        keys = [(device, key) for device, (_, key) in callers.items()]
        # A signature is made anew for each till that has a secret: aside from the loop.
        device = await asyncio.to_thread(signed_by, keys, request.headers, body)
        if device is None:
            # After the right ones: behind a proxy a stranger has the address of every sender.
            address = request.remote or ""
            self._guard.tries.check(address, _WEBHOOK)
            self._guard.tries.failed(address, _WEBHOOK)
            raise NotSigned
        return await self._once(callers[device][0], request, body)

    async def _once(self, caller: Caller, request: web.Request, body: bytes) -> web.Response:
        """The first answer to this message; ``webhook-id`` is its key. Raises ``OtherBody``."""
        idempotency, own = self._reading.idempotency, source(self._store, caller)
        key = f"webhook:{sale_key(request.headers[HEADERS[0]])}"
        first = await idempotency.begin(own, key, body)
        if first.answer is not None:
            return sent_again(SalesTaken.model_validate_json(first.answer), status=202)
        taken = await self._mapped(caller, request, body)
        await idempotency.settle(first, encode(taken).decode())
        return _sent(taken)

    async def _till(self, request: web.Request) -> Caller:
        caller = await self._guard.device(request)
        if not caller.device_class.sells:
            raise WrongClass
        return caller

    async def _mapped(self, caller: Caller, request: web.Request, body: bytes) -> SalesTaken:
        name = request.match_info["mapping"]
        mapping = await asyncio.to_thread(self._mapping, name)
        terms = self._reading.terms_at(self._clock.now())
        return await self._taken(caller, lambda: read_orders(body, name, mapping, terms))

    def _mapping(self, name: str) -> OrderMapping:
        try:
            return self._reading.mappings.named(name)
        except (MappingMissing, MappingRefused) as error:
            raise NotHere(str(error)) from error

    async def _taken(
        self, caller: Caller, reading: Callable[[], Iterator[SaleRead]]
    ) -> SalesTaken:
        try:
            # A whole log is read aside from the loop: tills that ask meanwhile are answered.
            found = await asyncio.to_thread(_all, reading)
        except MessageRefused as error:
            self._events.refused(error.reason)
            problem = BodyTooLarge if error.reason is Refusal.TOO_LARGE else BadBody
            raise problem(str(error)) from None
        sender, now = source(self._store, caller), self._clock.now()
        sales = [
            _prepared(index, sale, sender, now)
            for index, sale in enumerate(found)
            if sale is not None
        ]
        results = list[SaleResult]()
        for portion in _portions(sales):
            results += await self._portion(portion)
        return SalesTaken(
            accepted=all(one.accepted for one in results),
            results=tuple(results),
            nothing=len(found) - len(sales),
        )

    async def _portion(self, sales: list[_Prepared]) -> list[SaleResult]:
        """Some sales, begun together and in order; one wait for all their receipts."""
        for sale in sales:
            if sale.refused is not None:
                self._events.refused(sale.refused.reason)
        receipts = iter(
            await received(self._events.accept(step) for sale in sales for step in sale.steps)
        )
        return [_result(sale, tuple(islice(receipts, len(sale.steps)))) for sale in sales]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A sale as the steps of its basket, or why it is none. ``is_end``: it takes back one that was told before."""

    index: int
    number: str | None = None
    steps: tuple[UpEvent, ...] = ()
    is_end: bool = False
    refused: MessageRefused | None = None


def _sent(taken: SalesTaken) -> web.Response:
    return sent(taken, status=202)


def _all(reading: Callable[[], Iterator[SaleRead]]) -> list[SaleRead]:
    found = list(islice(reading(), MOST_SALES + 1))
    if len(found) > MOST_SALES:
        raise MessageRefused(Refusal.TOO_LARGE, f"more than {MOST_SALES} sales")
    return found


def _portions(sales: Iterable[_Prepared]) -> Iterator[list[_Prepared]]:
    """The sales in portions that are on disk one before the next; whatever ends a sale begins a new one."""
    portion = list[_Prepared]()
    for sale in sales:
        if len(portion) == _TOGETHER or (portion and sale.is_end):
            yield portion
            portion = []
        portion.append(sale)
    if portion:
        yield portion


def _prepared(
    index: int, sale: TillSale | MessageRefused, sender: str, at: datetime
) -> _Prepared:
    if isinstance(sale, MessageRefused):
        return _Prepared(index=index, refused=sale)
    try:
        steps = tuple(_steps(sale, sender, at))
    except MessageRefused as refused:
        return _Prepared(index=index, refused=refused)
    return _Prepared(
        index=index,
        number=str(sale.body["basket_id"]),
        steps=steps,
        is_end=sale.body["action"] != BasketAction.COMPLETE,
    )


def _steps(sale: TillSale, sender: str, at: datetime) -> Iterator[UpEvent]:
    """The steps of a sale, held to the contract like a till's own word. Raises MessageRefused."""
    # First what no schema can refuse, numbers of payment cards among it.
    told = screen(json.dumps(sale.body).encode(), Basket.model_fields, basket_later)
    action = told.pop("action")
    try:
        if action == BasketAction.COMPLETE:
            whole = Transaction.model_validate_json(json.dumps(told))
            return steps_of(whole, sale.key, sender, at)
        step = Basket.model_validate_json(json.dumps({**told, "action": action}))
    except ValidationError as error:
        raise MessageRefused(Refusal.MALFORMED, field=wrong_field(error)) from None
    return iter((event_of(step, sale.key, sender, at),))


def _result(sale: _Prepared, receipts: tuple[Receipt, ...]) -> SaleResult:
    if sale.refused is not None:
        refused = sale.refused
        return SaleResult(
            index=sale.index,
            accepted=False,
            reason=refused.reason,
            field=(refused.field or refused.detail)[:64] or None,
        )
    wrong = next((one for one in receipts if not is_taken(one)), None)
    return SaleResult(
        index=sale.index,
        basket_id=sale.number,
        accepted=wrong is None,
        duplicate=all(one.duplicate for one in receipts) or None,
        reason=None if wrong is None else wrong.reason,
        field=None if wrong is None else wrong.field,
        lines=tuple(line for one in receipts for line in one.lines or ()) or None,
    )
