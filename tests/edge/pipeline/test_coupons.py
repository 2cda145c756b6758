"""A person's own coupons, from the till to the decisions of their next visit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from devices.messages import Basket, BasketAction, Feedback, FeedbackAction
from edge.domain.basket import BasketState
from edge.domain.consent import Purpose
from edge.domain.errors import SignalRefused
from edge.domain.exposure_memory import ExposureMemory
from edge.domain.ids import DeviceId, OfferId, Token
from edge.domain.transitions.transition import OfferClaim, Transition, claim_of
from edge.domain.visit import Visit
from edge.pipeline.online_learning import LearningUpdate
from edge.state.customers import CustomerCache, Person
from models.offers.wallet import Wallet
from tests.edge.builders import (
    ANN,
    BEN,
    DAY,
    EVERYTHING,
    KIOSK,
    NOW,
    TILL,
    basket,
    catalogue,
    customer,
    decision,
    line,
    offer,
    personal,
    visit,
)
from tests.edge.fakes import Redeemers
from tests.edge.pipeline.test_online_learning import WANTING, School
from tests.edge.pipeline.test_signal_handlers import Desk
from tests.edge.shop import till
from tests.edge.state.test_customers import Drawer
from tests.edge.state.test_decider import PLACES, ann, decider, question, record, situations

ON_OFFER = catalogue(offers=[offer("a", 1, 9), offer("b", 3)])
WALLET = Wallet().counting(DAY - 30, 2).redeeming(DAY - 9, (1, 9))


def lessons(
    school: School, redeemed: OfferClaim | None = None, coupons: int = 0
) -> LearningUpdate:
    if redeemed is not None:
        return school.learning.learn(Transition(facts=(), claim=redeemed), {}, NOW, NOW)
    paid = basket("b-1", "v-1", line(5)).closing(BasketState.COMPLETE)
    return school.take(paid, paid=True, coupons=coupons)


def wallet(update: LearningUpdate, token: Token = ANN) -> Wallet:
    return Wallet.from_bytes(update.coupons[token])


def redeemed(offer: str, stay: Visit | None = None) -> OfferClaim:
    stay = stay or visit("v-1", ANN)
    return claim_of(basket("b-1", "v-1"), stay, None, (OfferId(offer),))


# At the till.


def test_coupons_are_counted_when_the_basket_is_complete() -> None:
    done = BasketAction.COMPLETE
    assert Basket(basket_id="b-1", action=done, coupons=3).coupons == 3
    for action, coupons in ((BasketAction.TOTAL, 1), (done, -1), (done, 101)):
        with pytest.raises(ValidationError):
            Basket(basket_id="b-1", action=action, coupons=coupons)


def test_a_paid_basket_takes_its_coupons_along() -> None:
    desk = Desk()
    desk.take(desk.meet(till("add", 1), TILL))
    said = Basket(basket_id="b-1", action=BasketAction.COMPLETE, coupons=2)
    transition = desk.meet(said, TILL).transition
    assert (transition.paid, transition.coupons) == (True, 2)
    assert "coupons" not in repr([fact.properties for fact in transition.facts])


def claimed(
    device: DeviceId,
    action: FeedbackAction = FeedbackAction.REDEEM,
    item: str | None = "1",
    stay: Visit | None = None,
) -> OfferClaim | None:
    """The claim in an answer to Ann's decision, in which products 1 and 9 are on the same offer."""
    made = decision(personal("till-addon", visit="v-1"), ON_OFFER)
    desk = Desk(decisions={"d-1": made}, people={ANN: customer()})
    here = Transition(
        facts=(), visits=(stay or visit("v-1", ANN),), basket=basket("b-1", "v-1", line(5))
    )
    desk.in_store.apply(here, NOW)
    said = Feedback(decision_id="d-1", item_id=item, action=action)
    return desk.meet(said, device).transition.claim


def test_an_offer_redeemed_at_a_till_is_claimed_in_its_open_basket_and_in_its_visit() -> None:
    found = claimed(TILL)
    assert found is not None
    assert found.visit is not None
    assert (found.basket.id, found.token, found.visit.token) == ("b-1", ANN, ANN)
    assert found.offers == ("a",)
    every = claimed(TILL, item=None)
    assert every is not None
    assert set(every.offers) == {"a", "b"}


def test_nothing_else_claims() -> None:
    assert claimed(KIOSK) is None
    assert claimed(TILL, FeedbackAction.ACCEPT) is None
    assert claimed(TILL, item="2") is None


