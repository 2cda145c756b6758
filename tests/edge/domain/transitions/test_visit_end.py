from __future__ import annotations

from edge.domain.ids import BasketId, VisitId
from edge.domain.transitions.visit_end import ended, forgotten, recognition_withdrawn
from edge.domain.visit import EndReason
from tests.edge.builders import ANN, KIOSK, basket, later, line, visit

STAY = visit("v-1", ANN, zone="wine", basket=BasketId("b-1"), kiosk=KIOSK)
SPARE = VisitId("v-spare")


def test_a_quiet_visit_ends_and_every_screen_that_speaks_of_it_is_cleared() -> None:
    transition = ended(STAY, EndReason.IDLE, later(1200))
    (over,) = transition.visits
    assert (over.ended, over.ended_at, over.kiosk) == (EndReason.IDLE, later(1200), None)
    assert transition.clear == ("v-1",)
    (fact,) = transition.facts
    assert (fact.id, fact.name, fact.properties) == (
        "v-1.ended",
        "Visit Ended",
        {"reason": "idle"},
    )


def test_after_a_withdrawal_the_basket_goes_on_as_nobodys() -> None:
    bought = basket("b-1", "v-1", line(1))
    transition = recognition_withdrawn(STAY, (bought,), later(5), SPARE)
    over, stranger = transition.visits
    assert (over.ended, over.token, over.basket, over.kiosk) == (
        EndReason.WITHDRAWN,
        ANN,
        None,
        None,
    )
    assert (stranger.id, stranger.token, stranger.basket) == (SPARE, None, "b-1")
    (carried,) = transition.others
    assert (carried.visit, carried.token, carried.lines) == (SPARE, None, bought.lines)
    assert transition.clear == ("v-1",)


def test_without_a_basket_nothing_is_carried_on() -> None:
    assert recognition_withdrawn(visit("v-1", ANN), (), later(5), SPARE).others == ()


def test_the_stranger_cannot_be_led_back_to_the_person() -> None:
    _, stranger = forgotten(STAY, later(5), SPARE)
    assert stranger.opened_at == stranger.seen_at == stranger.zone_since == later(5)
    assert stranger.token is None
    assert STAY.id not in repr(stranger)
    assert ANN not in repr(stranger)
