"""A recorded day for what-ifs: the real decision maker on a real file, and people who answer as the test plants it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from edge.decision.codec import odds_to
from edge.domain.basket import BasketLine, BasketState, TillBasket
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Tuning
from edge.domain.consent import Purpose
from edge.domain.creative import Creative, Modules
from edge.domain.decision import Decision
from edge.domain.experiment import Variant
from edge.domain.ids import BasketId, DecisionId, DeviceId, Sku, Token, VisitId, digest_of
from edge.domain.offer import Offer
from edge.domain.placement import PLACEMENTS
from edge.domain.store_site import StoreSite
from edge.state.catalogue import Ages, CatalogueParts, CurrentCatalogue, catalogue_of
from edge.state.customers import Person
from edge.state.decider import Decider, DecisionRequest
from edge.storage.change_set import ChangeSet, save
from edge.storage.connection import open_connection, transaction
from edge.storage.decisions.feedback import FeedbackRow
from edge.storage.decisions.redemptions import Redemption
from edge.storage.decisions.snapshots import Snapshot
from models.serving.local_fallback import LocalFallback
from models.serving.registry import BundleRegistry
from models.statistics.trend import StoreTrend
from tests.edge.builders import (
    EVERYTHING,
    FRESH,
    KIOSK,
    NOW,
    TILL,
    campaign,
    customer,
    offer,
    product,
    profile,
    trend,
)

SHELF = BundleRegistry(Path("/nowhere"))
"""Days are decided by the fallback, which needs no shelf."""

ANSWER_CENTS = 500
"""What somebody who answers spends besides."""

Plant = Mapping[tuple[str, str | None], float]
"""(offer, creative) -> what it adds to the chance that a showing is answered."""


def creative(name: str, **words: str) -> Creative:
    return Creative(id=name, modules={"en": Modules(headline=f"Say {name}", **words)})


TWO = (creative("plain"), creative("loud"))

OFFERS = (
    offer("o-a", 1, category="c-1", cap=99, creatives=TWO),
    offer("o-b", 1, category="c-1", cap=99, cents=60, creatives=TWO),
)
TESTED = campaign(
    holdout_pct=20,
    variants=(Variant(name="a", offers=("o-a",)), Variant(name="b", offers=("o-b",))),
)
"""A fifth held out, the others half and half under either offer; each offer has two creatives."""


def goods(
    offers: Iterable[Offer] = OFFERS, campaigns: Iterable[Campaign] = (TESTED,)
) -> CatalogueParts:
    sold = [product(n, f"c-{n}") for n in range(1, 13)]
    return CatalogueParts(products=sold, offers=offers, campaigns=campaigns)


@dataclass(kw_only=True)
class Day:
    """Decides and writes. ``seed`` draws who comes by and what they answer, nothing else."""

    path: Path
    seed: int = 1
    sold: CatalogueParts = field(default_factory=goods)
    tuning: Tuning = field(default_factory=lambda: Tuning(holdout_pct=0))
    seen: StoreTrend = field(default_factory=lambda: trend(1, 2, 3, 4, 5))
    units: list[ChangeSet] = field(default_factory=list[ChangeSet])

    def __post_init__(self) -> None:
        ages = Ages()
        for name in FRESH:
            ages.heard(name, NOW)
        self.catalogue = CurrentCatalogue()
        self.decider = Decider(
            ranker=LocalFallback(),
            fallback=LocalFallback(),
            site=StoreSite(zone=ZoneInfo("UTC")),
            catalogue=self.catalogue,
            ages=ages,
            on_fallback=lambda: None,
        )
        self.decider.follow(self.seen)
        self._numbers = count(1)
        self._chance = np.random.default_rng(self.seed)
        self.configure(self.sold, self.tuning)

    def configure(self, sold: CatalogueParts, tuning: Tuning) -> None:
        """Decide under these from now on."""
        self.catalogue.in_force, body = catalogue_of(sold, tuning)
        shot = Snapshot(digest=self.catalogue.digest, kind="catalogue", body=body)
        self.units.append(ChangeSet(at=NOW, snapshots=(shot,)))

    def learn(self, odds: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
        """Creatives are drawn by these odds from now on."""
        body = odds_to(odds)
        self.catalogue.odds = Snapshot(digest=digest_of(body), kind="odds", body=body)

    def person(self, number: int, purposes: Iterable[Purpose] = EVERYTHING) -> Person:
        """Somebody with habits of their own."""
        token = Token(f"c-{number:026}")
        known = customer(token, purposes)
        habits = profile(1 + number % 7, 1 + number % 5)
        change_set = ChangeSet(at=NOW, customers=(known,), consents=known.consents.entries)
        self.units.append(change_set)
        return Person(customer=known, profile=habits)

    def show(
        self, who: Person | None, placement: str = "kiosk-home", *, visit: str = "v-1"
    ) -> Decision:
        """One decision, as the service would make and keep it."""
        spot, number = PLACEMENTS[placement], next(self._numbers)
        allowed = frozenset[Purpose]() if who is None else who.customer.consents.allowed(NOW)
        made = self.decider.make(
            DecisionRequest(
                id=DecisionId(f"d-{number:06}"),
                placement=spot,
                limit=spot.limit,
                at=NOW + timedelta(seconds=number),
                visit=VisitId(visit),
                person=who,
                purposes=allowed,
            )
        )
        change_set = ChangeSet(at=NOW, decisions=(made.stored,), snapshots=made.snapshots)
        self.units.append(change_set)
        return made.decision

    def answer(self, shown: Decision, action: str = "accept") -> None:
        reply = FeedbackRow(decision=shown.id, action=action, device=KIOSK, at=shown.at)
        self.units.append(ChangeSet(at=shown.at, feedback=(reply,)))

    def redeem(self, shown: Decision) -> None:
        for choice in shown.choices:
            if choice.offer is not None:
                given = Redemption(
                    offer=choice.offer,
                    campaign="june",
                    cents=50,
                    decision=shown.id,
                    at=shown.at,
                )
                self.units.append(ChangeSet(at=shown.at, redemptions=(given,)))

    def pay(self, visit: str, cents: int) -> None:
        """A paid basket of the visit."""
        paid = TillBasket(
            id=BasketId(f"b-{visit}"),
            device=DeviceId(TILL),
            visit=VisitId(visit),
            state=BasketState.COMPLETE,
            lines=(BasketLine(sku=Sku("9"), quantity=Decimal(1), unit_price=Decimal(cents)),),
        )
        self.units.append(ChangeSet(at=NOW, baskets=(paid,)))

    def live(self, people: int, plant: Plant, *, showings: int = 2, base: float = 0.2) -> None:
        """``people`` come by and answer by their own liking and what is planted."""
        for number in range(1_000 * self.seed, 1_000 * self.seed + people):
            who, visit = self.person(number), f"v-{number}"
            liking, answers = base * self._chance.uniform(0.5, 1.5), 0
            for _ in range(int(self._chance.integers(1, showings + 1))):
                shown = self.show(who, visit=visit)
                likely = liking + sum(plant.get(sight, 0.0) for sight in offered(shown))
                if self._chance.random() < likely:
                    self.answer(shown)
                    self.redeem(shown)
                    answers += 1
            self.pay(visit, 1_000 + ANSWER_CENTS * answers)

    def close(self) -> Path:
        """Write it all."""
        with closing(open_connection(self.path)) as conn, transaction(conn):
            for change_set in self.units:
                save(conn, change_set)
        self.units.clear()
        return self.path


def offered(shown: Decision) -> set[tuple[str, str | None]]:
    """What a shopper answers to: each offer with its creative, once."""
    return {(c.offer, c.creative) for c in shown.choices if c.offer is not None}
