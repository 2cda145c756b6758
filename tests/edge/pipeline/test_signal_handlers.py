from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from devices.messages import (
    Ask,
    Beacon,
    Consent,
    Data,
    Feedback,
    FeedbackAction,
    Play,
    Sighting,
    SignIn,
    SignOut,
)
from edge.decision.steps.signal import Signal, accept
from edge.domain.basket import BasketState, TillBasket
from edge.domain.booked_sale import BookedSale
from edge.domain.customer import Customer
from edge.domain.decision import Decision
from edge.domain.errors import SignalRefused
from edge.domain.exposure_memory import ExposureMemory
from edge.domain.ids import (
    BasketId,
    DecisionId,
    DeviceId,
    Token,
    VisitId,
    fresh_token,
    link_code,
)
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason, Visit
from edge.pipeline.identifiers import Identifiers
from edge.pipeline.signal_handlers import HandledSignal, PassedOver, SignalHandlers
from edge.pipeline.till_signals import TillSignals
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache
from edge.state.in_store import InStore
from edge.state.sign_in_limit import SignInLimit
from tests.edge.builders import (
    ANN,
    BEN,
    GATEWAY,
    KIOSK,
    NOW,
    TILL,
    TILL_2,
    basket,
    customer,
    decision,
    event,
    inputs,
    later,
    line,
    policy,
    visit,
)
from tests.edge.shop import till

KEY = b"k" * 32
NOTICE = "notice-us-1"
CARD_LIKE = (
    "2708123456789016",
    "4111 1111 1111 1111",
    "6011-1111-1111-1117",
    "378282246310005",
)


@dataclass
class Book:
    """Who is who, without a database."""

    codes: dict[str, Token] = field(default_factory=dict)
    beacons: dict[str, Token] = field(default_factory=dict)
    claims: dict[str, Token] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    kept: list[TillBasket] = field(default_factory=list)
    people: dict[Token, Customer] = field(default_factory=lambda: {ANN: customer()})

    def by_code(self, code: str) -> Token | None:
        return self.codes.get(code)

    def by_beacon(self, rotating_id: str, now: datetime) -> Token | None:
        return self.beacons.get(rotating_id)

    def by_claim(self, claim: str, now: datetime) -> Token | None:
        if claim not in self.claims:
            raise SignalRefused("claim-invalid")
        return self.claims[claim]

    def decision(self, decision: DecisionId) -> Decision | None:
        return self.decisions.get(decision)

    def baskets(self, device: DeviceId, number: str) -> tuple[TillBasket, ...]:
        found = [b for b in self.kept if (b.device, b.number) == (device, number)]
        return tuple(reversed(found))

    def basket(self, basket: BasketId) -> TillBasket | None:
        return next((b for b in self.kept if b.id == basket), None)

    def stay(self, visit: VisitId) -> Visit | None:
        return None

    def original(self, order: str, line_id: str | None, key: int) -> BookedSale | None:
        return None

    def enrolling(self, code: str) -> Token:
        return fresh_token(code)

    def customer(self, token: Token) -> Customer | None:
        return self.people.get(token)

    def profile(self, token: Token) -> bytes | None:
        return None

    def coupons(self, token: Token) -> bytes | None:
        return None

    def memory(self, token: Token, since: datetime) -> ExposureMemory:
        return ExposureMemory()


