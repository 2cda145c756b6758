"""``POST /v1/pos/transactions``: a whole basket in one request, for tills that tell us only when it is paid.

Such tills call it; the basket becomes the steps of a scanning till, and each goes to intake.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from devices.device_classes import BASKET_LIMIT
from devices.errors import Refusal
from devices.messages.down import Receipt
from devices.messages.envelope import UpEvent
from devices.messages.fields import Key, Wire
from devices.messages.screening import basket_later
from devices.messages.till import Basket, BasketAction, Lines, SaleBody
from edge.api.devices.events import Events, received, source
from edge.api.http.auth import Caller, Guard
from edge.api.http.bodies import read, shaped
from edge.api.http.errors import BadBody, OtherBody, WrongClass
from edge.api.http.reply import sent
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.domain.clock import Clock

# Plain characters, because the ids of events are made of it.
_KEY: Final = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~-]{1,64}$")])
_TYPE: Final = "storeside.basket.v1"
# Keys of a busy day; an older one is still harmless, since its events are known by their ids.
_KEYS: Final = 10_000


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

    def __init__(self, store: str, guard: Guard, events: Events, clock: Clock) -> None:
        self._store = store
        self._guard = guard
        self._events = events
        self._clock = clock
        self._bodies: OrderedDict[tuple[str, str], bytes] = OrderedDict()

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
                    "Idempotency-Key": "The till's own id of the sale; 1 to 64 of A-Z a-z 0-9 . _ ~ -"
                },
                answers={202: ResponseSpec(says="On disk, or why not.", body=Taken)},
            ),
        )

    async def _take(self, request: web.Request) -> web.Response:
        """Send a whole paid basket; the same Idempotency-Key counts once."""
        caller = await self._guard.device(request)
        if not caller.device_class.sells:
            raise WrongClass
        key = _key(request)
        body = await read(request, BASKET_LIMIT)
        sale = shaped(body, Transaction, basket_later)
        # Before any step: the same key with another sale must change nothing.
        self._same_body(caller, key, body)
        steps = _steps(sale, key, source(self._store, caller), self._clock.now())
        receipts = await received(self._events.accept(step) for step in steps)
        # Without a payment card that was taken for a loyalty card the sale is nobody's, and taken all the same.
        accepted = all(r.accepted or r.reason is Refusal.CARD_NUMBER for r in receipts)
        return sent(
            Taken(basket_id=sale.basket_id, accepted=accepted, results=receipts), status=202
        )

    def _same_body(self, caller: Caller, key: str, body: bytes) -> None:
        # A digest and not the body, which holds a card's number.
        name, digest = (caller.device, key), hashlib.sha256(body).digest()
        if self._bodies.setdefault(name, digest) != digest:
            raise OtherBody
        while len(self._bodies) > _KEYS:
            self._bodies.popitem(last=False)


def _key(request: web.Request) -> str:
    try:
        return _KEY.validate_python(request.headers.get("Idempotency-Key", ""))
    except ValidationError:
        raise BadBody("Idempotency-Key: expected 1 to 64 of A-Z a-z 0-9 . _ ~ -") from None


def _steps(sale: Transaction, key: str, source: str, at: datetime) -> Iterator[UpEvent]:
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
        # Ids follow from the key: a sale that is sent again after a lost answer is known by them.
        yield UpEvent(id=f"{key}:{step.action}", source=source, type=_TYPE, time=at, data=step)
