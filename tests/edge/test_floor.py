from __future__ import annotations

from dataclasses import replace

from edge.domain.ids import DecisionId, DeviceId, VisitId
from edge.domain.visit import EndReason
from edge.floor import Floor, Showing
from edge.turns.scene import Turn
from tests.edge.builders import ANN, BEN, KIOSK, TABLET, decision, later, personal, visit

A, B = VisitId("v-a"), VisitId("v-b")


def showing(of: VisitId, surface: str = "tablet") -> Showing:
    made = replace(decision(personal()), id=DecisionId(f"d-{of}"), visit=of)
    return Showing.of(made, surface, later(60))


def with_cards(device: DeviceId = TABLET, surface: str = "tablet") -> Floor:
    floor = Floor([visit(A, ANN), visit(B, BEN)])
    for one in (A, B):
        floor.shows(device, showing(one, surface))
    return floor


def test_a_tablet_holds_a_card_for_each_visit_and_each_is_wiped_alone() -> None:
    floor = with_cards()
    assert floor.wipe(A) == ((TABLET, "tablet"),)
    assert floor.wipe(A) == ()
    assert floor.wipe(B) == ((TABLET, "tablet"),)


def test_any_other_screen_shows_one_thing_at_a_time() -> None:
    floor = with_cards(KIOSK, "kiosk")
    assert floor.wipe(A) == ()
    assert floor.wipe(B) == ((KIOSK, "kiosk"),)


def test_both_cards_of_a_tablet_are_being_shown() -> None:
    floor = with_cards()
    assert all(floor.is_showing(TABLET, showing(one).decision) for one in (A, B))


def test_a_visit_that_has_ended_leaves_no_card_behind() -> None:
    floor = with_cards()
    floor.take(Turn(facts=(), visits=(visit(A, ANN).closing(EndReason.IDLE, later()),)), later())
    assert floor.wipe(A) == ()
    assert not floor.is_leaving(ANN, later())


def test_whoever_paid_is_leaving_for_ten_minutes() -> None:
    floor = Floor([visit(A, ANN), visit(B, BEN)])
    floor.take(Turn(facts=(), visits=(visit(A, ANN).closing(EndReason.PAID, later()),)), later())
    assert floor.is_leaving(ANN, later(599))
    assert not floor.is_leaving(ANN, later(600))
    assert not floor.is_leaving(BEN, later())
    assert not floor.is_leaving(None, later())


def test_leavers_are_forgotten_when_the_next_one_pays() -> None:
    floor = Floor([visit(A, ANN), visit(B, BEN)])
    for one, who, at in ((A, ANN, 0), (B, BEN, 700)):
        paid = visit(one, who).closing(EndReason.PAID, later(at))
        floor.take(Turn(facts=(), visits=(paid,)), later(at))
    assert not floor.is_leaving(ANN, later())
    assert floor.is_leaving(BEN, later(701))