class Desk:
    """A reception over a book, with its floor and people."""

    def __init__(self, **known: object) -> None:
        self.book = Book(**known)  # type: ignore[arg-type]  # fields of the test's choice
        self.in_store = InStore.of()
        self.people = CustomerCache(self.book)
        self.signal_handlers = SignalHandlers(
            presence=self.in_store.presence,
            recent_buyers=self.in_store.recent_buyers,
            people=self.people,
            directory=self.book,
            till=TillSignals(
                presence=self.in_store.presence,
                store=self.book,
                sales=self.book,
                catalogue=CurrentCatalogue(),
                site=StoreSite(zone=UTC),
            ),
            policy=policy(),
            identifiers=Identifiers(key=KEY),
            new_visit_id=lambda: VisitId("v-spare"),
            latest=lambda: NOW,
        )

    def meet(
        self, data: Data, device: str = KIOSK, *, zone: str | None = None, now: datetime = NOW
    ) -> HandledSignal:
        signal: Signal = accept(event(data, device, at=now), now)
        return self.signal_handlers.handle(signal, zone=zone, at=now, now=now)

    def refusal(self, data: Data, device: str = KIOSK, *, now: datetime = NOW) -> str:
        with pytest.raises(SignalRefused) as refused:
            self.meet(data, device, now=now)
        return refused.value.reason

    def take(self, met: HandledSignal) -> None:
        self.in_store.apply(met.transition, NOW)
        if met.transition.customer is not None:
            self.people.enrol(met.transition.customer)


def card(number: str, kind: str = "loyalty") -> str:
    return link_code(KEY, kind, number)


def sign_in(value: str, method: str = "loyalty", purposes: tuple[str, ...] = ()) -> SignIn:
    return SignIn(method=method, value=value, purposes=purposes, notice_id=NOTICE)  # type: ignore[arg-type]  # the closed lists


def beacon(kind: str = "app", id_: str = "0123456789abcdef", **more: object) -> Sighting:
    heard = Beacon(kind=kind, id=id_)  # type: ignore[arg-type]  # the closed list
    return Sighting(beacon=heard, rssi_dbm=-60, **more)  # type: ignore[arg-type]  # fields of the test's choice


@pytest.mark.parametrize(
    ("method", "typed", "kept"),
    [
        ("loyalty", " 41-000 ", "41000"),
        ("email", "Ann@Example.ORG ", "ann@example.org"),
        ("phone", "+1 (555) 010-9999", "+15550109999"),
    ],
)
def test_an_identifier_is_found_however_it_is_typed(method: str, typed: str, kept: str) -> None:
    desk = Desk(codes={card(kept, method): ANN})
    met = desk.meet(sign_in(typed, method))
    assert met.transition.visits[0].token == ANN
    assert kept not in repr(met)


def test_a_code_of_one_kind_opens_no_other() -> None:
    desk = Desk(codes={card("41000", "loyalty"): ANN})
    assert desk.meet(sign_in("41000", "email")).transition.visits[0].token is None


@pytest.mark.parametrize("value", ["n/a", "-", "0000", "1"])
def test_a_place_holder_is_nobodys_identifier(value: str) -> None:
    kind = "phone" if value == "0000" else "loyalty"
    assert Desk().refusal(sign_in(value, kind)) == "malformed"


def test_who_enrols_is_linked_to_their_code_and_not_to_the_number() -> None:
    met = Desk(people={}).meet(sign_in("41000777", purposes=("recognise",)))
    assert met.transition.customer is not None
    assert met.enrolled == (card("41000777"), met.transition.customer.token)
    assert "41000777" not in repr(met)


def test_who_does_not_agree_is_not_linked() -> None:
    assert Desk().meet(sign_in("41000777")).enrolled is None
    assert (
        Desk(codes={card("41000"): ANN}).meet(sign_in("41000", purposes=("share",))).enrolled
        is None
    )


def test_two_kiosks_that_enrol_one_person_at_once_make_one_of_them() -> None:
    desk = Desk(people={})
    first = desk.meet(sign_in("41000777", purposes=("recognise",)))
    desk.take(first)
    second = desk.meet(sign_in("41000777", purposes=("recognise",)), "kiosk-2")
    assert second.transition.customer is None
    assert second.enrolled is None
    assert [v.id for v in second.transition.visits] == ["v-spare"]
    assert second.transition.visits[0].token == first.transition.visits[0].token


def test_a_signed_code_signs_in_and_a_forged_one_does_not() -> None:
    desk = Desk(claims={"good": ANN})
    assert desk.meet(sign_in("good", "qr")).transition.visits[0].token == ANN
    assert desk.refusal(sign_in("forged", "qr")) == "claim-invalid"


