"""A day at two tills, played in a real shop: what was sold, what came back, and everything that was counted of it."""

from __future__ import annotations

import json
import struct
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from devices.messages import Basket, BasketAction, Line, Receipt
from devices.messages.till import OriginalSale, TillLineKind
from edge.domain.catalogue import Catalogue
from edge.domain.challenge import Challenge, ChallengeReward
from edge.domain.experiment import Design
from edge.domain.exposure_memory import DISMISSED, OfferResponse
from edge.domain.ids import ItemKey, OfferId, Sku, Token
from edge.domain.trade_unit import TradeUnit
from edge.storage.catalogue import challenges, item_pairs, stock
from edge.storage.catalogue.item_pairs import PairKind
from edge.storage.connection import open_connection, transaction
from edge.storage.decisions import responses
from edge.storage.decisions.responses import StoredResponse
from edge.storage.people import profiles
from models.features.profile import Profile
from models.items import UNKNOWN
from models.statistics.pairs import PairCounts
from tests.edge.builders import (
    ANN,
    BEN,
    KIOSK_2,
    NOW,
    TILL,
    TILL_2,
    campaign,
    catalogue,
    later,
    offer,
)
from tests.edge.fakes import HandClock
from tests.edge.shop import CARD, SCREENS, Shop, know, open_shop

BENS_CARD = "4100000002"
CARDS = {ANN: CARD, BEN: BENS_CARD}
TILLS = (TILL, TILL_2)
COUNTED = {1: 40, 2: 2, 3: 40, 4: 40}
"""Pieces on the shelf; of the second fewer than may be sold."""
TURNED_DOWN = (1, 3)
"""What Ann has turned down, which rejects nothing."""
CHALLENGE = Challenge(
    id="week",
    headline="Three this week",
    starts_at=later(days=-7),
    ends_at=later(days=30),
    reward=ChallengeReward(offer=OfferId("gift")),
)


def goods() -> Catalogue:
    """Offers on half of what is sold, in a test of people and in one of stretches; nobody is held out."""
    return catalogue(
        offers=[
            offer("gift", 9, cents=200, campaign="june"),
            offer("milk", 1, 2, cents=20, campaign="june"),
            offer("bread", 3, category="category 3", cents=30, campaign="turns"),
        ],
        campaigns=[campaign(), campaign("turns", design=Design.SWITCHBACK)],
    )


