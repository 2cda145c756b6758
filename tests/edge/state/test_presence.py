from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.basket import BasketState
from edge.domain.decision import Decision
from edge.domain.ids import BasketId, DecisionId, DeviceId, ItemKey, OfferId, Token, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason, Visit
from edge.state.presence import Presence, ScreenContent
from tests.edge.builders import (
    ANN,
    BEN,
    DISPLAY,
    KIOSK,
    KIOSK_2,
    NOW,
    TABLET,
    TILL,
    TILL_2,
    basket,
    decision,
    inputs,
    later,
    personal,
    visit,
)

IDLE = timedelta(minutes=20)
_PLACEMENTS = {p.surface: p.name for p in PLACEMENTS.values()}


def took(*visits: Visit, presence: Presence | None = None) -> Presence:
    presence = presence or Presence()
    presence.take(Transition(facts=(), visits=visits), NOW)
    return presence


def showing(of: str | None = "v-1", surface: str = "kiosk", **changed: object) -> ScreenContent:
    plain = ScreenContent(
        decision=DecisionId("d-1"),
        surface=surface,
        placement=_PLACEMENTS[surface],
        visit=None if of is None else VisitId(of),
        personal=of is not None,
        items=frozenset({ItemKey(1)}),
        offers=(OfferId("o-1"),),
        until=later(60),
    )
    return replace(plain, **changed)  # type: ignore[arg-type]  # fields of the test's choice


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
    presence.take(Transition(facts=(), basket=paid), NOW)
    found = presence.open_basket_at(TILL)
    assert found is not None
    assert found.id == "b-1"
    assert presence.basket(BasketId("b-2")) == paid


def test_closed_baskets_are_remembered_for_a_while_and_open_ones_for_good() -> None:
    presence = Presence(baskets=[basket("b-open")])
    for n in range(2_100):
        presence.take(
            Transition(facts=(), basket=basket(f"b-{n}").closing(BasketState.COMPLETE)), NOW
        )
    assert presence.basket(BasketId("b-2099")) is not None
    assert presence.basket(BasketId("b-0")) is None
    assert presence.basket(BasketId("b-open")) is not None


def test_a_visit_is_quiet_after_the_idle_time_without_a_signal() -> None:
    presence = took(visit("v-1", ANN))
    assert presence.quiet(NOW + IDLE, IDLE) == ()
    assert [v.id for v in presence.quiet(NOW + IDLE + timedelta(seconds=1), IDLE)] == ["v-1"]
    presence.take(Transition(facts=(), visits=(visit("v-1", ANN),)), NOW + IDLE)
    assert presence.quiet(NOW + IDLE + timedelta(seconds=1), IDLE) == ()


def test_a_visit_from_before_a_restart_has_the_whole_idle_time() -> None:
    presence = Presence(visits=[visit("v-1", ANN)])
    start = later(days=1)
    for minutes in (0, 1, 10, 20):
        assert presence.quiet(start + timedelta(minutes=minutes), IDLE) == ()
    assert presence.quiet(start + timedelta(minutes=21), IDLE) != ()


def test_offers_elsewhere_are_those_of_the_persons_other_kinds_of_screens() -> None:
    presence = took(visit("v-1", ANN))
    presence.shows(KIOSK, showing(offers=(OfferId("b"), OfferId("a"))))
    presence.shows(KIOSK, showing(offers=(OfferId("c"),)), asked=True)
    presence.shows(TABLET, showing(surface="tablet", offers=(OfferId("d"),)))
    presence.shows(KIOSK_2, showing("v-2", offers=(OfferId("x"),)))
    stay = VisitId("v-1")
    assert presence.elsewhere(stay, "tablet", NOW, personal=True) == ("a", "b", "c")
    assert presence.elsewhere(stay, "kiosk", NOW, personal=True) == ("d",)
    assert presence.elsewhere(None, "kiosk", NOW, personal=True) == ()
    assert presence.elsewhere(stay, "tablet", later(60), personal=True) == ()


def test_the_display_of_the_zone_that_a_visit_is_in_is_one_of_its_screens() -> None:
    presence = took(visit("v-1", ANN, zone="dairy", zone_since=NOW), visit("v-2", BEN))
    board = showing(None, "display", zone="dairy", offers=(OfferId("b"),))
    presence.shows(DISPLAY, board)
    found = [
        presence.elsewhere(VisitId(v), "kiosk", NOW, personal=True)
        for v in ("v-1", "v-2", "v-gone")
    ]
    assert found == [("b",), (), ()]
    assert presence.elsewhere(VisitId("v-1"), "display", NOW, personal=True) == ()
    presence.shows(DISPLAY, replace(board, zone=None))
    assert presence.elsewhere(VisitId("v-2"), "kiosk", NOW, personal=True) == ()