def test_guessing_is_slow_at_one_device_and_costs_no_other() -> None:
    desk = Desk(codes={card("41000"): ANN})
    for n in range(5):
        desk.meet(sign_in(f"9990000{n}"))
    assert desk.refusal(sign_in("99900009")) == "too-many-tries"
    assert desk.refusal(sign_in("41000")) == "too-many-tries"
    assert desk.meet(sign_in("41000"), "kiosk-2").transition.visits[0].token == ANN
    assert desk.meet(sign_in("41000"), now=later(61)).transition.visits[0].token == ANN


def test_twenty_misses_in_an_hour_are_enough() -> None:
    tries, device = SignInLimit(), DeviceId(KIOSK)
    for n in range(20):
        tries.check(device, later(n * 90))
        tries.note(device, later(n * 90), known=False)
    with pytest.raises(SignalRefused):
        tries.check(device, later(20 * 90))
    tries.check(device, later(3_600))
    tries.note(device, later(3_600), known=True)
    tries.check(device, later(3_601))


@pytest.mark.parametrize("kind", ["app", "eid"])
def test_a_rotating_id_identifies(kind: str) -> None:
    desk = Desk(beacons={"0123456789abcdef": ANN})
    transition = desk.meet(beacon(kind), GATEWAY, zone="dairy").transition
    assert (transition.visits[0].token, transition.visits[0].zone) == (ANN, "dairy")


@pytest.mark.parametrize("kind", ["ibeacon", "eddystone-uid"])
def test_a_plain_id_gives_a_zone_at_most_even_if_it_is_somebodys(kind: str) -> None:
    desk = Desk(beacons={"0123456789abcdef": ANN})
    transition = desk.meet(beacon(kind), GATEWAY, zone="dairy").transition
    assert (transition.visits, transition.facts[0].name) == ((), "Zone Passed")
    assert desk.refusal(beacon(kind), GATEWAY) == "unknown-beacon"


def test_a_sightings_own_zone_is_believed_before_the_receivers() -> None:
    desk = Desk(beacons={"0123456789abcdef": ANN})
    transition = desk.meet(beacon(zone="wine"), GATEWAY, zone="dairy").transition
    assert transition.visits[0].zone == "wine"


def test_a_signed_claim_counts_before_the_id_it_came_with() -> None:
    desk = Desk(claims={"c" * 16: ANN}, beacons={"0123456789abcdef": BEN})
    transition = desk.meet(beacon(claim="c" * 16), GATEWAY, zone="dairy").transition
    assert transition.visits[0].token == ANN
    assert desk.refusal(beacon(claim="f" * 16), GATEWAY) == "claim-invalid"


def test_a_stranger_is_refused_and_leaves_nothing() -> None:
    assert Desk().refusal(beacon(), GATEWAY) == "unknown-beacon"


def test_who_has_just_paid_and_walks_out_is_no_new_arrival() -> None:
    desk = Desk(beacons={"0123456789abcdef": ANN})
    paid = visit("v-1", ANN).closing(EndReason.PAID, NOW)
    desk.in_store.apply(Transition(facts=(), visits=(paid,)), NOW)
    transition = desk.meet(beacon(), GATEWAY, zone="exit", now=later(60)).transition
    assert (transition.visits, transition.facts[0].name) == ((), "Zone Passed")
    back = desk.meet(beacon(), GATEWAY, zone="entrance", now=later(601)).transition
    assert back.visits[0].token == ANN


def test_the_session_of_a_screen_is_its_kiosks_or_its_open_baskets() -> None:
    desk = Desk()
    assert desk.refusal(SignOut(reason="person")) == "no-session"
    stay = visit("v-1", ANN, kiosk=KIOSK)
    desk.in_store.apply(Transition(facts=(), visits=(stay,)), NOW)
    assert desk.meet(SignOut(reason="person")).transition.clear == ("v-1",)
    assert desk.refusal(SignOut(reason="person"), TILL) == "no-session"
    buyer = visit("v-2", ANN, basket=BasketId("b-1"))
    desk.in_store.apply(Transition(facts=(), visits=(buyer,), basket=basket("b-1", "v-2")), NOW)
    assert desk.meet(SignOut(reason="idle"), TILL).transition.clear == ("v-2",)


