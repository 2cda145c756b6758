from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest

from edge.domain.consent import ConsentState, Purpose
from edge.domain.errors import SignalRefused
from edge.domain.ids import BasketId
from edge.domain.market import RecognitionMethod
from edge.domain.transitions.kiosk import agreed, signed_in, signed_out, withdrew
from edge.domain.transitions.transition import SignalContext, Transition
from edge.domain.visit import EndReason
from tests.edge.builders import (
    ANN,
    BEN,
    EVERYTHING,
    KIOSK,
    KIOSK_2,
    NOW,
    PHONE,
    TABLET,
    TILL,
    basket,
    context,
    customer,
    later,
    line,
    policy,
    visit,
)

NOTICE = "notice-us-1"
RECOGNISE = Purpose.RECOGNISE


def sign_in(
    here: SignalContext,
    purposes: Iterable[Purpose] = (),
    notice: str | None = NOTICE,
    new: bool = False,  # noqa: FBT001, FBT002 - tests name it
) -> Transition:
    return signed_in(here, ANN if new else None, purposes, notice, "fr-FR")


def names(transition: Transition) -> list[str]:
    return [fact.name for fact in transition.facts]


def session(**changed: object) -> SignalContext:
    """Ann has a session at the kiosk."""
    stay = visit("v-1", ANN, kiosk=KIOSK, zone="wine")
    given: dict[str, object] = {"session": stay, "person": customer(), "at": later(9)}
    return context(KIOSK, **{**given, **changed})


def reason(call: object) -> str:
    with pytest.raises(SignalRefused) as refused:
        call()  # type: ignore[operator]  # a test's closure
    return refused.value.reason


def test_who_signs_in_is_shown_something_of_their_own_here() -> None:
    transition = sign_in(context(found=customer(), zone="entrance"))
    (stay,) = transition.visits
    assert (stay.token, stay.method, stay.kiosk) == (ANN, RecognitionMethod.KIOSK_LOGIN, KIOSK)
    assert stay.zone == "entrance"
    assert names(transition) == ["Signed In", "Visit Started", "Customer Identified"]
    assert ("kiosk-home", KIOSK) in [(w.placement, w.device) for w in transition.wants]
    assert (transition.customer, transition.consents, transition.clear) == (None, (), ())


@pytest.mark.parametrize(
    ("device", "method"),
    [
        (KIOSK, RecognitionMethod.KIOSK_LOGIN),
        (PHONE, RecognitionMethod.KIOSK_LOGIN),
        (TABLET, RecognitionMethod.ASSOCIATE_LOOKUP),
        (TILL, RecognitionMethod.POS_LOYALTY),
    ],
)
def test_each_screen_is_its_own_cell_of_the_policy(
    device: str, method: RecognitionMethod
) -> None:
    transition = sign_in(context(device, found=customer()))
    assert (transition.visits[-1].token, transition.visits[-1].method) == (ANN, method)
    denied = sign_in(context(device, found=customer(), policy=policy(method)))
    assert denied.visits[-1].token is None


def test_an_associate_gets_the_card_on_the_tablet_in_their_hand() -> None:
    transition = sign_in(context(TABLET, found=customer()))
    cards = [(w.device, w.zone) for w in transition.wants if w.placement == "tablet-card"]
    assert cards == [(TABLET, None)]


def test_who_is_met_first_and_agrees_to_be_recognised_is_enrolled() -> None:
    transition = sign_in(
        context(), [RECOGNISE, Purpose.PERSONALISE_PRIVATE, RECOGNISE], new=True
    )
    assert transition.customer is not None
    assert (transition.customer.token, transition.customer.locale) == (ANN, "fr-FR")
    assert [e.purpose for e in transition.consents] == [RECOGNISE, Purpose.PERSONALISE_PRIVATE]
    assert names(transition)[-2:] == ["Consent Granted", "Customer Enrolled"]
    assert transition.visits[0].token == ANN


@pytest.mark.parametrize("purposes", [(), (Purpose.SHARE,)])
def test_who_does_not_agree_to_be_recognised_is_not_enrolled(
    purposes: tuple[Purpose, ...],
) -> None:
    transition = sign_in(context(), purposes, new=True)
    assert (transition.customer, transition.consents, transition.visits[0].token) == (
        None,
        (),
        None,
    )
    assert ANN not in repr(transition)


def test_a_grant_names_text_market_channel_and_end() -> None:
    (entry,) = sign_in(context(found=customer(purposes=())), [RECOGNISE]).consents
    assert (entry.token, entry.state, entry.market) == (ANN, ConsentState.GIVEN, "US")
    assert (entry.notice_id, entry.channel) == (NOTICE, "kiosk")
    assert (entry.given_at, entry.expires_at) == (NOW, NOW + timedelta(days=395))


@pytest.mark.parametrize("notice", [None, "", "notice-of-another-market"])
def test_nobody_agrees_without_a_text_that_this_market_knows(notice: str | None) -> None:
    assert (
        reason(lambda: sign_in(context(found=customer()), [RECOGNISE], notice)) == "no-notice"
    )
    assert sign_in(context(found=customer()), (), notice).visits[0].token == ANN


def test_an_unknown_identifier_begins_an_anonymous_session() -> None:
    transition = sign_in(context())
    (stay,) = transition.visits
    assert (stay.token, stay.kiosk) == (None, KIOSK)
    assert names(transition) == ["Sign In Answered", "Visit Started"]
    assert transition.facts[0].properties == {"recognised": False}
    assert {w.visit for w in transition.wants} == {stay.id}


