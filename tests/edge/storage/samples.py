"""Small valid records to change with ``replace``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from edge.domain.associate_tip import AssociateTip
from edge.domain.basket import BasketLine, TillBasket
from edge.domain.challenge import ChallengeCard, ChallengeGoal, ChallengeReward
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.customer import Customer
from edge.domain.decision import ContentKind
from edge.domain.discount import OfferDiscount, OfferDiscountKind
from edge.domain.driver_credit import Driver, DriverCredit
from edge.domain.event import StoreEvent
from edge.domain.exposure_memory import TAKEN_UP, OfferResponse
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
from edge.domain.kpi import DayCount
from edge.domain.market import RecognitionMethod
from edge.domain.offer import Offer
from edge.domain.trigger import MessageState, TriggerMessage
from edge.domain.visit import Visit
from edge.storage.change_set import KpiUpdates
from edge.storage.decisions.decisions import StoredDecision
from edge.storage.decisions.exposures import Exposure
from edge.storage.decisions.feedback import FeedbackRow
from edge.storage.decisions.proof_of_play import PlayRecord
from edge.storage.decisions.redemptions import Redemption
from edge.storage.decisions.responses import StoredResponse
from edge.storage.decisions.snapshots import Snapshot
from edge.storage.measurement.audit_log import AuditEntry
from edge.storage.measurement.experiment_outcomes import Entrant, Sale
from edge.storage.measurement.switchback_sums import Stretch
from edge.storage.people.app_keys import AppKey
from edge.storage.people.identifier_links import IdentifierLink
from edge.storage.people.used_claims import UsedClaim
from edge.storage.people.visit_days import PaidTrip
from models.offers.wallet import Wallet

NOW = datetime(2024, 6, 3, 14, 30, 0, 123456, tzinfo=UTC)
ANN = Token("c-annaaaaaaaaaaaaaaaaaaaaaaa")
BEN = Token("c-bennnnnnnnnnnnnnnnnnnnnnnn")
KIOSK = DeviceId("kiosk-1")
TILL = DeviceId("till-1")
VISIT = VisitId("v-1")
BASKET = BasketId("b-1")
DECISION = DecisionId("d-1")
OFFER = OfferId("o-1")
MILK = Sku("1001")

PROFILE = b"profile of one"
PROFILE_DIGEST = digest_of(PROFILE)
WALLET = Wallet().counting(19_870, 2).redeeming(19_860, (1001,)).to_bytes()


def later(seconds: float = 0, *, days: float = 0) -> datetime:
    return NOW + timedelta(days=days, seconds=seconds)


def customer(token: Token = ANN) -> Customer:
    return Customer(token=token, locale="fr-FR", segments=("loyal", "café"))


def link(token: Token = ANN, code: str = "abcdefghijklmnopqrstuvwxyz") -> IdentifierLink:
    return IdentifierLink(code=code, token=token, kind="loyalty")


def app_key(token: Token = ANN) -> AppKey:
    return AppKey(kid="phone-1", token=token, public_key="-----BEGIN PUBLIC KEY-----")


def claim(jti: str = "jti-1") -> UsedClaim:
    return UsedClaim(jti=jti, expires_at=later(60))


def entry(
    id_: str = "e-1",
    *,
    token: Token = ANN,
    purpose: Purpose = Purpose.RECOGNISE,
    state: ConsentState = ConsentState.GIVEN,
    at: datetime = NOW,
) -> ConsentEntry:
    return ConsentEntry(
        id=id_,
        token=token,
        purpose=purpose,
        state=state,
        market="US",
        notice_id="notice-1",
        given_at=at,
        expires_at=at + timedelta(days=395) if state is ConsentState.GIVEN else None,
        channel="kiosk",
    )


def visit(id_: VisitId = VISIT, token: Token | None = ANN) -> Visit:
    return Visit(
        id=id_,
        opened_at=NOW,
        seen_at=later(30),
        token=token,
        method=RecognitionMethod.KIOSK_LOGIN,
        zone="dairy",
        zone_since=later(10),
        rumour_zone="bakery",
        basket=BASKET,
        kiosk=KIOSK,
    )


def basket(id_: BasketId = BASKET, of: VisitId = VISIT) -> TillBasket:
    lines = (
        BasketLine(sku=MILK, quantity=Decimal(2), unit_price=Decimal(129)),
        BasketLine(sku=Sku("x-9"), quantity=Decimal(1), unit_price=Decimal(500)),
    )
    return TillBasket(id=id_, device=TILL, visit=of, lines=lines)


def snapshot(token: Token | None = ANN, body: bytes = PROFILE) -> Snapshot:
    return Snapshot(digest=digest_of(body), kind="profile", body=body, token=token)


def decision(
    id_: DecisionId = DECISION, *, token: Token | None = ANN, at: datetime = NOW
) -> StoredDecision:
    return StoredDecision(
        id=id_,
        at=at,
        visit=VISIT,
        token=token,
        placement="kiosk-home",
        kind=ContentKind.PERSONAL,
        inputs=b'{"profile":"%s"}' % PROFILE_DIGEST.encode(),
        output=b'{"choices":[]}',
        core_us=180,
        total_us=950,
    )


def exposure(
    token: Token = ANN, *, offer: OfferId = OFFER, at: datetime = NOW, **changed: object
) -> Exposure:
    plain = Exposure(token=token, offer=offer, surface="kiosk", at=at, decision=DECISION)
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def answer(token: Token = ANN, *, liked: int = TAKEN_UP, at: datetime = NOW) -> StoredResponse:
    return StoredResponse(
        token=token, response=OfferResponse(at, liked, "dairy", ItemKey(1), OFFER)
    )


def redemption(
    token: Token | None = ANN, *, nth: int | None = 1, **changed: object
) -> Redemption:
    plain = Redemption(
        offer=OFFER, campaign="june", cents=50, decision=DECISION, at=NOW, token=token, nth=nth
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def entrant(token: Token = ANN, **changed: object) -> Entrant:
    plain = Entrant(
        campaign="june",
        design="d1",
        token=token,
        arm="treated",
        segments=("regular",),
        past_trips=12,
        at=NOW,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def sale(token: Token = ANN, **changed: object) -> Sale:
    """Ten minutes after the first showing, with two of June's products in it."""
    plain = Sale(token=token, at=later(600), cents=758, items={"june": 2})
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def stretch(**changed: object) -> Stretch:
    plain = Stretch(
        campaign="june",
        design="d1",
        store=7,
        stretch=4,
        is_on=True,
        begins_at=NOW,
        baskets=1,
        cents=758,
        items=2,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def act(**changed: object) -> AuditEntry:
    plain = AuditEntry(
        at=NOW, who="maria", act="promoted b", object="june", before="0" * 64, after="1" * 64
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


def message(token: Token = ANN, name: str = "m-1") -> TriggerMessage:
    return TriggerMessage(
        id=name,
        token=token,
        trigger="t-1",
        version=1,
        occasion="today",
        purpose=Purpose.PERSONALISE_PRIVATE,
        reason="arrived",
        fired_at=NOW,
        due_at=NOW,
        expires_at=NOW,
        state=MessageState.SHOWN,
    )


def kpi_updates(
    token: Token = ANN, stay: VisitId = VISIT, decision: DecisionId = DECISION
) -> KpiUpdates:
    """One of each: a bounty, a tip, a trip, a card and a count."""
    return KpiUpdates(
        day=19_877,
        counts={DayCount.VISITS: 1},
        bounties=(DriverCredit(token=token, driver=Driver.SIGNED_UP, at=NOW),),
        tips=(AssociateTip(visit=stay, device=KIOSK, sku=MILK, decision=decision, at=NOW),),
        trips=(PaidTrip(token=token, day=19_877, at=NOW, cents=500),),
        cards=(
            ChallengeCard(
                token=token,
                challenge="c-1",
                week=2_839,
                headline="Three of three",
                goals=(ChallengeGoal(sku=MILK),),
                reward=ChallengeReward(points=10),
                decision=decision,
                until=NOW,
            ),
        ),
    )


def play(started_at: datetime = NOW) -> PlayRecord:
    return PlayRecord(
        decision=DECISION,
        creative="plain",
        device=KIOSK,
        started_at=started_at,
        duration_ms=8000,
        completed=True,
    )


def reply(action: str = "touch") -> FeedbackRow:
    return FeedbackRow(
        decision=DECISION, action=action, device=KIOSK, at=NOW, item=MILK, value="3"
    )


def offer(id_: OfferId = OFFER) -> Offer:
    return Offer(
        id=id_,
        headline="Milk, 20 cents off",
        items=(ItemKey(1001), ItemKey(2**62 + 5)),
        category="dairy",
        discount_cents=20,
        starts_at=NOW,
        ends_at=later(days=7),
        campaign="june",
        weekly_cap=2,
        creative_id="milk-1",
        discount=OfferDiscount(kind=OfferDiscountKind.AMOUNT, amount=20),
    )


def product_row(sku: str = "1001") -> dict[str, object]:
    return {
        "sku": sku,
        "name": "Whole milk",
        "category": "dairy",
        "department": "chilled",
        "price_cents": 129,
    }


def fact(
    id_: str = "f-1", token: Token | None = ANN, name: str = "Order Completed"
) -> StoreEvent:
    return StoreEvent(
        id=id_,
        name=name,
        at=NOW,
        source="storeside/1/store-1/pos/till-1",
        visit=VISIT,
        token=token,
        properties={"total_cents": 758},
    )
