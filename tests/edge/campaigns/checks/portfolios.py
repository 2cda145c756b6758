"""Portfolios without a fault, like a grocer's: near misses of every kind, drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from edge.campaigns.checks.portfolio import Portfolio
from edge.domain.campaign import Campaign, Window
from edge.domain.catalogue import Product
from edge.domain.creative import Creative, Modules
from edge.domain.experiment import Design, Layer, SwitchbackSchedule, Variant
from edge.domain.ids import ItemKey, OfferId, Sku
from edge.domain.offer import Offer
from edge.domain.placement import PLACEMENTS

AT = datetime(2024, 6, 3, 14, 30, tzinfo=UTC)
CATEGORIES = (
    "milk", "bread", "coffee", "tea", "wine", "beer", "cheese", "yoghurt", "eggs", "butter", "pasta", "rice", "soup",
    "beans", "fish", "poultry", "beef", "salad", "apples", "berries", "bananas", "juice", "water", "soda", "crisps",
    "chocolate", "biscuits", "cereal", "frozen-pizza", "ice-cream", "pet-food", "detergent", "paper", "shampoo", "soap",
    "candles", "flowers", "spices", "oil", "baking",
)  # fmt: skip
PICTURES = tuple(f"{n:064x}" for n in range(1, 9))
SCREENS = tuple(sorted(p.name for p in PLACEMENTS.values() if p.surface != "none"))
SEGMENTS = ("everybody", "everybody", "everybody", "vip", "family", "student")
AUDIENCES = (
    "", "", "", "", "'vip' in segments", "trips >= 10 && trips < 60", "days_since_trip > 30", "basket_cents >= 2500",
    "'wine' in basket_categories && !('cheese' in basket_categories)", "identified && basket_items > 3",
    "bought_categories.exists(c, c == 'coffee')", "zone == 'dairy' || zone == ''", "trips * 10 > basket_items",
    "size(basket_categories) >= 3", "!identified || days_since_trip >= 7", "zone.startsWith('fresh-')",
)  # fmt: skip
SPLITS = (
    ("'vip' in segments", "!('vip' in segments)"),
    ("trips >= 5", "trips < 5"),
    ("basket_cents >= 2000", "basket_cents < 2000"),
    ("daypart == 'evening'", "daypart in ['morning', 'midday']"),
    ("weekday >= 6", "weekday <= 5"),
    ("'cheese' in bought_categories", "!('cheese' in bought_categories) && trips > 0"),
    ("trips == 0", "days_since_trip >= 30"),
    ("identified", "!identified"),
    ("basket_items == 0", "'milk' in basket_categories"),
)
HOURS = (
    (Window(first_hour=6, last_hour=11), Window(first_hour=16, last_hour=20)),
    (Window(days=(1, 2, 3, 4, 5)), Window(days=(6, 7))),
    (Window(first_hour=22, last_hour=5), Window(first_hour=5, last_hour=22)),
)


class Grocer:
    """Fills a portfolio with campaigns; products are used once, or by offers that never meet."""

    def __init__(self, seed: int, size: int) -> None:
        self.chance = Random(seed)  # noqa: S311  # nothing is kept secret by it
        self.size = size
        self.campaigns = dict[str, Campaign]()
        self.offers = list[Offer]()
        self.products = {
            ItemKey(number): Product(
                key=ItemKey(number),
                sku=Sku(f"{number}"),
                name=f"{category} {number}",
                category=category,
                department="grocery",
                price_cents=self.chance.randrange(200, 2_000),
            )
            for number, category in enumerate(
                [c for c in (*CATEGORIES, "spare", "sensitive") for _ in range(size)], start=1
            )
        }
        self._shelves = {category: self.of(category) for category in CATEGORIES}
        # A test has its category to itself.
        self._tested = self.chance.sample(CATEGORIES, len(CATEGORIES) // 2)
        self._till_is_tested = False
        self._untested = [c for c in CATEGORIES if c not in self._tested]

    def of(self, category: str) -> list[ItemKey]:
        return [p.key for p in self.products.values() if p.category == category]

    def fill(self) -> Portfolio:
        for make in (
            self.test, self.layered, self.switchback, self.strategies, self.iterated, self.split, self.split,
            self.by_hours, self.by_screen, self.budgeted, self.plain, self.plain,
        ):  # fmt: skip
            make()
        makers: list[Callable[[], None]] = [
            *([self.plain] * 6), *([self.split] * 3), self.by_hours, self.iterated, self.by_screen, self.budgeted,
        ]  # fmt: skip
        while len(self.campaigns) < self.size - 2:
            self.chance.choice([*makers, *([self.test, self.layered] * bool(self._tested))])()
        while len(self.campaigns) < self.size:
            self.plain()
        return Portfolio(
            products=self.products,
            offers=tuple(self.offers),
            campaigns=self.campaigns,
            sensitive=frozenset(self.of("sensitive")),
            assets=frozenset(PICTURES),
            given={offer.id: 1 for offer in self.offers if offer.per_store},
            spent_cents={c.id: 100 for c in self.campaigns.values() if c.budget_cents},
        )

    def campaign(self, kind: str, **changed: object) -> Campaign:
        id_ = f"{kind}-{len(self.campaigns):03}"
        start = AT + timedelta(
            days=self.chance.randrange(-10, 5), hours=self.chance.randrange(24)
        )
        plain = Campaign(
            id=id_,
            name=id_.title(),
            starts_at=start,
            ends_at=start + timedelta(days=self.chance.randrange(20, 60)),
            salt=f"{id_}-salt",
            holdout_pct=self.chance.choice([10, 10, 15, 20]),
            weekly_cap=self.chance.choice([None, None, 6, 10]),
            priority_pct=self.chance.choice([80, 100, 120]),
            impact=self.chance.randrange(1, 6),
            ease=self.chance.randrange(1, 6),
        )
        made = replace(plain, **changed)  # type: ignore[arg-type]  # fields of the maker's choice
        self.campaigns[made.id] = made
        return made

    def offer(
        self, campaign: Campaign, category: str, *items: ItemKey, **changed: object
    ) -> Offer:
        plain = Offer(
            id=OfferId(f"o-{campaign.id}-{len(self.offers):03}"),
            headline="Save a little",
            items=items or self.take(category),
            category=category,
            discount_cents=self.chance.choice([20, 30, 50, 80]),
            starts_at=campaign.starts_at,
            ends_at=campaign.ends_at,
            campaign=campaign.id,
            weekly_cap=self.chance.randrange(1, 6),
            offer_type=self.chance.choice(["discount", "member-price", "points"]),
            creatives=tuple(self.creatives()),
        )
        made = replace(plain, **changed)  # type: ignore[arg-type]  # fields of the maker's choice
        self.offers.append(made)
        return made

    def take(self, category: str) -> tuple[ItemKey, ...]:
        """Products of a category that no offer is on yet."""
        count = self.chance.randrange(1, 3)
        shelf = self._shelves[category]
        return tuple(shelf.pop() for _ in range(min(count, len(shelf))))

    def creatives(self) -> Iterator[Creative]:
        for number in range(self.chance.choice([0, 1, 1, 2])):
            said = Modules(headline="Good today", image=self.chance.choice([None, *PICTURES]))
            others = {"es": Modules(headline="Hoy")} if self.chance.random() < 0.5 else {}
            yield Creative(id=f"words-{number}", modules={"en": said, **others})

    def where(self) -> dict[str, object]:
        """Placements, channels, segment and condition of one offer."""
        placements = tuple(self.chance.sample(SCREENS, self.chance.randrange(len(SCREENS))))
        surfaces = tuple(PLACEMENTS[p].surface for p in placements)
        return {
            "placements": placements,
            "channels": self.chance.choice([(), surfaces]),
            "segment": self.chance.choice(SEGMENTS),
            "audience": self.chance.choice(AUDIENCES),
        }

    def category(self) -> str:
        return self.chance.choice([c for c in self._untested if len(self._shelves[c]) > 4])

    def plain(self) -> None:
        windows = self.chance.choice([(), (), (self.chance.choice(HOURS)[0],)])
        campaign = self.campaign("plain", windows=windows, bandit=self.chance.random() < 0.2)
        for _ in range(self.chance.randrange(1, 4)):
            limits = {"per_person": self.chance.choice([None, 1, 2])}
            self.offer(campaign, self.category(), **self.where(), **limits)

    def split(self) -> None:
        """One product for two kinds of people, or at two kinds of moments."""
        category = self.category()
        items = self.take(category)
        for audience in self.chance.choice(SPLITS):
            self.offer(self.campaign("split"), category, *items, audience=audience)

    def by_hours(self) -> None:
        category = self.category()
        items = self.take(category)
        for window in self.chance.choice(HOURS):
            self.offer(self.campaign("hours", windows=(window,)), category, *items)

    def by_screen(self) -> None:
        """A reminder on the displays of what the phone gives a discount on."""
        category, campaign = self.category(), self.campaign("screens")
        items = self.take(category)
        self.offer(campaign, category, *items, placements=("phone-home",))
        reminder = {
            "offer_type": "reminder",
            "discount_cents": 0,
            "placements": ("display-zone",),
        }
        self.offer(campaign, category, *items, **reminder)

    def budgeted(self) -> None:
        campaign = self.campaign("budget", budget_cents=50_000)
        for _ in range(2):
            self.offer(campaign, self.category(), per_person=1, per_store=100, **self.where())

    def iterated(self) -> None:
        """The next version begins when the one before ends, on the same products."""
        category, version = self.category(), self.campaign("line")
        items = self.take(category)
        self.offer(version, category, *items)
        for _ in range(self.chance.randrange(1, 3)):
            dates = {
                "starts_at": version.ends_at,
                "ends_at": version.ends_at + timedelta(days=20),
            }
            version = self.campaign("line", parent=version.id, salt=version.salt, **dates)
            self.offer(version, category, *items)

    def test(self) -> None:
        """Each arm has its own discount on the same product."""
        category = self._tested.pop()
        items = self.take(category)
        arms = self.chance.randrange(2, 4)
        campaign = self.campaign("test")
        made = [
            self.offer(campaign, category, *items, discount_cents=20 + 10 * n)
            for n in range(arms)
        ]
        both = self.offer(campaign, category)
        self.campaigns[campaign.id] = replace(
            campaign,
            variants=tuple(
                Variant(name=f"arm-{n}", weight=n + 1, offers=(offer.id, both.id))
                for n, offer in enumerate(made)
            ),
        )

    def layered(self) -> None:
        """Tests on the same products, kept apart by a layer."""
        category, parts = self._tested.pop(), self.chance.randrange(2, 4)
        items = self.take(category)
        led = (("till-addon", "resupply"),) if not self._till_is_tested else ()
        self._till_is_tested = True
        for n in range(parts):
            first, last = 10_000 * n // parts, 10_000 * (n + 1) // parts
            layer = Layer(name=f"layer-{category}", first=first, last=last)
            variants = Variant(name="a", strategies=led), Variant(name="b")
            campaign = self.campaign("layer", layer=layer, variants=variants)
            self.offer(campaign, category, *items, discount_cents=50)

    def switchback(self) -> None:
        category = self._tested.pop()
        rota = SwitchbackSchedule(period_minutes=180, washout_minutes=20)
        campaign = self.campaign("switch", design=Design.SWITCHBACK, rota=rota)
        self.offer(campaign, category, placements=("display-zone",), channels=("display",))

    def strategies(self) -> None:
        """Which strategy orders the kiosk."""
        named = (("kiosk-home", "trending"),), (("kiosk-home", "best-selling"),)
        variants = tuple(Variant(name=f"s-{n}", strategies=one) for n, one in enumerate(named))
        self.campaign("order", variants=variants)


def clean(seed: int = 0, size: int = 50) -> Portfolio:
    """A portfolio of ``size`` campaigns in which nothing is wrong."""
    return Grocer(seed, size).fill()
