"""Small valid nouns with sensible defaults; each test says only what it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from devices.messages import EVENTS, Data, UpEvent
from devices.messages.events import TYPES
from edge.decision.codec import encode_inputs
from edge.decision.flow import decide
from edge.decision.steps.context import Evidence
from edge.domain.basket import BasketLine, TillBasket
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue, Product, Tuning
from edge.domain.consent import ConsentEntry, Consents, ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.decision import Decision, Inputs
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.exposure_memory import ExposureMemory, Impression
from edge.domain.ids import (
    BasketId,
    DecisionId,
    DeviceId,
    ItemKey,
    OfferId,
    Sku,
    Token,
    VisitId,
    digest_of,
)
from edge.domain.market import MarketPolicy, PolicyCell, RecognitionMethod
from edge.domain.offer import Offer
from edge.domain.placement import PLACEMENTS
from edge.domain.promotion import ProductPromotion
from edge.domain.transitions.transition import SignalContext
from edge.domain.visit import Visit
from edge.state.catalogue import CatalogueParts, catalogue_of
from edge.state.decider import MadeDecision
from edge.storage.decisions.decisions import FreshDecision
from models.features.profile import Profile
from models.moment import Moment
from models.offers.facts import NO_COUPONS, OfferHistory
from models.serving.ranker import Ranker
from models.statistics.trend import BASKETS_AN_EDITION, StoreTrend
from tests.edge.fakes import Rates

STORE = "store-1"
NOW = datetime(2024, 6, 3, 14, 30, tzinfo=UTC)
DAY = 19_877  # 2024-06-03
ANN = Token("c-annaaaaaaaaaaaaaaaaaaaaaaa")
BEN = Token("c-bennnnnnnnnnnnnnnnnnnnnnnn")
KIOSK, KIOSK_2 = DeviceId("kiosk-1"), DeviceId("kiosk-2")
TILL, TILL_2 = DeviceId("till-1"), DeviceId("till-2")
DISPLAY, TABLET, PHONE = DeviceId("display-1"), DeviceId("tablet-1"), DeviceId("phone-1")
GATEWAY = DeviceId("gw-1")
CLASSES = {"gw": "beacon-gw", "till": "pos"}
FRESH: Mapping[str, int] = dict.fromkeys(
    ("offers", "prices", "profile", "promotions", "stock", "trend"), 0
)
EVERYTHING = frozenset(Purpose)


def later(seconds: float = 0, *, days: float = 0) -> datetime:
    return NOW + timedelta(days=days, seconds=seconds)


def product(number: int, category: str = "dairy", department: str = "grocery") -> Product:
    return Product(
        key=ItemKey(number),
        sku=Sku(str(number)),
        name=f"Product {number}",
        category=category,
        department=department,
        price_cents=100 + number,
    )


def offer(
    name: str = "o-1",
    *items: int,
    category: str = "dairy",
    cap: int = 3,
    cents: int = 50,
    **changed: object,
) -> Offer:
    plain = Offer(
        id=OfferId(name),
        headline=f"Save {cents}",
        items=tuple(ItemKey(i) for i in items or (1,)),
        category=category,
        discount_cents=cents,
        starts_at=later(days=-7),
        ends_at=later(days=30),
        campaign="june",
        weekly_cap=cap,
        discount=OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=cents),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def campaign(name: str = "june", **changed: object) -> Campaign:
    """Nobody is held out where nothing else is said."""
    plain = Campaign(
        id=name,
        name=name.title(),
        starts_at=later(days=-7),
        ends_at=later(days=30),
        salt=f"{name}-1",
        holdout_pct=0,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def catalogue(
    products: Iterable[Product] | None = None,
    offers: Iterable[Offer] = (),
    sensitive: Iterable[str] = (),
    promotions: Iterable[ProductPromotion] = (),
    campaigns: Iterable[Campaign] = (),
    **tuning: object,
) -> Catalogue:
    """Twelve products in four categories where nothing else is said; nobody is held out."""
    if products is None:
        products = [product(n, f"category {n % 4}") for n in range(1, 13)]
    turned = replace(Tuning(holdout_pct=0), **tuning)  # type: ignore[arg-type]  # fields of the test's choice
    goods = CatalogueParts(
        products=products,
        offers=offers,
        campaigns=campaigns,
        sensitive_categories=frozenset(sensitive),
        promotions=promotions,
    )
    return catalogue_of(goods, turned)[0]


def profile(*items: int, day: int = DAY - 7) -> Profile:
    found = Profile.empty()
    for item in items:
        found.record(item, day)
    return found


def trend(*items: int, hour: int = 14) -> StoreTrend:
    """A trend in its first edition: so many baskets of ``items`` today."""
    found = StoreTrend()
    for _ in range(BASKETS_AN_EDITION):
        found.record(np.array(items, np.int64), Moment(day=DAY, hour=hour))
    return found


def inputs(placement: str = "kiosk-home", **changed: object) -> Inputs:
    """The inputs of nobody's decision at ``NOW``, everything fresh."""
    plain = Inputs(
        id=DecisionId("d-1"),
        at=NOW,
        day=DAY,
        hour=14,
        placement=placement,
        limit=PLACEMENTS[placement].limit,
        visit=None,
        zone=None,
        token=None,
        purposes=(),
        profile=None,
        trend="t",
        catalogue="c",
        model="m",
        ages_s=FRESH,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def personal(placement: str = "kiosk-home", token: Token = ANN, **changed: object) -> Inputs:
    purpose = PLACEMENTS[placement].purpose
    return inputs(placement, token=token, purposes=(purpose,), profile="p", **changed)


def evidence(
    habits: Profile | None = None,
    seen: StoreTrend | None = None,
    coupons: OfferHistory = NO_COUPONS,
) -> Evidence:
    return Evidence(profile=habits, trend=seen or StoreTrend(), coupons=coupons)


def decision(
    given: Inputs,
    sold: Catalogue | None = None,
    ranker: Ranker | None = None,
    habits: Profile | None = None,
    coupons: OfferHistory = NO_COUPONS,
) -> Decision:
    """The whole way, with a ranker that likes lower numbers better."""
    return decide(
        given,
        evidence(habits, coupons=coupons),
        sold or catalogue(),
        ranker or Rates.falling(12),
        digest_of(encode_inputs(given)),
    )


def made(
    given: Inputs, habits: Profile | None = None, seen: StoreTrend | None = None
) -> MadeDecision:
    """The same with what it read, as it goes to a screen."""
    decided = decision(given, habits=habits)
    stored = FreshDecision(decision=decided, inputs=encode_inputs(given), core_us=1)
    return MadeDecision(
        decision=decided,
        inputs=given,
        evidence=evidence(habits, seen),
        stored=stored,
        snapshots=(),
        core_us=1,
    )


def promotion(
    number: int, *, first: int = DAY, last: int = DAY, display: str = "7", mailer: str = "0"
) -> ProductPromotion:
    """On display today where nothing else is said."""
    return ProductPromotion(ItemKey(number), display, mailer, first, last)


def said(
    purpose: Purpose = Purpose.RECOGNISE,
    state: ConsentState = ConsentState.GIVEN,
    *,
    token: Token = ANN,
    at: datetime | None = None,
    until: datetime | None = None,
) -> ConsentEntry:
    at = at or later(days=-30)
    return ConsentEntry(
        id=f"{token}.{purpose.value}.{state.value}.{at.timestamp()}",
        token=token,
        purpose=purpose,
        state=state,
        market="US",
        notice_id="notice-us-1",
        given_at=at,
        expires_at=until,
    )


def touch(name: str = "o-1", at: datetime | None = None, **changed: str) -> Impression:
    """An offer of June before somebody, now where nothing else is said."""
    plain = Impression(at or NOW, OfferId(name), "june", "dairy")
    return plain._replace(**changed)  # type: ignore[arg-type]  # fields of the test's choice


def shown(**offers: Iterable[float]) -> ExposureMemory:
    """The memory of who was shown these offers so many days from now (before it: below 0)."""
    found = [touch(name, later(days=day)) for name, days in offers.items() for day in days]
    return ExposureMemory(touches=sorted(found))


def customer(token: Token = ANN, purposes: Iterable[Purpose] = EVERYTHING) -> Customer:
    entries = tuple(said(p, token=token) for p in sorted(purposes))
    return Customer(token=token, consents=Consents(entries=entries))


def policy(
    *denied: RecognitionMethod, allowed: PolicyCell = PolicyCell.WITH_CONSENT
) -> MarketPolicy:
    """Everything with consent, by every method that can identify, less those ``denied``."""
    methods = set(RecognitionMethod) - {RecognitionMethod.ANONYMOUS_CONTEXT} - set(denied)
    cells = frozenset((m, p, allowed) for m in methods for p in Purpose)
    return MarketPolicy(
        market="US",
        version="1",
        cells=cells,
        sensitive_categories=frozenset({"wine"}),
        notice_ids=frozenset({"notice-us-1"}),
    )


def visit(name: str = "v-1", token: Token | None = None, **changed: object) -> Visit:
    method = (
        RecognitionMethod.ANONYMOUS_CONTEXT if token is None else RecognitionMethod.KIOSK_LOGIN
    )
    plain = Visit(id=VisitId(name), opened_at=NOW, seen_at=NOW, token=token, method=method)
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def line(number: int, quantity: int = 1) -> BasketLine:
    return BasketLine(
        sku=Sku(str(number)), quantity=Decimal(quantity), unit_price=Decimal(100 + number)
    )


def basket(
    name: str = "b-1", of: str = "v-1", *lines: BasketLine, device: str = TILL
) -> TillBasket:
    return TillBasket(
        id=BasketId(name), number=name, device=DeviceId(device), visit=VisitId(of), lines=lines
    )


def context(device: str = KIOSK, **changed: object) -> SignalContext:
    """A signal of ``device`` when nobody and nothing is there."""
    surface = _class_of(device)
    plain = SignalContext(
        event_id="e-1",
        source=f"storeside/1/{STORE}/{surface}/{device}",
        at=NOW,
        now=NOW,
        device=DeviceId(device),
        surface=surface,
        zone=None,
        policy=policy(),
        spare=VisitId("v-spare"),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def event(
    data: Data, device: str = KIOSK, *, name: str = "1", at: datetime | None = None
) -> UpEvent:
    kind = TYPES[type(data)]
    assert kind in EVENTS
    return UpEvent(
        id=name,
        source=f"storeside/1/{STORE}/{_class_of(device)}/{device}",
        type=kind,
        time=at or NOW,
        data=data,
    )


def _class_of(device: str) -> str:
    stem = device.rpartition("-")[0]
    return CLASSES.get(stem, stem)
