"""Bodies as marketers write them, small and valid, and strategies that write any of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from edge.campaigns.authoring.campaign_body import (
    CampaignBody,
    LayerBody,
    RotaBody,
    VariantBody,
    WindowBody,
)
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.offer_body import (
    CreativeBody,
    DiscountBody,
    ModulesBody,
    OfferBody,
)
from edge.domain.discount import OfferDiscountKind
from edge.domain.experiment import Design
from edge.domain.offer import OFFER_TYPES

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAGS = ("segment", "offer_type", "channels", "placements", "category", "campaign")


def an_offer(id_: str = "o-1", **changed: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "id": id_,
        "headline": "20 cents off milk",
        "skus": ["101"],
        "segment": "everybody",
        "offer_type": "discount",
        "channels": ["kiosk"],
        "placements": ["kiosk-home"],
        "category": "milk",
        "campaign": "june",
        "discount_cents": 20,
        "starts_at": "2026-11-21T12:00:00Z",
        "ends_at": "2036-11-21T12:00:00Z",
        "creatives": [{"id": "plain", "modules": {"en": {"headline": "Milk, 20 cents off"}}}],
    }
    return {**plain, **changed}


def a_campaign(id_: str = "june", **changed: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "id": id_,
        "name": "Milk in June",
        "starts_at": "2026-11-20T12:00:00Z",
        "ends_at": "2036-12-21T12:00:00Z",
    }
    return {**plain, **changed}


def a_portfolio(*offers: dict[str, object], **changed: object) -> PortfolioBody:
    """One campaign with ``offers``; ``changed`` of the campaign's fields."""
    told = offers or (an_offer(),)
    campaign = {**a_campaign(), **changed}
    return PortfolioBody.model_validate({"campaigns": [campaign], "offers": told})


ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,12}", fullmatch=True)
names = st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True)
_clean = st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp"))
lines = st.text(_clean, min_size=1, max_size=40)
_instants = st.datetimes(
    datetime(1990, 1, 1),
    datetime(2090, 1, 1),
    timezones=st.just(UTC),
)
_lasts = st.timedeltas(timedelta(seconds=1), timedelta(days=900))
_modules = st.builds(
    ModulesBody,
    headline=st.none() | lines,
    text=st.none() | lines,
    image=st.none() | st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    badge=st.none() | lines,
    code=st.none() | lines,
    disclaimer=st.none() | lines,
)
_languages = st.from_regex(r"[a-z]{2,3}(-[A-Z]{2})?", fullmatch=True)
_creatives = st.builds(
    CreativeBody,
    id=ids,
    modules=st.dictionaries(_languages, _modules, min_size=1, max_size=3),
    templates=st.lists(names, max_size=2).map(tuple),
)


def _some(of: st.SearchStrategy[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(of, min_size=least, max_size=3).map(tuple)


def _discounts(cents: int) -> st.SearchStrategy[DiscountBody]:
    """What a till takes off; as money it is what the offer is worth, and with its code not what goes without saying."""
    amounts = {
        OfferDiscountKind.AMOUNT: st.just(cents),
        OfferDiscountKind.PERCENT: st.integers(1, 100),
    }
    return st.sampled_from(OfferDiscountKind).flatmap(
        lambda kind: st.builds(
            DiscountBody,
            kind=st.just(kind),
            amount=amounts.get(kind, st.integers(0, 1_000_000)),
            max=st.none() | st.integers(1, 1_000_000),
            per=st.just("item") if kind == "price" else st.sampled_from(["item", "basket"]),
            code=st.sampled_from(["MILK20", "=x"]),
        )
    )


@st.composite
def offers(draw: st.DrawFn) -> OfferBody:
    starts, cents = draw(_instants), draw(st.integers(0, 1_000_000))
    return OfferBody(
        id=draw(ids),
        headline=draw(lines),
        skus=draw(_some(st.from_regex(r"[A-Za-z0-9._-]{1,12}", fullmatch=True), 1)),
        segment=draw(lines),
        offer_type=draw(st.sampled_from(OFFER_TYPES)),
        channels=draw(_some(names, 1)),
        placements=draw(_some(names, 1)),
        category=draw(lines),
        campaign=draw(ids),
        discount_cents=cents,
        discount=draw(st.none() | _discounts(cents)),
        starts_at=starts,
        ends_at=starts + draw(_lasts),
        audience=draw(
            st.sampled_from(("", "trips > 3", "'a' in segments", '"=x" in segments'))
        ),
        weekly_cap=draw(st.integers(1, 1_000)),
        per_person=draw(st.none() | st.just(1)),
        per_store=draw(st.none() | st.integers(1, 10**8)),
        one_time=draw(st.booleans()),
        creative_id=draw(ids),
        creatives=tuple(draw(st.lists(_creatives, max_size=2, unique_by=lambda one: one.id))),
    )


_windows = st.builds(
    WindowBody,
    first_hour=st.integers(0, 11),
    last_hour=st.integers(12, 24),
    days=st.lists(st.integers(1, 7), min_size=1, max_size=7).map(tuple),
)
_variants = st.builds(
    VariantBody,
    name=ids,
    weight=st.integers(1, 1_000),
    offers=_some(ids),
    creatives=_some(ids),
    strategies=st.dictionaries(names, names, max_size=2),
)


@st.composite
def campaigns(draw: st.DrawFn) -> CampaignBody:
    starts = draw(_instants)
    return CampaignBody(
        id=draw(ids),
        name=draw(lines),
        starts_at=starts,
        ends_at=starts + draw(_lasts),
        salt=draw(st.none() | lines),
        holdout_pct=draw(st.integers(0, 100)),
        layer=draw(st.none() | st.builds(LayerBody, name=ids, first=st.integers(0, 99))),
        design=draw(st.sampled_from(Design)),
        rota=draw(st.none() | st.builds(RotaBody, period_minutes=st.integers(60, 900))),
        variants=tuple(draw(st.lists(_variants, max_size=2, unique_by=lambda one: one.name))),
        bandit=draw(st.booleans()),
        windows=tuple(draw(st.lists(_windows, max_size=2))),
        weekly_cap=draw(st.none() | st.integers(1, 10_000)),
        budget_cents=draw(st.none() | st.integers(0, 10**12)),
        priority_pct=draw(st.integers(1, 1_000)),
        paused=draw(st.booleans()),
        parent=draw(st.none() | ids),
        impact=draw(st.integers(1, 5)),
        ease=draw(st.integers(1, 5)),
    )


portfolios = st.builds(
    PortfolioBody,
    campaigns=st.lists(campaigns(), min_size=1, max_size=2, unique_by=lambda one: one.id).map(
        tuple
    ),
    offers=st.lists(offers(), max_size=2, unique_by=lambda one: one.id).map(tuple),
)
