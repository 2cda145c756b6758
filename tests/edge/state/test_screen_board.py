from __future__ import annotations

from dataclasses import replace

import pytest

from edge.domain.decision import Decision
from edge.domain.ids import DecisionId, ItemKey, OfferId, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.transitions.transition import Transition
from edge.domain.visit import EndReason, Visit
from edge.state.in_store import InStore
from edge.state.screen_board import ScreenContent
from tests.edge.builders import (
    ANN,
    BEN,
    DISPLAY,
    KIOSK,
    KIOSK_2,
    NOW,
    TABLET,
    decision,
    inputs,
    later,
    personal,
    visit,
)

_PLACEMENTS = {p.surface: p.name for p in PLACEMENTS.values()}


def took(*visits: Visit, store: InStore | None = None) -> InStore:
    store = store or InStore.of()
    store.apply(Transition(facts=(), visits=visits), NOW)
    return store


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


def test_offers_elsewhere_are_those_of_the_persons_other_kinds_of_screens() -> None:
    store = took(visit("v-1", ANN))
    store.screens.put(KIOSK, showing(offers=(OfferId("b"), OfferId("a"))))
    store.screens.put(KIOSK, showing(offers=(OfferId("c"),)), asked=True)
    store.screens.put(TABLET, showing(surface="tablet", offers=(OfferId("d"),)))
    store.screens.put(KIOSK_2, showing("v-2", offers=(OfferId("x"),)))
    stay = VisitId("v-1")
    assert store.screens.offers_elsewhere(stay, "tablet", NOW, personal=True) == ("a", "b", "c")
    assert store.screens.offers_elsewhere(stay, "kiosk", NOW, personal=True) == ("d",)
    assert store.screens.offers_elsewhere(None, "kiosk", NOW, personal=True) == ()
    assert store.screens.offers_elsewhere(stay, "tablet", later(60), personal=True) == ()


def test_the_display_of_the_zone_that_a_visit_is_in_is_one_of_its_screens() -> None:
    store = took(visit("v-1", ANN, zone="dairy", zone_since=NOW), visit("v-2", BEN))
    board = showing(None, "display", zone="dairy", offers=(OfferId("b"),))
    store.screens.put(DISPLAY, board)
    found = [
        store.screens.offers_elsewhere(VisitId(v), "kiosk", NOW, personal=True)
        for v in ("v-1", "v-2", "v-gone")
    ]
    assert found == [("b",), (), ()]
    assert store.screens.offers_elsewhere(VisitId("v-1"), "display", NOW, personal=True) == ()
    store.screens.put(DISPLAY, replace(board, zone=None))
    assert store.screens.offers_elsewhere(VisitId("v-2"), "kiosk", NOW, personal=True) == ()


def test_wiping_names_each_screen_of_the_visit_once_and_no_other() -> None:
    store = InStore.of()
    store.screens.put(KIOSK, showing())
    store.screens.put(KIOSK, showing(), asked=True)
    store.screens.put(TABLET, showing(surface="tablet"))
    store.screens.put(KIOSK_2, showing("v-2"))
    store.screens.put(DISPLAY, showing(None, "display"))
    assert set(store.screens.clear_visit(VisitId("v-1"))) == {
        (KIOSK, "kiosk"),
        (TABLET, "tablet"),
    }
    assert store.screens.clear_visit(VisitId("v-1")) == ()
    assert store.screens.personal_visits() == ("v-2",)
    assert not store.screens.is_showing(KIOSK, DecisionId("d-1"))
    assert store.screens.is_showing(KIOSK_2, DecisionId("d-1"))


def test_a_tablet_holds_a_card_for_each_visit_and_loses_one_at_a_time() -> None:
    store = took(visit("v-1", ANN), visit("v-2", BEN))
    store.screens.put(TABLET, showing("v-1", "tablet", decision=DecisionId("d-ann")))
    store.screens.put(TABLET, showing("v-2", "tablet", decision=DecisionId("d-ben")))
    assert store.screens.is_showing(TABLET, DecisionId("d-ann"))
    assert store.screens.clear_visit(VisitId("v-1")) == ((TABLET, "tablet"),)
    assert not store.screens.is_showing(TABLET, DecisionId("d-ann"))
    assert store.screens.is_showing(TABLET, DecisionId("d-ben"))
    took(visit("v-2", BEN).closing(EndReason.IDLE, NOW), store=store)
    assert not store.screens.is_showing(TABLET, DecisionId("d-ben"))


def test_any_other_screen_shows_one_thing_at_a_time() -> None:
    store = InStore.of()
    store.screens.put(KIOSK, showing("v-1"))
    store.screens.put(KIOSK, showing("v-2"))
    assert store.screens.clear_visit(VisitId("v-1")) == ()
    assert store.screens.clear_visit(VisitId("v-2")) == ((KIOSK, "kiosk"),)


def test_an_answer_takes_nothing_away_from_what_was_sent() -> None:
    store = InStore.of()
    store.screens.put(KIOSK, showing(decision=DecisionId("d-sent")))
    store.screens.put(KIOSK, showing(decision=DecisionId("d-asked")), asked=True)
    assert store.screens.is_showing(KIOSK, DecisionId("d-sent"))
    assert not store.screens.is_showing(KIOSK, DecisionId("d-asked"))


def test_screens_that_show_a_product_are_found_while_they_do() -> None:
    store = InStore.of()
    store.screens.put(KIOSK, showing(items=frozenset({ItemKey(1), ItemKey(2)})))
    store.screens.put(KIOSK, showing(items=frozenset({ItemKey(2)})), asked=True)
    store.screens.put(DISPLAY, showing(None, "display", items=frozenset({ItemKey(3)})))
    gone = frozenset({ItemKey(2)})
    assert [(w.device, w.visit, w.placement) for w in store.screens.replacing(gone, NOW)] == [
        (KIOSK, "v-1", "kiosk-home")
    ]
    assert store.screens.replacing(gone, later(60)) == ()
    assert store.screens.replacing(frozenset(), NOW) == ()


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


def test_what_screens_may_still_show_from_before_a_start_bars_until_it_is_over() -> None:
    store = took(visit("v-1", ANN))
    mine = [showing(offers=(OfferId(name),)) for name in ("old", "older")]
    store.screens.remember([*mine, showing("v-2", offers=(OfferId("x"),))])
    stay = VisitId("v-1")
    assert store.screens.offers_elsewhere(stay, "tablet", NOW, personal=True) == (
        "old",
        "older",
    )
    assert store.screens.offers_elsewhere(stay, "tablet", later(60), personal=True) == ()
    assert store.screens.clear_visit(stay) == ()
    store.screens.put(KIOSK, showing(offers=(OfferId("new"),)))
    assert store.screens.offers_elsewhere(stay, "tablet", NOW, personal=True) == ("new",)
