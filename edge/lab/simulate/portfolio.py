"""What the simulated store proposes: a small portfolio that has one of everything a test needs, and its truth.

``run`` builds it, ``store`` stocks it, ``response_model`` and ``findings`` look its campaigns up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from edge.domain.campaign import Campaign
from edge.domain.creative import Creative, Modules
from edge.domain.errors import SettingsInvalid
from edge.domain.experiment import Design, SwitchbackSchedule, Variant
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from edge.lab.simulate.planted_truth import PlantedResponse, PlantedTruth
from edge.lab.simulate.population import Population, SimulatedProduct
from models.items import item_key

FRUIT, VOICES, BOARD, TILL, ONCE, SUMMER, SHELVES = (
    "fruit-week", "two-voices", "window-board", "till-thanks", "once-only", "last-summer", "two-shelves",
)  # fmt: skip
"""Measured by people; two ways to say it; a shared screen; wears out; one a person; over for years; two strategies."""

_CATEGORIES = 12

DEFAULT = PlantedTruth(
    campaigns={
        FRUIT: PlantedResponse(lift_pct=60),
        VOICES: PlantedResponse(lift_pct=20, variants={"warm": 40}),
        BOARD: PlantedResponse(spillover_pct=60),
        TILL: PlantedResponse(lift_pct=30, fatigue_pct=25, annoyed_pct=10),
        ONCE: PlantedResponse(lift_pct=50),
    }
)
"""The truth where no other is planted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPortfolio:
    """Campaigns and their offers. ``opens``: the first instant of the simulation."""

    campaigns: tuple[Campaign, ...]
    offers: tuple[Offer, ...]
    opens: datetime

    @property
    def current(self) -> tuple[Campaign, ...]:
        """Campaigns that have not ended before the store opens."""
        return tuple(c for c in self.campaigns if c.ends_at > self.opens)

    def items_of(self, campaign: str) -> frozenset[str]:
        """The SKUs of a campaign's offers."""
        return frozenset(
            str(item) for o in self.offers if o.campaign == campaign for item in o.items
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """One campaign's offers: which categories, where they stand, which products of each: ``each``, from ``first``."""

    campaign: str
    categories: tuple[str, ...]
    placements: tuple[str, ...]
    channels: tuple[str, ...]
    each: int = 2
    first: int = 0
    per_person: int | None = None
    creatives: tuple[Creative, ...] = ()


def build_portfolio(
    population: Population, opens: datetime, closes: datetime, strategies: Sequence[str] = ()
) -> SimulatedPortfolio:
    """Campaigns that run from the first day to the last; one ended years ago and must never be heard of again.

    ``strategies`` are tried against each other at the kiosks, in a campaign without offers.
    """
    plain = Campaign(
        id=FRUIT,
        name="Fruit week",
        starts_at=opens - timedelta(days=1),
        ends_at=closes + timedelta(days=1),
        salt=f"{FRUIT}-1",
        holdout_pct=20,
    )

    def like(name: str, **changed: object) -> Campaign:
        made = replace(
            plain, id=name, name=name.replace("-", " ").capitalize(), salt=f"{name}-1"
        )
        return replace(made, **changed)  # type: ignore[arg-type]  # each change is a field of the campaign

    campaigns: tuple[Campaign, ...] = (
        plain,
        like(VOICES, holdout_pct=10, variants=_voices()),
        like(
            BOARD,
            design=Design.SWITCHBACK,
            rota=SwitchbackSchedule(period_minutes=120, washout_minutes=20),
        ),
        like(TILL, holdout_pct=10, weekly_cap=6),
        like(ONCE, holdout_pct=10),
        like(SUMMER, starts_at=_years_back(opens, 4), ends_at=_years_back(opens, 2)),
    )
    if strategies:
        # Nobody is held out: one strategy is compared with the other.
        trial = like(SHELVES, holdout_pct=0, variants=tuple(map(_shelf, strategies)))
        campaigns = (*campaigns, trial)
    offers = [
        offer
        for aim in _aims(population)
        for offer in _offers(aim, population, {c.id: c for c in campaigns}[aim.campaign])
    ]
    return SimulatedPortfolio(campaigns=campaigns, offers=tuple(offers), opens=opens)


def _shelf(strategy: str) -> Variant:
    return Variant(name=strategy, strategies=(("kiosk-home", strategy),))


def _voices() -> tuple[Variant, ...]:
    return (
        Variant(name="plain", creatives=("plain",)),
        Variant(name="warm", creatives=("warm",)),
    )


def _aims(population: Population) -> Iterable[_Aim]:
    """Each campaign has categories of its own, so that no offer explains another's sales.

    Only ``once-only`` has a rival in one of its categories, on the same screens and on others.
    """
    # A dict, for sets have no order that two runs would share.
    named = dict.fromkeys(
        good.category for good in population.goods.values() if not _is_quiet(good)
    )
    found = tuple(named)
    if len(found) < _CATEGORIES:
        raise SettingsInvalid(
            f"the data has {len(found)} categories that campaigns may speak of",
            hint=f"a simulation needs {_CATEGORIES}; leave --data out, or give a whole store's",
        )
    own, private = ("kiosk-home", "phone-home"), ("kiosk", "phone")
    voices = tuple(map(_creative, ("plain", "warm")))
    yield _Aim(campaign=FRUIT, categories=found[0:3], placements=own, channels=private)
    yield _Aim(
        campaign=VOICES,
        categories=found[3:5],
        placements=own,
        channels=private,
        creatives=voices,
    )
    yield _Aim(
        campaign=BOARD,
        categories=found[5:8],
        placements=("display-zone",),
        channels=("display",),
    )
    yield _Aim(
        campaign=TILL,
        categories=found[8:11],
        placements=("till-addon", "tablet-card"),
        channels=("pos", "tablet"),
    )
    yield _Aim(
        campaign=ONCE,
        categories=(found[8], found[11]),
        first=2,
        placements=("till-addon", "kiosk-home", "tablet-card"),
        channels=("pos", "kiosk", "tablet"),
        per_person=1,
    )
    yield _Aim(campaign=SUMMER, categories=found[0:12:3], placements=(), channels=())


def _offers(aim: _Aim, population: Population, campaign: Campaign) -> Iterable[Offer]:
    """One offer a product, on the most bought of each category."""
    for category in aim.categories:
        sold = [good for good in population.goods.values() if good.category == category]
        for good in sold[aim.first : aim.first + aim.each]:
            yield _offer(aim, good, campaign)


def _offer(aim: _Aim, good: SimulatedProduct, campaign: Campaign) -> Offer:
    off = max(10, good.price_cents // 10)
    return Offer(
        id=OfferId(f"{aim.campaign}-{good.sku}"),
        headline=f"{off} cents off {good.name}",
        items=(ItemKey(item_key(good.sku)),),
        category=good.category,
        discount_cents=off,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        campaign=aim.campaign,
        weekly_cap=4,
        channels=aim.channels,
        placements=aim.placements,
        per_person=aim.per_person,
        creatives=aim.creatives,
    )


def _creative(name: str) -> Creative:
    headlines: Mapping[str, tuple[str, str]] = {
        "plain": ("Less for this", "Menos por esto"),
        "warm": ("A small treat for your table", "Un gusto para tu mesa"),
    }
    english, spanish = headlines[name]
    return Creative(
        id=name, modules={"en": Modules(headline=english), "es": Modules(headline=spanish)}
    )


def _is_quiet(good: SimulatedProduct) -> bool:
    """Whether a product is of those that no campaign speaks of."""
    return good.department in {"spirits", "drug gm"}


def _years_back(at: datetime, years: int) -> datetime:
    return at - timedelta(days=365 * years)
