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
from edge.domain.decision import Slot
from edge.domain.exposure_memory import TAKEN_UP, ExposureMemory
from edge.domain.ids import DeviceId, OfferId, Sku, Token
from edge.domain.transitions.transition import OfferReply, Transition
from edge.domain.visit import Visit
from edge.pipeline.online_learning import LearningUpdate
from edge.state.customers import CustomerCache, Person
from models.items import item_key
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
    school: School, redeemed: OfferReply | None = None, coupons: int = 0
) -> LearningUpdate:
    if redeemed is not None:
        return school.learning.learn(Transition(facts=(), reply=redeemed), {}, NOW, NOW)
    paid = basket("b-1", "v-1", line(5)).closing(BasketState.COMPLETE)
    return school.take(paid, paid=True, coupons=coupons)


def wallet(update: LearningUpdate, token: Token = ANN) -> Wallet:
    return Wallet.from_bytes(update.coupons[token])


def redeemed(offer: str, sku: str, stay: Visit | None = None) -> OfferReply:
    slot = Slot(sku=Sku(sku), headline="", reason="", price_cents=1, offer=OfferId(offer))
    return OfferReply(
        decision=replace(decision(personal("till-addon")), slots=(slot,)),
        liked=TAKEN_UP,
        redeemed=True,
        visit=stay or visit("v-1", ANN),
    )


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


def answered(device: DeviceId, action: FeedbackAction, item: str | None = "1") -> OfferReply:
    """The turn of an answer to Ann's decision, in which products 1 and 9 are on the same offer."""
    made = decision(personal("till-addon", visit="v-1"), ON_OFFER)
    desk = Desk(decisions={"d-1": made}, people={ANN: customer()})
    desk.in_store.apply(Transition(facts=(), visits=(visit("v-1", ANN),)), NOW)
    said = Feedback(decision_id="d-1", item_id=item, action=action)
    reply = desk.meet(said, device).transition.reply
    assert reply is not None
    return reply


def test_an_offer_redeemed_at_a_till_is_known_with_its_visit() -> None:
    found = answered(TILL, FeedbackAction.REDEEM)
    assert found.visit is not None
    assert (found.redeemed, found.visit.token) == (True, ANN)
    assert found.offers == ((OfferId("a"), Sku("1")),)
    every = answered(TILL, FeedbackAction.REDEEM, None)
    assert (OfferId("b"), Sku("3")) in every.offers


def test_nothing_else_redeems() -> None:
    assert not answered(KIOSK, FeedbackAction.REDEEM).redeemed
    assert not answered(TILL, FeedbackAction.ACCEPT).redeemed
    assert answered(TILL, FeedbackAction.REDEEM, "2").offers == ()


@pytest.mark.parametrize("stay", [None, visit("v-1", BEN), visit("v-1")])
def test_an_answer_goes_with_no_visit_that_is_over_or_another_persons(
    stay: Visit | None,
) -> None:
    made = decision(personal("till-addon", visit="v-1"), ON_OFFER)
    desk = Desk(decisions={"d-1": made})
    if stay is not None:
        desk.in_store.apply(Transition(facts=(), visits=(stay,)), NOW)
    said = Feedback(decision_id="d-1", item_id="1", action=FeedbackAction.REDEEM)
    reply = desk.meet(said, TILL).transition.reply
    assert reply is not None
    assert reply.visit is None
    assert lessons(School(), reply).coupons == {}


# What is learned.


def test_counted_and_redeemed_coupons_are_kept_by_day() -> None:
    school = School()
    school.catalogue.in_force = ON_OFFER
    assert wallet(lessons(school, redeemed("a", "1"))).redeemed == ((DAY, (1, 9)),)
    last = wallet(lessons(school, coupons=2))
    assert (last.counted, last.redeemed) == (((DAY, 2),), ((DAY, (1, 9)),))
    assert school.person().wallet == last
    assert lessons(school).coupons == {}


def test_an_offer_that_is_proposed_no_more_counts_for_its_product() -> None:
    school = School()
    found = wallet(lessons(school, redeemed("gone", "7")))
    assert found.redeemed == ((DAY, (item_key("7"),)),)


@pytest.mark.parametrize(
    "purposes", [EVERYTHING - {Purpose.RECOGNISE}, EVERYTHING - set(WANTING)]
)
def test_who_wants_nothing_personal_has_no_wallet(purposes: frozenset[Purpose]) -> None:
    school = School(customer(purposes=purposes))
    assert lessons(school, redeemed("a", "1")).coupons == {}
    assert lessons(school, coupons=1).coupons == {}
    assert not school.person().wallet


def test_strangers_have_no_wallet() -> None:
    school = School()
    assert lessons(school, redeemed("a", "1", stay=visit("v-1", BEN))).coupons == {}
    assert lessons(school, redeemed("a", "1", stay=visit("v-1"))).coupons == {}


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