def test_without_an_open_basket_nothing_is_redeemed() -> None:
    made = decision(personal("till-addon", visit="v-1"), ON_OFFER)
    said = Feedback(decision_id="d-1", item_id="1", action=FeedbackAction.REDEEM)
    with pytest.raises(SignalRefused, match="unknown-basket"):
        Desk(decisions={"d-1": made}).meet(said, TILL)


@pytest.mark.parametrize("stay", [visit("v-1", BEN), visit("v-1")])
def test_a_claim_goes_with_no_visit_of_another_person(stay: Visit) -> None:
    found = claimed(TILL, stay=stay)
    assert found is not None
    assert (found.token, found.visit) == (ANN, None)
    assert lessons(School(), found).coupons == {}


# What is learned.


def test_counted_and_redeemed_coupons_are_kept_by_day() -> None:
    school = School()
    school.catalogue.in_force = ON_OFFER
    assert wallet(lessons(school, redeemed("a"))).redeemed == ((DAY, (1, 9)),)
    last = wallet(lessons(school, coupons=2))
    assert (last.counted, last.redeemed) == (((DAY, 2),), ((DAY, (1, 9)),))
    assert school.person().wallet == last
    assert lessons(school).coupons == {}


@pytest.mark.parametrize(
    "purposes", [EVERYTHING - {Purpose.RECOGNISE}, EVERYTHING - set(WANTING)]
)
def test_who_wants_nothing_personal_has_no_wallet(purposes: frozenset[Purpose]) -> None:
    school = School(customer(purposes=purposes))
    school.catalogue.in_force = ON_OFFER
    assert lessons(school, redeemed("a")).coupons == {}
    assert lessons(school, coupons=1).coupons == {}
    assert not school.person().wallet


def test_strangers_have_no_wallet() -> None:
    school = School()
    school.catalogue.in_force = ON_OFFER
    assert lessons(school, redeemed("a", visit("v-1", BEN))).coupons == {}
    assert lessons(school, redeemed("a", visit("v-1"))).coupons == {}


# What a decision reads.


def knowing() -> Redeemers:
    return Redeemers({n: 0.4 - n / 100 for n in range(1, 13)}, {(1, 9): 0.3, (3,): 0.1})


def holder() -> Person:
    person = ann(9, 10)
    person.wallet = WALLET
    person.memory = ExposureMemory()
    return person


def test_a_decision_reads_the_coupons_of_before_the_visit() -> None:
    person, deciding = holder(), decider(knowing())
    deciding.catalogue.in_force = ON_OFFER
    before = deciding.make(question(person=person, purposes=EVERYTHING))
    person.wallet = person.wallet.counting(DAY - 1, 50)
    after = deciding.make(question(person=person, purposes=EVERYTHING))
    assert record(before) == record(after)
    kinds = {shot.kind: shot for shot in before.snapshots}
    assert Wallet.from_bytes(kinds["coupons"].body) == WALLET
    assert before.inputs.coupons == kinds["coupons"].digest
    assert kinds["coupons"].token == ANN
    # Two counted, one redeemed: three hundredths on top of what the model says.
    assert before.decision.choices[0].offer_points == 3_300


def test_who_never_used_a_coupon_leaves_no_snapshot_of_any() -> None:
    made = decider(knowing()).make(question(person=ann(9), purposes=EVERYTHING))
    assert made.inputs.coupons is None
    assert [shot.kind for shot in made.snapshots] == ["trend", "profile"]


@given(st.sampled_from(PLACES), situations)
def test_without_consent_coupons_change_no_bit(
    placement: str, situation: dict[str, object]
) -> None:
    asked = question(placement, **situation)
    nobody = decider(knowing()).make(asked)
    kept_out = decider(knowing()).make(replace(asked, person=holder()))
    assert record(kept_out) == record(nobody)
    assert [shot.kind for shot in kept_out.snapshots] == ["trend"]


# In mind.


def test_a_person_is_read_with_their_coupons_and_keeps_what_is_on_its_way_to_disk() -> None:
    drawer = Drawer(customer())
    drawer.wallets[ANN] = WALLET.to_bytes()
    people = CustomerCache(drawer)
    person = people.find(ANN, NOW)
    assert person is not None
    assert person.wallet == WALLET
    person.wallet = person.wallet.redeeming(DAY, (3,))
    drawer.wallets[ANN] = WALLET.counting(DAY - 2, 1).to_bytes()
    people.refresh(ANN, NOW)
    fresh = people.find(ANN, NOW)
    assert fresh is not None
    assert fresh.wallet == WALLET.counting(DAY - 2, 1).redeeming(DAY, (3,))
