"""What two hundred live campaigns cost a decision, beside one: blocks in turns, with the model and without."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from edge.domain.catalogue import Catalogue, Product, Tuning
from edge.domain.ids import DecisionId, ItemKey, Sku, Token, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.store_site import StoreSite
from edge.lab.bench.catalogue import goods
from edge.state.catalogue import Ages, CatalogueParts, CurrentCatalogue, catalogue_of
from edge.state.creative_odds import odds_of
from edge.state.customers import Person
from edge.state.decider import Decider, DecisionRequest, prior_of
from models.features.profile import Profile
from models.moment import Moment
from models.serving.local_fallback import LocalFallback
from models.serving.open_bundle import open_bundle
from models.serving.ranker import Ranker
from models.serving.registry import SHIPPED_BUNDLE
from models.statistics.trend import StoreTrend
from tests.edge.builders import EVERYTHING, customer, shown
from tests.faults.luck import luck
from tests.trials.figure import Figure, Tick, beside
from tests.trust.campaign import Campaign
from tests.trust.portfolio import campaigns, offers

LIVE, BLOCKS, A_BLOCK = 200, 40, 100
GOAL = 1.5
_PRODUCTS, _PEOPLE, _TRIPS, _TRIP_ITEMS = 2_000, 60, 40, 12
_PLACES = ("kiosk-home", "till-addon", "tablet-card", "display-zone", "phone-home")
_NOW = datetime(2024, 6, 3, 14, 30, tzinfo=UTC)
_DAY = 19_877


def latency(scale: float, tick: Tick) -> list[Figure]:
    """Microseconds of the core with one campaign and with two hundred, and how many times as long."""
    found = list[Figure]()
    for ranker in _rankers():
        found += _beside_each_other(ranker, max(2, round(BLOCKS * scale)), tick)
    return found


def _rankers() -> Sequence[Ranker]:
    """The model in the box, where there is one, and what answers without it."""
    fallback: list[Ranker] = [LocalFallback()]
    shipped = (SHIPPED_BUNDLE / "manifest.json").is_file()
    return [open_bundle(SHIPPED_BUNDLE), *fallback] if shipped else fallback


def _beside_each_other(ranker: Ranker, blocks: int, tick: Tick) -> list[Figure]:
    one, many = (Shop(ranker, live) for live in (1, LIVE))
    times: tuple[list[int], list[int]] = ([], [])
    for block in range(-1, blocks):  # the first warms up
        for shop, kept in zip((one, many), times, strict=True):
            took = shop.block()
            if block >= 0:
                kept.extend(took)
        if block >= 0:
            tick()
    trial = f"{ranker.label}, {len(times[0]):,} decisions each"
    found = list[Figure]()
    for pct in (50, 99):
        alone, beside_many = (float(np.percentile(kept, pct)) / 1_000 for kept in times)
        ratio = beside_many / alone
        found += [
            beside(trial, f"p{pct} with 1 campaign", f"{alone:.2f} ms"),
            beside(trial, f"p{pct} with {LIVE} campaigns", f"{beside_many:.2f} ms"),
            Figure(
                trial=trial,
                name=f"p{pct}, times as long",
                seen=f"{ratio:.2f}",
                goal=f"at most {GOAL}",
                holds=ratio <= GOAL,
            ),
        ]
    return found


class Shop:
    """A real decider with so many live campaigns, and people who come again and again."""

    def __init__(self, ranker: Ranker, live: int) -> None:
        chance = luck(20171224)
        self.catalogue = _catalogue(live)
        self.decider = _decider(ranker, self.catalogue)
        keys = list(self.catalogue.products)
        self.people = [_person(n, keys, chance) for n in range(_PEOPLE)]
        self._asked = 0

    def block(self) -> list[int]:
        """Microseconds of each of a hundred decisions."""
        return [self.decide() for _ in range(A_BLOCK)]

    def decide(self) -> int:
        """Microseconds of one."""
        n = self._asked = self._asked + 1
        placement = PLACEMENTS[_PLACES[n % len(_PLACES)]]
        asked = DecisionRequest(
            id=DecisionId(f"d-{n}"),
            placement=placement,
            limit=placement.limit,
            at=_NOW,
            visit=VisitId(f"v-{n}"),
            person=None if placement.public else self.people[n % _PEOPLE],
            purposes=EVERYTHING,
            basket=tuple(self.catalogue.products)[n % 50 : n % 50 + 3],
        )
        return self.decider.make(asked).core_us


def _catalogue(live: int) -> Catalogue:
    stock = goods(
        _PRODUCTS, SHIPPED_BUNDLE if (SHIPPED_BUNDLE / "manifest.json").is_file() else None
    )
    products = [
        Product(
            key=ItemKey(int(sku)),
            sku=Sku(sku),
            name=f"Article {sku}",
            category=category,
            department="GROCERY",
            price_cents=price,
        )
        for sku, category, price in zip(
            stock.skus, stock.categories, stock.prices_cents, strict=True
        )
    ]
    tests = campaigns(live, _NOW)
    keys, names = [p.key for p in products], [p.category for p in products]
    made = CatalogueParts(products=products, offers=offers(tests, keys, names), campaigns=tests)
    return catalogue_of(made, Tuning(privacy_weight_pct=10))[0]


def _decider(ranker: Ranker, held: Catalogue) -> Decider:
    ages = Ages()
    for name in ("offers", "prices", "promotions", "stock", "trend"):
        ages.heard(name, _NOW)
    sold = CurrentCatalogue(held)
    made = Decider(
        ranker=ranker,
        fallback=LocalFallback(),
        site=StoreSite(zone=ZoneInfo("UTC"), place=7),
        catalogue=sold,
        ages=ages,
        on_fallback=lambda: None,
    )
    sold.odds = odds_of(
        held, [(o.id, "", c.id, 50, 5) for o in held.offers for c in o.creatives]
    )
    live = StoreTrend(prior_of(ranker))
    chance, keys = luck(7), list(held.products)
    for _ in range(200):
        basket = sorted(set(chance.choices(keys, k=_TRIP_ITEMS)))
        live.record(np.array(basket, np.int64), Moment(day=_DAY, hour=14))
    made.follow(live)
    return made


def _person(number: int, keys: Sequence[ItemKey], chance: random.Random) -> Person:
    profile = Profile.empty()
    for trip in range(_TRIPS, 0, -1):
        for key in chance.choices(keys[:400], k=_TRIP_ITEMS):
            profile.record(key, _DAY - 5 * trip)
    who = replace(customer(Token(f"c-late{number:021}")), segments=("loyal",))
    memory = shown(**{f"offer-{number % 200:03}-0": (-3, -1)})
    return Person(customer=who, profile=profile, memory=memory)


CAMPAIGN = Campaign(steps=2 * BLOCKS, run=latency)
