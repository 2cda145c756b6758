from __future__ import annotations

from decimal import Decimal

import pytest

from edge.domain.basket import (
    BasketLine,
    BasketState,
    DiscountKind,
    TillBasket,
    TillDiscount,
)
from edge.domain.consent import Purpose
from edge.domain.errors import SignalRefused
from edge.domain.ids import BasketId
from edge.domain.market import RecognitionMethod
from edge.domain.transitions.till import BasketStep, basket_changed
from edge.domain.transitions.transition import SignalContext, Transition
from edge.domain.visit import EndReason
from tests.edge.builders import (
    ANN,
    BEN,
    EVERYTHING,
    KIOSK,
    TILL,
    basket,
    context,
    customer,
    later,
    line,
    visit,
)

B = BasketId("b-1")


def act(here: SignalContext, action: str, *lines: BasketLine) -> Transition:
    """A step about the basket of the situation, or a new one; what is removed is voided."""
    known = here.basket or basket("b-1", "", device=TILL)
    voids = lines if action == "remove" else ()
    step = BasketStep(
        basket=known,
        action=action,
        is_new=here.basket is None,
        lines=() if voids else lines,
        voids=voids,
    )
    return basket_changed(here, step)


def going_on(*lines: BasketLine, **changed: object) -> SignalContext:
    """Basket b-1 of the anonymous visit v-1 is being scanned."""
    stay = visit("v-1", basket=B)
    given = {
        "session": stay,
        "basket": basket("b-1", "v-1", *lines),
        "at": later(30),
        **changed,
    }
    return context(TILL, **given)


@pytest.mark.parametrize("action", ["add", "total", "complete"])
def test_what_is_taken_off_the_whole_basket_holds_with_whatever_step_it_is_told(
    action: str,
) -> None:
    off = TillDiscount(kind=DiscountKind.AMOUNT, amount=Decimal(30))
    here = going_on(line(1))
    assert here.basket is not None
    told = basket_changed(
        here, BasketStep(basket=here.basket, action=action, discounts=(off,))
    ).basket
    assert told is not None
    if action != "complete":
        again = going_on(line(1), basket=told)
        told = kept(basket_changed(again, BasketStep(basket=told, action="complete")))
    assert (told.discounts, told.total_cents) == ((off,), 101 - 30)


def kept(transition: Transition) -> TillBasket:
    assert transition.basket is not None
    return transition.basket


def names(transition: Transition) -> list[str]:
    return [fact.name for fact in transition.facts]


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("open", "Basket Opened"),
        ("total", "Checkout Started"),
        ("identify", "Basket Identified"),
    ],
)
def test_a_step_is_told_by_its_name(action: str, name: str) -> None:
    transition = act(going_on(line(1)), action)
    assert names(transition) == [name]
    assert kept(transition).lines == (line(1),)


@pytest.mark.parametrize("action", ["open", "add", "total", "complete"])
def test_the_first_message_opens_a_basket_whatever_it_says(action: str) -> None:
    transition = act(context(TILL), action, line(1))
    assert kept(transition).lines == (line(1),)
    assert transition.bought == (line(1),)
    assert "Visit Started" in names(transition)
    assert (kept(transition).device, kept(transition).visit) == (TILL, "v-spare")
    assert transition.visits[-1].basket == B


def test_lines_sent_again_with_another_step_are_not_scanned_twice() -> None:
    for action in ("open", "total", "complete"):
        transition = act(going_on(line(1)), action, line(1))
        assert (kept(transition).lines, transition.bought) == ((line(1),), ())


def test_a_scanned_line_is_added_and_learned() -> None:
    transition = act(going_on(line(1)), "add", line(2, 3))
    assert kept(transition).lines == (line(1), line(2, 3))
    assert transition.bought == (line(2, 3),)
    assert transition.facts[0].properties == {
        "basket_id": B,
        "products": [{"sku": "2", "quantity": 3, "price_cents": 102}],
    }


def test_a_voided_line_is_taken_away_and_unlearned() -> None:
    transition = act(going_on(line(1), line(2)), "remove", line(1))
    assert (kept(transition).lines, transition.voided) == ((line(2),), (line(1),))


def test_paying_ends_the_stay_and_clears_its_screens() -> None:
    transition = act(going_on(line(1, 2)), "complete")
    assert kept(transition).state is BasketState.COMPLETE
    assert (transition.visits[0].ended, transition.visits[0].ended_at) == (
        EndReason.PAID,
        later(30),
    )
    assert transition.paid
    assert transition.clear == ("v-1",)
    assert names(transition) == ["Order Completed", "Visit Ended"]
    assert transition.facts[0].properties["revenue_cents"] == 202


