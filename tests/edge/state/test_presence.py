from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import BasketState
from edge.domain.ids import BasketId, DeviceId, Token
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason, Visit
from edge.state.presence import Presence
from tests.edge.builders import (
    ANN,
    BEN,
    KIOSK,
    KIOSK_2,
    NOW,
    TILL,
    TILL_2,
    basket,
    later,
    visit,
)

IDLE = timedelta(minutes=20)


def took(*visits: Visit, presence: Presence | None = None) -> Presence:
    presence = presence or Presence()
    presence.apply(Transition(facts=(), visits=visits), NOW)
    return presence


def test_a_visit_is_found_by_id_person_and_screen() -> None:
    stay = visit("v-1", ANN, kiosk=KIOSK)
    presence = took(stay)
    assert (
        presence.visit(stay.id) == presence.of_person(ANN) == presence.at_kiosk(KIOSK) == stay
    )
    assert presence.visits == (stay,)


def test_nobody_is_found_by_nothing() -> None:
    presence = Presence()
    assert presence.visit(None) is presence.of_person(None) is presence.at_kiosk(KIOSK) is None
    assert presence.basket(None) is presence.open_basket_at(TILL) is None


def test_a_visit_that_ended_is_found_no_more() -> None:
    stay = visit("v-1", ANN, kiosk=KIOSK)
    presence = took(stay)
    took(stay.closing(EndReason.PAID, NOW), presence=presence)
    assert presence.visits == ()
    assert presence.of_person(ANN) is presence.at_kiosk(KIOSK) is None


def test_a_screen_belongs_to_the_visit_that_came_last() -> None:
    first, second = visit("v-1", ANN, kiosk=KIOSK), visit("v-2", BEN, kiosk=KIOSK)
    presence = took(first, replace(first, kiosk=None), second)
    assert presence.at_kiosk(KIOSK) == second
    took(replace(second, kiosk=KIOSK_2), presence=presence)
    assert presence.at_kiosk(KIOSK) is None


def test_baskets_are_found_by_id_and_the_latest_open_one_by_its_till() -> None:
    presence = Presence(baskets=[basket("b-1"), basket("b-2"), basket("b-3", device=TILL_2)])
    paid = basket("b-2").closing(BasketState.COMPLETE)
    found = presence.open_basket_at(TILL)
    assert found is not None
    assert found.id == "b-2"
    presence.apply(Transition(facts=(), basket=paid), NOW)
    found = presence.open_basket_at(TILL)
    assert found is not None
    assert found.id == "b-1"
    assert presence.basket(BasketId("b-2")) == paid


def test_closed_baskets_are_remembered_for_a_while_and_open_ones_for_good() -> None:
    presence = Presence(baskets=[basket("b-open")])
    for n in range(2_100):
        presence.apply(
            Transition(facts=(), basket=basket(f"b-{n}").closing(BasketState.COMPLETE)), NOW
        )
    assert presence.basket(BasketId("b-2099")) is not None
    assert presence.basket(BasketId("b-0")) is None
    assert presence.basket(BasketId("b-open")) is not None


def test_a_visit_is_quiet_after_the_idle_time_without_a_signal() -> None:
    presence = took(visit("v-1", ANN))
    assert presence.idle_visits(NOW + IDLE, IDLE) == ()
    assert [v.id for v in presence.idle_visits(NOW + IDLE + timedelta(seconds=1), IDLE)] == [
        "v-1"
    ]
    presence.apply(Transition(facts=(), visits=(visit("v-1", ANN),)), NOW + IDLE)
    assert presence.idle_visits(NOW + IDLE + timedelta(seconds=1), IDLE) == ()


def test_a_visit_from_before_a_restart_has_the_whole_idle_time() -> None:
    presence = Presence(visits=[visit("v-1", ANN)])
    start = later(days=1)
    for minutes in (0, 1, 10, 20):
        assert presence.idle_visits(start + timedelta(minutes=minutes), IDLE) == ()
    assert presence.idle_visits(start + timedelta(minutes=21), IDLE) != ()


people = st.sampled_from([None, ANN, BEN, Token("c-cat")])
screens = st.sampled_from([None, KIOSK, KIOSK_2])
steps = st.lists(st.tuples(st.integers(1, 4), people, screens, st.booleans()), max_size=20)


@given(steps)
def test_whatever_happens_every_index_leads_to_an_open_visit_that_agrees(
    walk: list[tuple[int, Token | None, DeviceId | None, bool]],
) -> None:
    presence = Presence()
    for number, token, kiosk, over in walk:
        stay = visit(f"v-{number}", token, kiosk=kiosk)
        took(stay.closing(EndReason.IDLE, NOW) if over else stay, presence=presence)
    for found in (presence.of_person(t) for t in (ANN, BEN, Token("c-cat"))):
        assert found is None or found in presence.visits
    for device in (KIOSK, KIOSK_2):
        session = presence.at_kiosk(device)
        assert session is None or (session in presence.visits and session.kiosk == device)
    assert all(found.ended is None for found in presence.visits)