def test_consents_are_those_of_the_person_of_the_session() -> None:
    desk = Desk()
    desk.in_store.apply(Transition(facts=(), visits=(visit("v-1", ANN, kiosk=KIOSK),)), NOW)
    grant = Consent.model_validate(
        {"action": "grant", "purposes": ("share",), "notice_id": NOTICE}, strict=False
    )
    withdraw = Consent.model_validate(
        {"action": "withdraw", "purposes": ("share",)}, strict=False
    )
    for said in (grant, withdraw):
        (entry,) = desk.meet(said).transition.consents
        assert entry.token == ANN
    assert desk.refusal(withdraw, "kiosk-2") == "no-session"


def test_a_loyalty_number_at_the_till_leads_to_its_owner() -> None:
    desk = Desk(codes={card("4100000001"): ANN})
    transition = desk.meet(till("open", card="4100000001"), TILL).transition
    assert transition.visits[-1].token == ANN
    for other in ("4100000002", "n/a"):
        assert desk.meet(till("open", card=other), TILL).transition.visits[-1].token is None


@pytest.mark.parametrize("number", CARD_LIKE)
def test_who_is_enrolled_under_a_number_that_looks_like_a_card_is_recognised(
    number: str,
) -> None:
    desk = Desk(codes={card(number): ANN})
    assert desk.meet(till("identify", card=number), TILL).transition.visits[-1].token == ANN
    assert desk.meet(sign_in(number)).transition.visits[0].token == ANN


@pytest.mark.parametrize("number", CARD_LIKE)
def test_a_card_that_nobody_is_enrolled_under_costs_no_line_of_the_sale(number: str) -> None:
    desk = Desk()
    met = desk.meet(till("add", 2, card=number), TILL)
    assert met.passed_over == PassedOver(reason="card-number", field="loyalty")
    assert met.transition.visits[-1].token is None
    assert len(met.transition.bought) == 1
    assert number not in repr(met)
    assert desk.refusal(till("identify", card=number), TILL) == "card-number"
    assert desk.refusal(sign_in(number, purposes=("recognise",))) == "card-number"


def test_a_card_that_is_guessed_at_is_a_try_like_any_other() -> None:
    desk = Desk()
    for _ in range(5):
        assert desk.refusal(sign_in(CARD_LIKE[0])) == "card-number"
    assert desk.refusal(sign_in(CARD_LIKE[0])) == "too-many-tries"


def test_a_basket_belongs_to_its_till_and_a_paid_one_is_remembered_on_disk() -> None:
    paid = basket("b-1", "v-1", line(1)).closing(BasketState.COMPLETE, later(60))
    desk = Desk(kept=[replace(paid, day=StoreSite(zone=UTC).moment(NOW)[0])])
    assert desk.refusal(till("add", 2), TILL) == "unknown-basket"
    desk.in_store.apply(Transition(facts=(), basket=basket("b-2", "v-2", line(1))), NOW)
    other = desk.meet(till("add", 2, basket="b-2"), TILL_2).transition.basket
    assert other is not None
    assert (other.device, other.skus) == (TILL_2, ("2",))


def test_plays_and_answers_need_a_decision_that_was_made() -> None:
    desk = Desk(decisions={"d-1": decision(inputs())})
    play = Play(
        decision_id="d-1", creative_id="c", started_at=NOW, duration_ms=1, completed=True
    )
    view = Feedback(decision_id="d-1", action=FeedbackAction.VIEW)
    assert desk.meet(play).transition.facts[0].name == "Play Completed"
    assert desk.meet(view).transition.facts[0].name == "Promotion Viewed"
    for data in (play, view):
        assert (
            desk.refusal(data.model_copy(update={"decision_id": "d-x"})) == "unknown-decision"
        )


def test_a_question_is_no_signal() -> None:
    assert Desk().refusal(Ask(placement="kiosk-home")) == "unknown-type"
