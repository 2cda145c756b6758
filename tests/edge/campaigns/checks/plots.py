"""Faults to be planted into a clean portfolio, one by one, with what the tower must then say and of whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from edge.campaigns.checks.findings import Fault
from edge.campaigns.checks.portfolio import Portfolio
from edge.domain.campaign import Campaign, Window
from edge.domain.creative import Creative, Modules
from edge.domain.experiment import Design, Layer, SwitchbackSchedule, Variant
from edge.domain.ids import ItemKey, OfferId
from edge.domain.offer import Offer
from tests.edge.campaigns.checks.portfolios import AT

Planted = tuple[Portfolio, set[str]]
PLOTS: list[tuple[Fault, Callable[[Portfolio], Planted]]] = []
DAY = timedelta(days=1)


def plot(
    fault: Fault,
) -> Callable[[Callable[[Portfolio], Planted]], Callable[[Portfolio], Planted]]:
    def keep(plant: Callable[[Portfolio], Planted]) -> Callable[[Portfolio], Planted]:
        PLOTS.append((fault, plant))
        return plant

    return keep


def spare(portfolio: Portfolio, count: int = 1) -> tuple[ItemKey, ...]:
    """Products that no offer is on."""
    return tuple(key for key, p in portfolio.products.items() if p.category == "spare")[:count]


def campaign(name: str = "new", **changed: object) -> Campaign:
    plain = Campaign(
        id=name, name=name, starts_at=AT - DAY, ends_at=AT + 30 * DAY, salt=f"{name}-salt"
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the plot's choice


def offer(name: str, on: Iterable[ItemKey], campaign: str = "new", **changed: object) -> Offer:
    plain = Offer(
        id=OfferId(name), headline="New", items=tuple(on), category="spare", discount_cents=40,
        starts_at=AT - DAY, ends_at=AT + 20 * DAY, campaign=campaign,
    )  # fmt: skip
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the plot's choice


def with_(portfolio: Portfolio, *added: Campaign | Offer) -> Portfolio:
    """The portfolio and more of it."""
    return replace(
        portfolio,
        campaigns=dict(portfolio.campaigns)
        | {c.id: c for c in added if isinstance(c, Campaign)},
        offers=(*portfolio.offers, *(o for o in added if isinstance(o, Offer))),
    )


def lone(fault: Fault, culprits: set[str], of: dict[str, Any], **changed: Any) -> None:
    """One new campaign with one new offer, with something wrong about one of them."""

    @plot(fault)
    def plant(portfolio: Portfolio) -> Planted:
        made = offer("o-new", spare(portfolio), **changed)
        return with_(portfolio, campaign(**of), made), culprits


def paired(
    fault: Fault,
    culprits: set[str],
    first: dict[str, Any],
    second: dict[str, Any],
    **changed: Any,
) -> None:
    """Two new campaigns with an offer each, on different products if not said otherwise."""

    @plot(fault)
    def plant(portfolio: Portfolio) -> Planted:
        one, *rest = spare(portfolio, 2)
        other = one if changed.get("same", False) else rest[0]
        given = {name: value for name, value in changed.items() if name != "same"}
        return with_(
            portfolio, campaign(**first), campaign("other", **second),
            offer("o-new", [one]), offer("o-other", [other], "other", **given),
        ), culprits  # fmt: skip


NEW, BOTH, TWO = {"o-new"}, {"o-new", "o-other"}, {"new", "other"}
AB = Variant(name="a"), Variant(name="b")
WORDS = {"en": Modules(headline="New")}


def creative(**changed: object) -> tuple[Creative, ...]:
    plain = Creative(id="c", modules=WORDS)
    return (replace(plain, **changed),)  # type: ignore[arg-type]  # fields of the plot's choice


# names
lone(Fault.UNKNOWN_PRODUCT, NEW, {}, items=(ItemKey(999_999),))
lone(Fault.UNKNOWN_PRODUCT, NEW, {}, items=())
lone(Fault.UNKNOWN_PLACEMENT, {*NEW, "kiosk-hme"}, {}, placements=("kiosk-hme",))
lone(Fault.UNKNOWN_CHANNEL, {*NEW, "kiosc"}, {}, channels=("kiosc", "phone"))
lone(Fault.UNKNOWN_TYPE, {*NEW, "present"}, {}, offer_type="present")
lone(Fault.UNKNOWN_PARENT, {"new", "old"}, {"parent": "old"})
lone(
    Fault.UNKNOWN_STRATEGY, {"new", "best-seling"},
    {"variants": (Variant(name="a", strategies=(("phone-home", "best-seling"),)), Variant(name="b"))},
)  # fmt: skip
lone(
    Fault.UNKNOWN_PLACEMENT, {"new", "phone-hme"},
    {"variants": (Variant(name="a", strategies=(("phone-hme", "trending"),)), Variant(name="b"))},
)  # fmt: skip
lone(Fault.NO_CAMPAIGN, {*NEW, "nothing"}, {}, campaign="nothing")
lone(Fault.DUPLICATE, {*NEW, "c"}, {}, creatives=creative() * 2)
lone(Fault.DUPLICATE, {"new", "a"}, {"variants": (AB[0], AB[0])})

# dates
lone(Fault.ENDS_BEFORE_START, NEW, {}, starts_at=AT + 3 * DAY, ends_at=AT + 2 * DAY)
lone(Fault.ENDS_BEFORE_START, {"new"}, {"ends_at": AT - 2 * DAY})
lone(Fault.ENDED, NEW, {}, starts_at=AT - 2 * DAY, ends_at=AT)
lone(Fault.ENDED, {"new"}, {"starts_at": AT - 9 * DAY, "ends_at": AT - DAY})
lone(Fault.OUTSIDE_CAMPAIGN, {*NEW, "new"}, {"starts_at": AT + 20 * DAY})
lone(Fault.NEVER_SPEAKS, {"new"}, {"ends_at": AT + 2 * DAY, "windows": (Window(days=(7,)),)})
lone(Fault.NEVER_SPEAKS, {"new"}, {"windows": (Window(first_hour=9, last_hour=9),)})
lone(
    Fault.NEVER_SPEAKS, {*NEW, "new"}, {"windows": (Window(days=(6, 7)),)}, ends_at=AT + 2 * DAY
)  # fmt: skip

# an offer that can never win
lone(Fault.NOWHERE, NEW, {}, placements=("kiosk-home",), channels=("pos",))
lone(Fault.NOWHERE, NEW, {}, placements=("arrival",))
lone(Fault.BROKEN_EXPRESSION, NEW, {}, audience="trips >")
lone(Fault.BROKEN_EXPRESSION, NEW, {}, audience="age > 30")
for never in (
    "trips > 5 && trips < 3",
    "trips > 64",
    "trips == 0 && days_since_trip > 3",
    "!identified && 'vip' in segments",
    "basket_items == 0 && basket_cents > 0",
    "hour >= 24",
    "daypart == 'morning' && hour > 12",
    "zone == 'dairy' && zone == 'bakery'",
    "surface == 'kiosk' && placement == 'till-addon'",
):
    lone(Fault.AUDIENCE_NEVER, NEW, {}, audience=never)
lone(Fault.AUDIENCE_NEVER, NEW, {}, audience="!('vip' in segments)", segment="vip")
lone(Fault.AUDIENCE_NEVER, NEW, {}, audience="surface == 'pos'", channels=("phone",))
lone(
    Fault.AUDIENCE_NEVER, NEW, {"windows": (Window(first_hour=8, last_hour=12),)}, audience="daypart == 'evening'"
)  # fmt: skip
lone(Fault.FREE_PRODUCT, NEW, {}, discount_cents=5_000)
lone(Fault.FREE_PRODUCT, NEW, {}, discount_cents=-1)


@plot(Fault.UNLISTED)
def _an_offer_in_no_arm(portfolio: Portfolio) -> Planted:
    one, other = spare(portfolio, 2)
    arms = tuple(Variant(name=name, offers=("o-new",)) for name in "ab")
    made = campaign(variants=arms), offer("o-new", [one]), offer("o-2", [other])
    return with_(portfolio, *made), {"o-2", "new"}


@plot(Fault.OUTDONE)
def _an_offer_that_a_better_one_covers(portfolio: Portfolio) -> Planted:
    one, other = spare(portfolio, 2)
    better = offer("o-new", [one, other], weekly_cap=60, discount_cents=60, category="wide")
    worse = offer("o-2", [one], audience="trips > 3", placements=("kiosk-home",))
    return with_(portfolio, campaign(), better, worse), {"o-new", "o-2"}


@plot(Fault.SENSITIVE_IN_PUBLIC)
def _a_sensitive_product(portfolio: Portfolio) -> Planted:
    items = [*spare(portfolio), min(portfolio.sensitive)]
    return with_(portfolio, campaign(), offer("o-new", items)), NEW


@plot(Fault.SOLD_OUT)
def _nothing_left(portfolio: Portfolio) -> Planted:
    items = spare(portfolio, 2)
    empty = replace(portfolio, out_of_stock=frozenset(items))
    return with_(empty, campaign(), offer("o-new", items)), NEW


@plot(Fault.DUPLICATE)
def _one_id_twice(portfolio: Portfolio) -> Planted:
    one, other = spare(portfolio, 2)
    return with_(portfolio, campaign(), offer("o-new", [one]), offer("o-new", [other])), NEW


@plot(Fault.UNKNOWN_STRATEGY)
def _a_strategy_of_the_store(portfolio: Portfolio) -> Planted:
    tuning = replace(portfolio.tuning, strategies={"kiosk-home": "cheapest"})
    return replace(portfolio, tuning=tuning), {"tuning", "cheapest"}


@plot(Fault.COLLISION)
def _two_reminders_at_one_screen(portfolio: Portfolio) -> Planted:
    free: dict[str, Any] = {"discount_cents": 0, "placements": ("kiosk-home",)}
    items = spare(portfolio)
    made = offer("o-new", items, **free), offer("o-other", items, **free, segment="vip")
    return with_(portfolio, campaign(), *made), BOTH


@plot(Fault.COLLISION)
def _one_half_of_a_split_is_opened(portfolio: Portfolio) -> Planted:
    one = next(o for o in portfolio.offers if o.campaign.startswith("split"))
    other = next(o for o in portfolio.offers if o.items == one.items and o.id != one.id)
    opened = {
        one.id: replace(one, audience="", discount_cents=20),
        other.id: replace(other, discount_cents=30),
    }
    offers = tuple(opened.get(o.id, o) for o in portfolio.offers)
    return replace(portfolio, offers=offers), {one.id, other.id}


@plot(Fault.HOLDOUT_LEAK)
def _who_is_held_out_of_a_campaign_gets_it_from_another(portfolio: Portfolio) -> Planted:
    one = next(o for o in portfolio.offers if o.campaign.startswith("plain"))
    copy = replace(one, id=OfferId("o-new"), campaign="new", weekly_cap=1)
    return with_(portfolio, campaign(), copy), {"o-new", one.id}


@plot(Fault.VARIANT_OFFER)
def _an_arm_loses_its_offer(portfolio: Portfolio) -> Planted:
    name = next(name for name in portfolio.campaigns if name.startswith("test"))
    gone = portfolio.campaigns[name].variants[0].offers[0]
    return replace(portfolio, offers=tuple(o for o in portfolio.offers if o.id != gone)), {
        name,
        gone,
    }


# caps and money
lone(Fault.CAP_ZERO, NEW, {}, weekly_cap=0)
lone(Fault.CAP_ZERO, NEW, {}, per_person=0)
lone(Fault.CAP_ZERO, NEW, {}, per_store=0)
lone(Fault.CAP_ZERO, {"new"}, {"weekly_cap": 0})
lone(Fault.LIMITS_CROSSED, NEW, {}, per_person=5, per_store=3)
lone(Fault.BUDGET_SPENT, {"new"}, {"budget_cents": 0})
lone(Fault.BUDGET_SHORT, {*NEW, "new"}, {"budget_cents": 399}, per_store=10)


@plot(Fault.GIVEN_AWAY)
def _the_store_has_no_more_to_give(portfolio: Portfolio) -> Planted:
    given = {**portfolio.given, OfferId("o-new"): 7}
    made = offer("o-new", spare(portfolio), per_store=7)
    return with_(replace(portfolio, given=given), campaign(), made), NEW


@plot(Fault.BUDGET_SPENT)
def _the_budget_is_used_up(portfolio: Portfolio) -> Planted:
    name = next(c.id for c in portfolio.campaigns.values() if c.budget_cents)
    return replace(portfolio, spent_cents={name: 50_000}), {name}


@plot(Fault.BUDGET_SHORT)
def _what_is_left_of_the_budget_is_less_than_promised(portfolio: Portfolio) -> Planted:
    name = next(c.id for c in portfolio.campaigns.values() if c.budget_cents)
    offers = {o.id for o in portfolio.offers if o.campaign == name}
    return replace(portfolio, spent_cents={name: 49_000}), {name, *offers}


@plot(Fault.CAP_ZERO)
def _nobody_may_be_shown_anything(portfolio: Portfolio) -> Planted:
    tuning = replace(portfolio.tuning, person_cap=0)
    return replace(portfolio, tuning=tuning), {"person_cap"}


@plot(Fault.CAP_DEADLOCK)
def _a_challenge_needs_more_than_its_campaign_lets_through(portfolio: Portfolio) -> Planted:
    made = campaign(weekly_cap=2), offer("o-new", spare(portfolio))
    return with_(replace(portfolio, needs={"new": 3}), *made), {"new"}


# tests and holdouts
lone(Fault.HOLDOUT_SIZE, {"new"}, {"holdout_pct": 0})
lone(Fault.HOLDOUT_SIZE, {"new"}, {"holdout_pct": 30})
lone(Fault.SALT_SHARED, {"new", "holdout_salt"}, {"salt": "global-1"})
lone(Fault.LAYER_EMPTY, {"new"}, {"layer": Layer(name="l", first=5_000, last=5_000)})
lone(
    Fault.WASHED_OUT,
    {"new"},
    {"design": Design.SWITCHBACK, "rota": SwitchbackSchedule(period_minutes=30)},
)
lone(Fault.VARIANT_WEIGHT, {"new", "b"}, {"variants": (AB[0], Variant(name="b", weight=0))})
lone(
    Fault.VARIANT_EMPTY,
    {"new", "b"},
    {"variants": (AB[0], Variant(name="b", offers=("o-gone",)))},
)
lone(
    Fault.VARIANT_OFFER, {"new", "o-gone"},
    {"variants": (AB[0], Variant(name="b", offers=("o-new", "o-gone")))},
)  # fmt: skip
lone(
    Fault.VARIANT_CREATIVE, {"new", "c-gone"},
    {"variants": (AB[0], Variant(name="b", creatives=("c-gone",)))}, creatives=creative(),
)  # fmt: skip

# nothing to fall back to
lone(
    Fault.NO_DEFAULT_LANGUAGE, {*NEW, "c"}, {}, creatives=creative(modules={"es": WORDS["en"]})
)
lone(Fault.BLANK_CREATIVE, {*NEW, "c"}, {}, creatives=creative(modules={"en": Modules()}))
lone(
    Fault.NO_FITTING_CREATIVE, {*NEW, "till-addon"}, {},
    placements=("kiosk-home", "till-addon"), creatives=creative(templates=("tiles",)),
)  # fmt: skip
lone(
    Fault.NO_FITTING_CREATIVE, {*NEW, "kiosk-home"}, {"variants": (AB[0], Variant(name="b", creatives=("c",)))},
    placements=("kiosk-home",), creatives=(*creative(templates=("strip",)), *creative(id="d")),
)  # fmt: skip
for said in (Modules(image="f" * 64), Modules(image="f" * 64, headline="New")):
    lone(Fault.MISSING_IMAGE, {*NEW, "f" * 64}, {}, creatives=creative(modules={"en": said}))

# two that collide
paired(Fault.COLLISION, BOTH, {}, {}, same=True, discount_cents=20)
paired(Fault.COLLISION, BOTH, {}, {}, same=True, discount_cents=20, segment="vip")
paired(Fault.COLLISION, BOTH, {}, {}, same=True, discount_cents=20, audience="trips > 60")
paired(
    Fault.COLLISION, BOTH, {}, {"windows": (Window(days=(7,)),)}, same=True, discount_cents=20
)
paired(Fault.HOLDOUT_LEAK, BOTH, {}, {}, same=True)
paired(Fault.HOLDOUT_LEAK, BOTH, {}, {"holdout_pct": 20}, same=True, weekly_cap=1)
paired(
    Fault.MIXED_DESIGNS, TWO, {"design": Design.SWITCHBACK}, {}, same=True, placements=("display-zone",)
)  # fmt: skip
paired(
    Fault.MIXED_DESIGNS, TWO, {"design": Design.SWITCHBACK}, {}, placements=("display-zone",)
)
paired(Fault.TESTS_OVERLAP, TWO, {"variants": AB}, {"variants": AB})
paired(Fault.TESTS_OVERLAP, TWO, {"design": Design.SWITCHBACK}, {"design": Design.SWITCHBACK})
paired(Fault.SALT_SHARED, TWO, {}, {"salt": "new-salt"})
paired(
    Fault.LAYERS_OVERLAP, TWO,
    {"layer": Layer(name="l", last=6_000)}, {"layer": Layer(name="l", first=5_999)},
)  # fmt: skip
paired(
    Fault.STRATEGIES_CLASH, TWO,
    {"variants": (Variant(name="a", strategies=(("phone-home", "trending"),)), AB[1])},
    {"variants": (Variant(name="a", strategies=(("phone-home", "resupply"),)), AB[1])},
    category="other",
)  # fmt: skip
paired(Fault.LINEAGE_CYCLE, TWO, {"parent": "other"}, {"parent": "new"})
paired(Fault.CAP_DEADLOCK, BOTH, {}, {}, weekly_cap=12)
paired(
    Fault.OFFER_SHARED, {"o-other", "new", "other"},
    {"variants": (AB[0], Variant(name="b", offers=("o-new", "o-other")))}, {},
)  # fmt: skip
