from __future__ import annotations

import pytest

from edge.domain.ids import BasketId
from edge.domain.market import RecognitionMethod
from edge.domain.placement import PLACEMENTS
from edge.domain.transitions.transition import (
    arrival_requests,
    arrive,
    refresh_requests,
    session_requests,
)
from edge.domain.visit import EndReason
from tests.edge.builders import ANN, BEN, KIOSK, NOW, context, customer, later, policy, visit


def test_a_stranger_begins_a_visit_where_they_stand() -> None:
    begun = context(zone="dairy").new_visit()
    assert (begun.id, begun.token, begun.zone, begun.zone_since) == (
        "v-spare",
        None,
        "dairy",
        NOW,
    )
    assert context().new_visit().zone_since is None


def test_a_person_nobody_has_seen_yet_begins_a_visit() -> None:
    arrival = arrive(context(), ANN, RecognitionMethod.APP_BEACON)
    assert (arrival.visit.id, arrival.visit.token) == ("v-spare", ANN)
    assert [f.name for f in arrival.facts] == ["Visit Started", "Customer Identified"]
    assert [w.placement for w in arrival.wants] == ["arrival", "tablet-card"]
    assert arrival.replaced == ()


def test_an_anonymous_stay_becomes_theirs_with_basket_and_zone() -> None:
    here = visit("v-1", basket=BasketId("b-1"), zone="wine", zone_since=NOW)
    arrival = arrive(context(session=here, at=later(9)), ANN, RecognitionMethod.KIOSK_LOGIN)
    assert (arrival.visit.id, arrival.visit.token) == ("v-1", ANN)
    assert (arrival.visit.basket, arrival.visit.zone) == ("b-1", "wine")
    assert arrival.visit.seen_at == later(9)
    assert [f.name for f in arrival.facts] == ["Customer Identified"]


def test_two_stays_of_one_person_become_one_and_the_centre_hears_which_ended() -> None:
    known = visit("v-1", ANN, zone="dairy", zone_since=NOW)
    here = visit("v-2", basket=BasketId("b-2"), kiosk=KIOSK)
    arrival = arrive(context(known=known, session=here), ANN, RecognitionMethod.KIOSK_LOGIN)
    assert (arrival.visit.id, arrival.visit.basket, arrival.visit.zone) == (
        "v-1",
        "b-2",
        "dairy",
    )
    (merged,) = arrival.replaced
    assert (merged.id, merged.ended, merged.kiosk) == ("v-2", EndReason.MERGED, None)
    (fact,) = arrival.facts
    assert (fact.id, fact.name, fact.visit) == ("v-2.ended", "Visit Ended", "v-2")
    assert arrival.wants == ()


@pytest.mark.parametrize("with_session", [True, False])
def test_who_is_known_here_already_just_goes_on(with_session: bool) -> None:  # noqa: FBT001 - a parameter
    known = visit("v-1", ANN)
    here = known if with_session else None
    arrival = arrive(
        context(known=known, session=here, at=later(5)), ANN, RecognitionMethod.APP_BEACON
    )
    assert arrival.visit == known.seen(later(5))
    assert (arrival.replaced, arrival.facts, arrival.wants) == ((), (), ())


def test_somebody_elses_session_is_not_taken_over() -> None:
    bens = visit("v-ben", BEN, basket=BasketId("b-ben"))
    arrival = arrive(context(session=bens), ANN, RecognitionMethod.KIOSK_LOGIN)
    assert (arrival.visit.id, arrival.visit.basket) == ("v-spare", None)
    assert arrival.replaced == ()


def test_identity_asks_the_policy_for_the_method() -> None:
    here = context(found=customer(), policy=policy(RecognitionMethod.POS_LOYALTY))
    assert here.identity(RecognitionMethod.KIOSK_LOGIN).token == ANN
    assert here.identity(RecognitionMethod.POS_LOYALTY).token is None


def test_facts_that_follow_from_one_signal_have_ids_of_their_own() -> None:
    here, stay = context(), visit()
    ids = [
        here.fact("Signed In", stay).id,
        here.further("Visit Started", stay).id,
        here.further("Customer Identified", stay).id,
    ]
    assert ids == ["e-1", "e-1.visit-started", "e-1.customer-identified"]


def test_a_wish_for_a_person_names_no_screen_of_strangers() -> None:
    stay = visit("v-1", ANN, zone="dairy")
    assert {w.placement for w in arrival_requests(stay)} == {"arrival", "tablet-card"}
    assert session_requests(stay) == ()
    at_kiosk = session_requests(visit("v-1", ANN, kiosk=KIOSK))
    assert {w.device for w in at_kiosk} == {KIOSK}
    own = {w.placement for w in refresh_requests(visit("v-1", ANN, kiosk=KIOSK))}
    assert own == {"tablet-card", *(p.name for p in PLACEMENTS.values() if p.at_session)}
    assert own >= {"tablet-card", "kiosk-home", "phone-home", "till-addon"}