def test_an_anonymous_session_goes_on_as_itself() -> None:
    transition = sign_in(context(session=visit("v-1", kiosk=KIOSK), at=later(4)))
    assert [(v.id, v.seen_at) for v in transition.visits] == [("v-1", later(4))]
    assert names(transition) == ["Sign In Answered"]


@pytest.mark.parametrize(
    "next_one",
    [None, customer(BEN), customer(BEN, EVERYTHING - {RECOGNISE})],
    ids=["a stranger", "a known person", "somebody who has not agreed"],
)
def test_whoever_comes_next_sees_nothing_of_the_person_before(next_one: object) -> None:
    transition = sign_in(session(found=next_one))
    before = next(v for v in transition.visits if v.id == "v-1")
    after = transition.visits[-1]
    assert (before.kiosk, before.ended, before.token) == (None, None, ANN)
    assert transition.clear == ("v-1",)
    assert (after.id, after.kiosk) == ("v-spare", KIOSK)
    assert "v-1" not in {w.visit for w in transition.wants}
    assert all(fact.visit == "v-spare" for fact in transition.facts)


def test_signing_in_again_is_no_second_arrival() -> None:
    here = session(found=customer(), known=visit("v-1", ANN, kiosk=KIOSK))
    transition = sign_in(here)
    assert names(transition) == ["Signed In"]
    assert [v.id for v in transition.visits] == ["v-1"]
    assert transition.clear == ()


def test_who_walks_on_to_another_kiosk_leaves_nothing_on_the_first() -> None:
    known = visit("v-1", ANN, kiosk=KIOSK_2)
    transition = sign_in(context(found=customer(), known=known))
    assert transition.visits[-1].kiosk == KIOSK
    assert transition.clear == ("v-1",)
    shown = {(w.placement, w.device) for w in transition.wants}
    assert {("kiosk-home", KIOSK), ("tablet-card", None)} <= shown
    assert KIOSK_2 not in {w.device for w in transition.wants}


def test_an_anonymous_basket_follows_its_buyer_into_the_visit_they_have() -> None:
    bought = basket("b-2", "v-2", line(1))
    here = context(
        TILL,
        found=customer(),
        known=visit("v-1", ANN),
        session=visit("v-2", basket=BasketId("b-2")),
        basket=bought,
    )
    transition = sign_in(here)
    (carried,) = transition.others
    assert (carried.visit, carried.token, carried.lines) == ("v-1", ANN, bought.lines)
    assert transition.visits[-1].basket == "b-2"
    assert [v.ended for v in transition.visits] == [EndReason.MERGED, None]


def test_signing_out_clears_the_visit_everywhere_and_keeps_it() -> None:
    transition = signed_out(session(), "idle")
    (stay,) = transition.visits
    assert (stay.token, stay.kiosk, stay.ended) == (ANN, None, None)
    assert transition.clear == ("v-1",)
    assert transition.facts[0].properties == {"reason": "idle"}


def test_without_a_session_there_is_nobody_to_sign_out_or_to_ask() -> None:
    nobody = context()
    anonymous = context(session=visit("v-1", kiosk=KIOSK))
    assert reason(lambda: signed_out(nobody, "person")) == "no-session"
    for here in (nobody, anonymous, session(person=None)):
        assert reason(lambda here=here: agreed(here, [RECOGNISE], NOTICE)) == "no-session"
        assert reason(lambda here=here: withdrew(here, [RECOGNISE], "")) == "no-session"


def test_agreeing_to_more_is_in_force_on_every_screen() -> None:
    transition = agreed(session(), (Purpose.ASSOCIATE_ASSIST, Purpose.SHARE), NOTICE)
    assert [e.purpose for e in transition.consents] == [Purpose.ASSOCIATE_ASSIST, Purpose.SHARE]
    assert names(transition) == ["Consent Granted"]
    assert {"tablet-card", "kiosk-home"} <= {w.placement for w in transition.wants}
    assert reason(lambda: agreed(session(), (Purpose.SHARE,), "another")) == "no-notice"


def test_a_purpose_taken_back_clears_the_screens_and_shows_what_is_left() -> None:
    transition = withdrew(session(), (Purpose.PERSONALISE_PRIVATE,) * 2, NOTICE)
    (entry,) = transition.consents
    assert (entry.state, entry.given_at, entry.expires_at) == (
        ConsentState.WITHDRAWN,
        NOW,
        None,
    )
    assert transition.clear == ("v-1",)
    assert [v.ended for v in transition.visits] == [None]
    assert "kiosk-home" in {w.placement for w in transition.wants}


def test_who_takes_back_recognition_leaves_a_stranger_with_the_basket() -> None:
    stay = visit("v-1", ANN, kiosk=KIOSK, basket=BasketId("b-1"))
    here = session(session=stay, basket=basket("b-1", "v-1", line(1)))
    transition = withdrew(here, tuple(Purpose), "")
    over, stranger = transition.visits
    assert (over.ended, over.basket) == (EndReason.WITHDRAWN, None)
    assert (stranger.id, stranger.token, stranger.basket, stranger.kiosk) == (
        "v-spare",
        None,
        "b-1",
        KIOSK,
    )
    assert [(b.visit, b.token) for b in transition.others] == [("v-spare", None)]
    assert transition.clear == ("v-1",)
    assert {w.visit for w in transition.wants} == {"v-spare"}
    assert names(transition) == ["Consent Withdrawn", "Visit Ended"]
    assert len(transition.consents) == len(Purpose)


@pytest.mark.parametrize("purpose", sorted(EVERYTHING - {RECOGNISE}))
def test_every_other_purpose_can_go_alone(purpose: Purpose) -> None:
    transition = withdrew(session(), (purpose,), NOTICE)
    assert [v.token for v in transition.visits] == [ANN]
