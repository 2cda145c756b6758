"""``POST /v1/pos/transactions``: a whole basket in one request, for tills that tell us only when it is paid.

Such tills call it; the basket becomes the steps of a scanning till, and each goes to intake.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from aiohttp import web
from pydantic import Field

from devices.device_classes import BASKET_LIMIT
from devices.errors import Refusal
from devices.messages.down import Receipt, encode
from devices.messages.envelope import UpEvent
from devices.messages.fields import Key, Wire
from devices.messages.screening import basket_later
from devices.messages.till import Basket, BasketAction, Lines, SaleBody
from edge.api.devices.events import Events, received, source
from edge.api.http.auth import Guard
from edge.api.http.bodies import read, shaped
from edge.api.http.errors import WrongClass
from edge.api.http.reply import sent, sent_again
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.api.services.idempotency import HEADER, Idempotency, checked_key
from edge.domain.clock import Clock

_TYPE: Final = "storeside.basket.v1"


class Transaction(SaleBody):
    """A paid basket. ``loyalty`` is the card that was shown; it is tokenised on the way in, never stored.

    ``sold_at``: when, of a sale told late. ``coupons``: how many of any kind were handed in.
    """

    basket_id: Key
    lines: Lines = Field(min_length=1, max_length=500)


class Taken(Wire):
    """Whether all of the basket is on disk, with the receipt of each of its steps."""

    basket_id: Key
    accepted: bool
    results: tuple[Receipt, ...]


class PosRoutes:
    """Takes whole baskets."""

    def __init__(
        self, store: str, guard: Guard, events: Events, clock: Clock, idempotency: Idempotency
    ) -> None:
        self._store = store
        self._guard = guard
        self._events = events
        self._clock = clock
        self._idempotency = idempotency

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this door."""
        return (
            Operation(
                method="POST",
                path="/v1/pos/transactions",
                name="sendTransaction",
                handler=self._take,
                proof=Proof.DEVICE,
                takes=Transaction,
                headers={
                    HEADER: "The till's own id of the sale; 1 to 64 of A-Z a-z 0-9 . _ ~ -"
                },
                answers={202: ResponseSpec(says="On disk, or why not.", body=Taken)},
            ),
        )

    async def _take(self, request: web.Request) -> web.Response:
        """Send a whole paid basket; the same Idempotency-Key counts once."""
        caller = await self._guard.device(request)
        if not caller.device_class.sells:
            raise WrongClass
        key = checked_key(request.headers.get(HEADER, ""))
        body = await read(request, BASKET_LIMIT)
        sale = shaped(body, Transaction, basket_later)
        own = source(self._store, caller)
        # Before any step: the same key with another sale must change nothing.
        first = await self._idempotency.begin(own, f"sale:{key}", body)
        if first.answer is not None:
            return sent_again(Taken.model_validate_json(first.answer), status=202)
        steps = steps_of(sale, key, own, self._clock.now())
        receipts = await received(self._events.accept(step) for step in steps)
        accepted = all(map(is_taken, receipts))
        taken = Taken(basket_id=sale.basket_id, accepted=accepted, results=receipts)
        await self._idempotency.settle(first, encode(taken).decode())
        return sent(taken, status=202)


def steps_of(sale: Transaction, key: str, source: str, at: datetime) -> Iterator[UpEvent]:
    """The basket as the steps that a scanning till would have sent, under ids made from the key."""
    number, sold_at = sale.basket_id, sale.sold_at
    steps = [Basket(basket_id=number, action=BasketAction.OPEN, sold_at=sold_at)]
    if sale.loyalty is not None:
        steps.append(
            Basket(
                basket_id=number,
                action=BasketAction.IDENTIFY,
                loyalty=sale.loyalty,
                sold_at=sold_at,
            )
        )
    # All lines with the last step: such a till tells nothing before the sale is paid.
    steps.append(
        Basket(
            basket_id=number,
            action=BasketAction.COMPLETE,
            lines=sale.lines,
            sold_at=sold_at,
            currency=sale.currency,
            discounts=sale.discounts,
            tenders=sale.tenders,
            coupons=sale.coupons,
        )
    )
    for step in steps:
        yield event_of(step, key, source, at)


def event_of(step: Basket, key: str, source: str, at: datetime) -> UpEvent:
    """One step as an event; its id follows from the key: what is sent again after a lost answer is known by it."""
    return UpEvent(id=f"{key}:{step.action}", source=source, type=_TYPE, time=at, data=step)


def is_taken(receipt: Receipt) -> bool:
    """Whether a step cost nothing: it is on disk, or named a payment card as a loyalty card, which is nobody's."""
    return receipt.accepted or receipt.reason is Refusal.CARD_NUMBER