def test_a_basket_left_behind_unlearns_its_lines_and_frees_the_visit() -> None:
    transition = act(going_on(line(1)), "abandon")
    assert kept(transition).state is BasketState.ABANDONED
    assert (transition.voided, transition.visits[0].basket, transition.paid) == (
        (line(1),),
        None,
        False,
    )


@pytest.mark.parametrize("state", [BasketState.COMPLETE, BasketState.ABANDONED])
@pytest.mark.parametrize("action", ["open", "add", "remove", "total", "complete", "abandon"])
def test_a_closed_basket_takes_nothing_more(action: str, state: BasketState) -> None:
    with pytest.raises(SignalRefused) as refused:
        act(going_on(basket=basket().closing(state)), action, line(1))
    assert refused.value.reason == "unknown-basket"


def test_a_card_makes_the_anonymous_stay_its_owners_with_all_that_was_scanned() -> None:
    transition = act(going_on(line(1), found=customer()), "identify")
    (stay,) = transition.visits
    assert (stay.id, stay.token, stay.method) == ("v-1", ANN, RecognitionMethod.POS_LOYALTY)
    assert kept(transition).lines == (line(1),)
    assert names(transition) == ["Basket Identified", "Customer Identified"]
    assert transition.facts[0].properties["identified"] is True
    assert ("till-addon", TILL) in [(w.placement, w.device) for w in transition.wants]


def test_a_card_joins_the_stay_that_its_owner_has() -> None:
    known = visit("v-0", ANN, kiosk=KIOSK, zone="wine")
    transition = act(going_on(line(1), found=customer(), known=known), "add", line(2))
    merged, stay = transition.visits
    assert (merged.id, merged.ended) == ("v-1", EndReason.MERGED)
    assert (stay.id, stay.basket, stay.kiosk, stay.zone) == ("v-0", B, KIOSK, "wine")
    assert (kept(transition).visit, kept(transition).lines) == ("v-0", (line(1), line(2)))
    assert names(transition) == ["Product Added", "Visit Ended"]


def test_a_card_with_the_first_message_needs_no_second_stay() -> None:
    known = visit("v-0", ANN)
    transition = act(context(TILL, found=customer(), known=known), "open")
    assert [(v.id, v.basket, v.ended) for v in transition.visits] == [("v-0", B, None)]
    assert names(transition) == ["Basket Opened"]
    assert [w.placement for w in transition.wants] == ["till-addon"]


@pytest.mark.parametrize("found", [None, customer(purposes=EVERYTHING - {Purpose.RECOGNISE})])
def test_a_card_of_nobody_we_may_know_changes_nothing(found: object) -> None:
    transition = act(going_on(line(1), found=found), "identify")
    assert [v.token for v in transition.visits] == [None]
    assert transition.facts[0].properties["identified"] is False
    assert transition.wants == ()


def test_another_persons_card_takes_the_basket_and_leaves_nothing_of_it_behind() -> None:
    anns = visit("v-1", ANN, basket=B, kiosk=KIOSK)
    transition = act(going_on(line(1), session=anns, found=customer(BEN)), "identify")
    before, after = transition.visits
    assert (before.id, before.token, before.basket, before.ended) == ("v-1", ANN, None, None)
    assert (after.id, after.token, after.basket) == ("v-spare", BEN, B)
    assert kept(transition).visit == "v-spare"
    assert transition.clear == ("v-1",)


def test_the_same_card_twice_is_no_second_recognition() -> None:
    stay = visit("v-1", ANN, basket=B)
    transition = act(going_on(line(1), session=stay, found=customer(), known=stay), "identify")
    assert names(transition) == ["Basket Identified"]
    assert (transition.wants, transition.clear) == ((), ())


def test_a_basket_whose_stay_is_over_goes_on_as_a_strangers() -> None:
    transition = act(going_on(line(1), session=None), "add", line(2))
    assert transition.visits[0].id == kept(transition).visit == "v-spare"
    assert kept(transition).lines == (line(1), line(2))


def test_who_pays_with_a_card_is_known_by_the_receipt_and_shown_nothing_more() -> None:
    transition = act(going_on(line(1), found=customer()), "complete")
    assert (transition.visits[0].token, transition.visits[0].ended) == (ANN, EndReason.PAID)
    assert transition.wants == ()


def test_of_two_baskets_the_one_touched_last_is_the_visits() -> None:
    stay = visit("v-1", ANN, basket=BasketId("b-other"))
    assert act(going_on(session=stay), "add", line(1)).visits[-1].basket == B
