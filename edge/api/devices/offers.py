"""``POST /v1/pos/offers``: would this offer be granted, take it off, put it back – for tills that speak HTTP.

Such tills call it with what others ask over MQTT; `edge.pipeline.offer_requests` answers both alike.
"""

from __future__ import annotations

from typing import Protocol
from uuid import uuid4

from aiohttp import web

from devices.messages.down import OfferAnswer
from devices.messages.up import OfferAsk
from edge.api.devices.events import source
from edge.api.http.auth import Guard
from edge.api.http.bodies import read, shaped
from edge.api.http.errors import WrongClass
from edge.api.http.reply import sent, sent_again
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.api.services.idempotency import HEADER, Idempotency, checked_key
from edge.pipeline.offer_requests import OfferQuestion


class Offers(Protocol):
    """The way to an offer, the same for every transport."""

    async def answer(self, question: OfferQuestion) -> OfferAnswer:
        """The first answer to this question, on disk; past its deadline that it is late."""
        ...


class OfferRoutes:
    """Answers tills about offers."""

    def __init__(
        self, store: str, guard: Guard, offers: Offers, idempotency: Idempotency
    ) -> None:
        self._store = store
        self._guard = guard
        self._offers = offers
        self._idempotency = idempotency

    def operations(self) -> tuple[Operation, ...]:
        """The one address of this door."""
        return (
            Operation(
                method="POST",
                path="/v1/pos/offers",
                name="askForOffer",
                handler=self._answer,
                proof=Proof.DEVICE,
                takes=OfferAsk,
                headers={
                    HEADER: "The till's own id of the question; the same gets its answer again."
                },
                answers={
                    200: ResponseSpec(
                        says="Granted with its discount, or why not.", body=OfferAnswer
                    )
                },
            ),
        )

    async def _answer(self, request: web.Request) -> web.Response:
        """Ask for an offer on an open basket: inquire, redeem or reverse; answered within deadline_ms."""
        caller = await self._guard.device(request)
        if not caller.device_class.sells:
            raise WrongClass
        # Who names no question asks a new one.
        key = f"offer:{checked_key(request.headers.get(HEADER) or uuid4().hex)}"
        body = await read(request)
        ask = shaped(body, OfferAsk)
        own = source(self._store, caller)
        first = await self._idempotency.begin(own, key, body)
        if first.answer is not None:
            return sent_again(OfferAnswer.model_validate_json(first.answer))
        question = OfferQuestion(
            source=own, key=key, device=caller.device, ask=ask, digest=first.digest
        )
        return sent(await self._offers.answer(question))
