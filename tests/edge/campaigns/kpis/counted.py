"""The whole shop, counting: what the service's own assembly does, for tests of what is counted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devices.messages import Feedback, FeedbackAction, Receipt
from edge.campaigns.kpis.board import KpiBoard, read_board
from edge.campaigns.kpis.challenges import Challenges
from edge.campaigns.kpis.counting import KpiCounting
from edge.domain.catalogue import Catalogue
from edge.domain.challenge import Challenge, ChallengeReward
from edge.domain.consent import Purpose
from edge.domain.decision import Decision
from edge.domain.ids import OfferId, Token
from edge.storage.catalogue import challenges
from edge.storage.connection import open_connection, transaction
from models.serving.ranker import Ranker
from tests.edge.builders import ANN, EVERYTHING, TABLET, catalogue, later, offer
from tests.edge.fakes import HandClock
from tests.edge.shop import Shop, know, open_shop

HABITS = (1, 2, 3, 4)
SOLD = catalogue(offers=[offer("gift", 7, cents=200)])


@dataclass(kw_only=True)
class CountedShop:
    """A shop and its counting."""

    shop: Shop
    counting: KpiCounting

    @property
    def challenges(self) -> Challenges:
        return self.counting.challenges

    def card(self, token: Token = ANN) -> Any:
        """The first card as a screen is told of it."""
        told: Any = self.challenges.slots(token, self.shop.clock.now())
        return told["challenges"][0]

    def missing(self) -> list[int]:
        """Products still missing on Ann's card, usual ones first."""
        return [int(item["sku"]) for item in self.card()["items"] if not item["done"]]

    async def said(
        self,
        decision: Decision,
        item: str | None = None,
        *,
        device: str = TABLET,
        action: FeedbackAction = FeedbackAction.SAID,
        value: float | None = None,
    ) -> Receipt:
        return await self.shop.say(
            Feedback(decision_id=decision.id, item_id=item, action=action, value=value), device
        )

    def board(self) -> KpiBoard:
        day, _ = self.shop.state.site.moment(self.shop.clock.now())
        since = self.shop.state.site.begins(day - 27)
        return self.shop.database.read(lambda conn: read_board(conn, day, since))

    def figure(self, name: str) -> float | None:
        return next(f.value for f in self.board().figures if f.name == name)

    def latest(self, placement: str) -> Decision:
        """The newest stored decision for this place."""
        return [d for d in self.shop.stored() if d.placement == placement][-1]


def challenge(name: str = "june", *, points: int = 0, **changed: object) -> Challenge:
    """A month's challenge for the offer ``gift``, or for points."""
    reward = (
        ChallengeReward(points=points) if points else ChallengeReward(offer=OfferId("gift"))
    )
    plain = Challenge(
        id=name,
        headline="Three this week",
        starts_at=later(days=-7),
        ends_at=later(days=30),
        reward=reward,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def offered(path: Path, *given: Challenge) -> None:
    """Challenges as the centre would write them."""
    conn = open_connection(path)
    with transaction(conn):
        for one in given:
            challenges.put(conn, one)
    conn.close()


@asynccontextmanager
async def counted_shop(
    path: Path,
    *,
    clock: HandClock | None = None,
    sold: Catalogue = SOLD,
    ranker: Ranker | None = None,
) -> AsyncGenerator[CountedShop]:
    """The shop at ``path``; opening it again is a restart."""
    async with open_shop(path, sold=sold, clock=clock, ranker=ranker) as shop:
        yield CountedShop(shop=shop, counting=shop.side_effects.counting)


def ann(
    path: Path, purposes: Iterable[Purpose] = EVERYTHING, habits: Iterable[int] = HABITS
) -> None:
    """Ann is known and buys some products every week."""
    know(path, purposes=purposes, habits=habits)