def test_wiping_names_each_screen_of_the_visit_once_and_no_other() -> None:
    presence = Presence()
    presence.shows(KIOSK, showing())
    presence.shows(KIOSK, showing(), asked=True)
    presence.shows(TABLET, showing(surface="tablet"))
    presence.shows(KIOSK_2, showing("v-2"))
    presence.shows(DISPLAY, showing(None, "display"))
    assert set(presence.wipe(VisitId("v-1"))) == {(KIOSK, "kiosk"), (TABLET, "tablet")}
    assert presence.wipe(VisitId("v-1")) == ()
    assert presence.personal_screens() == ("v-2",)
    assert not presence.is_showing(KIOSK, DecisionId("d-1"))
    assert presence.is_showing(KIOSK_2, DecisionId("d-1"))


def test_a_tablet_holds_a_card_for_each_visit_and_loses_one_at_a_time() -> None:
    presence = took(visit("v-1", ANN), visit("v-2", BEN))
    presence.shows(TABLET, showing("v-1", "tablet", decision=DecisionId("d-ann")))
    presence.shows(TABLET, showing("v-2", "tablet", decision=DecisionId("d-ben")))
    assert presence.is_showing(TABLET, DecisionId("d-ann"))
    assert presence.wipe(VisitId("v-1")) == ((TABLET, "tablet"),)
    assert not presence.is_showing(TABLET, DecisionId("d-ann"))
    assert presence.is_showing(TABLET, DecisionId("d-ben"))
    took(visit("v-2", BEN).closing(EndReason.IDLE, NOW), presence=presence)
    assert not presence.is_showing(TABLET, DecisionId("d-ben"))


def test_any_other_screen_shows_one_thing_at_a_time() -> None:
    presence = Presence()
    presence.shows(KIOSK, showing("v-1"))
    presence.shows(KIOSK, showing("v-2"))
    assert presence.wipe(VisitId("v-1")) == ()
    assert presence.wipe(VisitId("v-2")) == ((KIOSK, "kiosk"),)


def test_who_has_paid_is_leaving_for_ten_minutes_and_nobody_else_is() -> None:
    presence = took(visit("v-1", ANN).closing(EndReason.PAID, NOW))
    took(visit("v-2", BEN).closing(EndReason.IDLE, NOW), presence=presence)
    assert presence.is_leaving(ANN, later(599))
    assert not presence.is_leaving(ANN, later(600))
    assert not presence.is_leaving(BEN, NOW)
    assert not presence.is_leaving(None, NOW)


def test_leavers_are_forgotten_when_the_next_one_pays() -> None:
    presence = took(visit("v-1", ANN).closing(EndReason.PAID, NOW))
    took(visit("v-2", BEN).closing(EndReason.PAID, later(700)), presence=presence)
    assert not presence.is_leaving(ANN, NOW)
    assert presence.is_leaving(BEN, later(701))


def test_an_answer_takes_nothing_away_from_what_was_sent() -> None:
    presence = Presence()
    presence.shows(KIOSK, showing(decision=DecisionId("d-sent")))
    presence.shows(KIOSK, showing(decision=DecisionId("d-asked")), asked=True)
    assert presence.is_showing(KIOSK, DecisionId("d-sent"))
    assert not presence.is_showing(KIOSK, DecisionId("d-asked"))


def test_screens_that_show_a_product_are_found_while_they_do() -> None:
    presence = Presence()
    presence.shows(KIOSK, showing(items=frozenset({ItemKey(1), ItemKey(2)})))
    presence.shows(KIOSK, showing(items=frozenset({ItemKey(2)})), asked=True)
    presence.shows(DISPLAY, showing(None, "display", items=frozenset({ItemKey(3)})))
    gone = frozenset({ItemKey(2)})
    assert [(w.device, w.visit, w.placement) for w in presence.speaking_of(gone, NOW)] == [
        (KIOSK, "v-1", "kiosk-home")
    ]
    assert presence.speaking_of(gone, later(60)) == ()
    assert presence.speaking_of(frozenset(), NOW) == ()


@pytest.mark.parametrize(
    ("made", "mine"), [(decision(personal()), True), (decision(inputs()), False)]
)
def test_a_showing_says_whether_it_stands_on_somebodys_data(
    made: Decision,
    mine: bool,  # noqa: FBT001 - a parameter
) -> None:
    found = ScreenContent.of(made, "kiosk", later(60))
    assert found.personal == mine
    assert found.items == {ItemKey(int(c.sku)) for c in made.choices}


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


def test_what_screens_may_still_show_from_before_a_start_bars_until_it_is_over() -> None:
    presence = took(visit("v-1", ANN))
    mine = [showing(offers=(OfferId(name),)) for name in ("old", "older")]
    presence.remember([*mine, showing("v-2", offers=(OfferId("x"),))])
    stay = VisitId("v-1")
    assert presence.elsewhere(stay, "tablet", NOW, personal=True) == ("old", "older")
    assert presence.elsewhere(stay, "tablet", later(60), personal=True) == ()
    assert presence.wipe(stay) == ()
    presence.shows(KIOSK, showing(offers=(OfferId("new"),)))
    assert presence.elsewhere(stay, "tablet", NOW, personal=True) == ("new",)
