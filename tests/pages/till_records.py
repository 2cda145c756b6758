"""What the real service says to a till: made by a whole shop on a file, for the page to be shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.messages import Ask, OfferAsk, OfferVerb, encode
from edge.domain.catalogue import Product
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.ids import DeviceId, ItemKey, Sku
from edge.pipeline.offer_requests import OfferQuestion
from models.serving.local_fallback import LocalFallback
from tests.edge.builders import TILL, catalogue, offer
from tests.edge.pipeline.test_caps import Device
from tests.edge.shop import CARD, know, open_shop

CHIPS = 5568378
_GOODS = ((CHIPS, "Tortilla chips, 12.5 oz", 275), (1082185, "Bananas", 93))


@dataclass(frozen=True, slots=True, kw_only=True)
class TillRecords:
    """The strip for a shopper who buys chips; the answers to their code and to one that there is not."""

    show: dict[str, Any]
    granted: dict[str, Any]
    refused: dict[str, Any]


async def made(folder: Path) -> TillRecords:
    """Ask a shop that has chips on offer."""
    file = folder / "storeside.db"
    know(file, habits=(CHIPS,))
    products = [
        Product(
            key=ItemKey(key),
            sku=Sku(str(key)),
            name=name,
            category=name,
            department="grocery",
            price_cents=cents,
        )
        for key, name, cents in _GOODS
    ]
    chips = offer(
        "o-chips",
        CHIPS,
        headline="Save 50¢",
        discount=OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=50, code="CHIPS50"),
    )
    sold = catalogue(products, offers=[chips])
    async with open_shop(file, sold=sold, ranker=LocalFallback()) as shop:
        await shop.till("open", 1082185, card=CARD)
        show = await shop.pipeline.decision_requests.answer(
            Device(TILL, "pos"), Ask(placement="till-addon")
        )
        answers = [
            await shop.pipeline.offer_requests.answer(
                OfferQuestion(
                    source="till",
                    key=code,
                    device=DeviceId(TILL),
                    ask=OfferAsk(verb=OfferVerb.REDEEM, basket_id="b-1", code=code),
                )
            )
            for code in ("CHIPS50", "NOTHING")
        ]
    shown, granted, refused = (json.loads(encode(one)) for one in (show, *answers))
    return TillRecords(show=shown, granted=granted, refused=refused)