@dataclass(frozen=True, kw_only=True)
class Sold:
    """One line; ``price``: of one unit."""

    item: int
    quantity: str = "1"
    price: int = 200
    unit: str = "each"

    def told(self, **more: object) -> Line:
        return Line.model_validate(
            {
                "sku": str(self.item),
                "quantity": Decimal(self.quantity),
                "unit": self.unit,
                "price_cents": self.price,
                **more,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Sale:
    """A basket that is filled and paid; ``buyer``: whose card it is."""

    number: str
    lines: tuple[Sold, ...]
    buyer: Token | None = ANN
    till: int = 0
    coupons: int = 0


@dataclass(frozen=True, kw_only=True)
class Return:
    """A basket in which goods come back: of line ``place`` of sale ``of``."""

    number: str
    of: str
    place: int
    quantity: str
    by: Token | None = ANN
    till: int = 1


@dataclass(frozen=True, kw_only=True)
class Void:
    """A sale or a return is taken back whole at its till."""

    number: str


Step = Sale | Return | Void


@dataclass(kw_only=True)
class TillDay:
    """A shop with what tests say to its tills."""

    shop: Shop
    sales: dict[str, Sale] = field(default_factory=dict[str, Sale])
    tills: dict[str, int] = field(default_factory=dict[str, int])

    async def play(self, steps: Iterable[Step | None]) -> None:
        """One step a minute; None: nothing happens."""
        for step in steps:
            self.shop.clock.pass_by(60)
            match step:
                case Sale():
                    await self.sell(step)
                case Return():
                    await self.take_back(step)
                case Void():
                    await self.void(step.number)
                case None:
                    pass

    async def sell(self, sale: Sale) -> None:
        self.sales[sale.number], self.tills[sale.number] = sale, sale.till
        lines = [line.told(line_id=str(n)) for n, line in enumerate(sale.lines)]
        card = None if sale.buyer is None else CARDS[sale.buyer]
        assert (await self.say("add", sale.number, *lines, card=card)).accepted
        paid = await self.say("complete", sale.number, coupons=sale.coupons)
        assert paid.accepted

    async def take_back(self, back: Return) -> None:
        self.tills[back.number] = back.till
        sold = self.sales[back.of].lines[back.place]
        line = replace(sold, quantity=back.quantity).told(
            kind=TillLineKind.RETURN,
            of=OriginalSale(order_id=back.of, line_id=str(back.place)),
        )
        card = None if back.by is None else CARDS[back.by]
        assert (await self.say("complete", back.number, line, card=card)).accepted

    async def void(self, number: str) -> None:
        assert (await self.say("void-sale", number)).accepted

    async def say(
        self, action: str, number: str, *lines: Line, card: str | None = None, coupons: int = 0
    ) -> Receipt:
        message = Basket(
            basket_id=number,
            action=BasketAction(action),
            lines=lines,
            loyalty=card,
            coupons=coupons,
        )
        return await self.shop.say(message, TILLS[self.tills.get(number, 0)])

    def figures(self) -> dict[str, Any]:
        """Everything that was counted, from the disk."""
        rows = self.shop.rows
        return {
            "counts": rows(
                # Who has come has come, whatever they bring back.
                "SELECT day, name, value FROM day_counts"
                " WHERE name NOT IN ('visits', 'known-visits') ORDER BY day, name"
            ),
            "trips": rows("SELECT token, day, baskets, cents FROM trips ORDER BY token, day"),
            "outcomes": rows(
                "SELECT campaign, token, visit_cents, visit_items, month_cents, month_trips"
                " FROM outcomes ORDER BY campaign, token"
            ),
            "stretches": rows(
                "SELECT campaign, stretch, baskets, cents, items FROM stretches ORDER BY 1, 2"
            ),
            "cards": rows(
                "SELECT token, challenge, week, goals, rewarded_us FROM cards ORDER BY 1, 2, 3"
            ),
            "rewards": rows(
                "SELECT token, offer, campaign, nth, cents, at_us FROM redemptions ORDER BY 1, 4"
            ),
            "taken up": rows(
                "SELECT token, at_us, liked, offer, item FROM responses ORDER BY 1, 2, 4, 5"
            ),
            "coupons": rows("SELECT token, body FROM coupons ORDER BY token"),
            "habits": {token: self.habits(token) for token in (ANN, BEN)},
            "stock": rows("SELECT item, on_hand_milli FROM stock ORDER BY item"),
            "trend": self.trend(),
            "pairs": self.pairs(),
        }

    def pairs(self) -> dict[int, tuple[int, list[tuple[int, int]]]]:
        """Each item's baskets and partners, as they are stored; memory knows of the same."""
        rows = self.shop.database.read(partial(item_pairs.find, kind=PairKind.SOLD))
        kept = self.shop.pipeline.learning.pairs
        assert PairCounts.from_rows(rows).to_bytes() == kept.to_bytes()
        found = dict[int, tuple[int, list[tuple[int, int]]]]()
        for key, body in rows.items():
            if key != UNKNOWN:
                count, *told = struct.unpack(f"<I{(len(body) - 4) // 12 * 'qI'}", body)
                # In which order partners were met says nothing of what was sold.
                found[key] = count, sorted(zip(told[::2], told[1::2], strict=True))
        return found

    def trend(self) -> bytes:
        """What sells lately; the disk holds the same once a sale was paid."""
        body = self.shop.pipeline.learning.trend.to_bytes()
        assert self.shop.rows("SELECT body FROM trend") in ([], [(body,)])
        return body

    def habits(self, token: Token = ANN) -> bytes:
        """A person's profile on the disk; memory holds the same."""
        stored = self.shop.database.read(lambda conn: profiles.find(conn, token))
        known = self.shop.people.find(token, self.shop.clock.now())
        assert known is not None
        body = stored or Profile.empty().to_bytes()
        assert known.profile.to_bytes() == body
        return body

    def count(self, name: str, day: int) -> int:
        found = self.shop.rows(
            "SELECT value FROM day_counts WHERE name = ? AND day = ?", name, day
        )
        return int(found[0][0]) if found else 0

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Properties of the facts of one name, in their order."""
        rows = self.shop.rows(
            "SELECT body FROM outbox WHERE type = ? ORDER BY seq", f"storeside.{kind}.v1"
        )
        return [json.loads(body)["properties"] for (body,) in rows]

    def left(self, item: int) -> Decimal | None:
        return self.shop.database.read(lambda conn: stock.on_hand(conn, Sku(str(item))))


def prepare(path: Path) -> None:
    """Ann and Ben are known, some goods are counted, there is a challenge, and Ann has turned two things down."""
    know(path, habits=(1, 2, 3, 4))
    know(path, BEN, card=BENS_CARD, habits=(3, 4, 5, 6))
    conn = open_connection(path)
    with transaction(conn):
        challenges.put(conn, CHALLENGE)
        for item, pieces in COUNTED.items():
            stock.put(conn, Sku(str(item)), pieces, NOW)
        stock.put(conn, Sku("8"), Decimal("9.5"), NOW, TradeUnit.KG)
        for item in TURNED_DOWN:
            no = OfferResponse(later(days=-2), DISMISSED, f"category {item}", ItemKey(item))
            responses.add(conn, StoredResponse(token=ANN, response=no))
    conn.close()


@asynccontextmanager
async def till_day(
    path: Path, clock: HandClock | None = None, up: Iterable[str] = SCREENS
) -> AsyncGenerator[TillDay]:
    """The shop at ``path``; opening it again is a restart."""
    async with open_shop(path, sold=goods(), clock=clock, on_hand=COUNTED, up=up) as shop:
        yield TillDay(shop=shop)


async def arrive(day: TillDay) -> None:
    """Both come, are shown offers, enter the tests, draw their cards and buy something; then the screens go out.

    A day with a sale and one without it would show other things afterwards, and that is no figure of the sale.
    """
    day.shop.up(KIOSK_2)
    await day.shop.sign_in()
    await day.shop.sign_in(BENS_CARD, device=KIOSK_2)
    for buyer in (ANN, BEN):
        await day.sell(Sale(number=f"first-{buyer}", lines=(Sold(item=12),), buyer=buyer))
    day.shop.device_registry.revoked(frozenset())


def without(steps: Sequence[Step]) -> list[Step | None]:
    """The same day as if what was taken back or came back had never been sold."""
    gone = {step.number for step in steps if isinstance(step, Void)}
    back = [s for s in steps if isinstance(s, Return) and s.number not in gone]
    return [_left_of(step, gone, back) if isinstance(step, Sale) else None for step in steps]


def _left_of(sale: Sale, gone: set[str], back: list[Return]) -> Sale | None:
    lines = list(sale.lines)
    for one in back:
        if one.of == sale.number:
            left = Decimal(lines[one.place].quantity) - Decimal(one.quantity)
            lines[one.place] = replace(lines[one.place], quantity=str(left))
    kept = tuple(line for line in lines if Decimal(line.quantity))
    return None if sale.number in gone or not kept else replace(sale, lines=kept)
