"""A shop with three tills that speak the JSON of the contract, and short words for what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from devices.messages import Basket, Receipt
from edge.domain.basket import TillBasket
from edge.domain.ids import DeviceId, Token
from edge.storage.people import profiles
from edge.storage.visits import baskets
from models.features.profile import Profile
from tests.edge.builders import ANN, DAY, TILL
from tests.edge.shop import Shop

BENS_CARD = "4100000002"


def line(sku: str | None, quantity: object = 1, price: object = None, **more: object) -> Any:
    """A line as a till writes it; without a price unless one is given."""
    told = {"sku": sku, "quantity": quantity, "price_cents": price, **more}
    return {name: value for name, value in told.items() if value is not None}


@dataclass
class Street:
    """The shop, its tills, and what the centre hears."""

    shop: Shop

    async def say(
        self,
        action: str,
        *lines: object,
        basket: str = "b-1",
        till: str = TILL,
        at: datetime | None = None,
        **more: object,
    ) -> Receipt:
        """One basket message; ``at``: when it was sent, if not now."""
        body: dict[str, object] = {"basket_id": basket, "action": action, **more}
        if lines:
            body["lines"] = lines
        told = Basket.model_validate_json(json.dumps(body))
        return await self.shop.pipeline.intake.accept(self.shop.event(told, till, at=at))

    def pass_by(self, **time: float) -> None:
        """Let time pass."""
        self.shop.clock.at += timedelta(**time)

    def sales(self) -> list[TillBasket]:
        """What was paid, in the order in which the baskets were opened."""
        return list(self.shop.database.read(baskets.paid))

    def baskets(self, number: str = "b-1", till: str = TILL) -> list[TillBasket]:
        """Every basket of a till's number, the latest first."""
        return list(
            self.shop.database.read(lambda conn: baskets.numbered(conn, DeviceId(till), number))
        )

    def told(self, name: str) -> list[Any]:
        """What the centre hears under a name: properties, with the person as ``token`` and the time as ``at``."""
        rows = self.shop.rows(
            "SELECT body, subject, time FROM outbox WHERE type = ? ORDER BY seq",
            f"storeside.{name.lower().replace(' ', '-')}.v1",
        )
        return [
            {**json.loads(body)["properties"], "token": who, "at": at} for body, who, at in rows
        ]

    def orders(self) -> list[tuple[str, str | None, int]]:
        """The till's number, person and amount of each order the centre was told of."""
        return [
            (one["order_id"], one["token"], one["revenue_cents"])
            for one in self.told("Order Completed")
        ]

    def habits(self, token: Token = ANN, day: int = DAY) -> set[int]:
        """What somebody bought on a local day, as it was learned."""
        body = self.shop.database.read(lambda conn: profiles.find(conn, token))
        if body is None:
            return set()
        kept = Profile.from_bytes(body)
        if day not in kept.days:
            return set()
        bit = 1 << kept.days.index(day)
        pairs = zip(kept.keys.tolist(), kept.masks.tolist(), strict=True)
        return {key for key, mask in pairs if mask & bit}
