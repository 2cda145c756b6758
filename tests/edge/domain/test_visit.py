from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.ids import BasketId, DeviceId, Token, VisitId
from edge.domain.market import RecognitionMethod
from edge.domain.visit import EndReason, Visit

NOW = datetime(2024, 6, 3, 12, 0, tzinfo=UTC)
HERE = Visit(id=VisitId("v-1"), opened_at=NOW, seen_at=NOW, zone="dairy", zone_since=NOW)
STRANGER = Visit(id=VisitId("v-2"), opened_at=NOW, seen_at=NOW)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def walk(visit: Visit, zones: Sequence[str | None]) -> Visit:
    """One sighting a second."""
    for second, zone in enumerate(zones, start=1):
        visit = visit.sighted(zone, after(second))
    return visit


zones = st.sampled_from(["dairy", "bakery", "wine", None])


def test_the_first_sighting_is_believed() -> None:
    seen = STRANGER.sighted("bakery", after(1))
    assert (seen.zone, seen.zone_since) == ("bakery", after(1))


def test_one_stray_reading_moves_nobody() -> None:
    assert walk(HERE, ["bakery", "dairy", "bakery", "dairy"]).zone == "dairy"


def test_two_sightings_in_a_row_are_believed() -> None:
    moved = walk(HERE, ["bakery", "bakery"])
    assert (moved.zone, moved.zone_since, moved.rumour_zone) == ("bakery", after(2), None)


def test_a_sighting_at_home_ends_the_rumour() -> None:
    home = walk(HERE, ["bakery", "dairy"])
    assert (home.rumour_zone, home.zone_since) == (None, NOW)


def test_a_sighting_without_a_zone_says_only_that_somebody_is_here() -> None:
    seen = walk(HERE, [None])
    assert (seen.zone, seen.seen_at) == ("dairy", after(1))


@given(st.lists(zones))
def test_a_move_needs_the_same_zone_twice_in_a_row(path: Sequence[str | None]) -> None:
    repeated = {a for a, b in pairwise(path) if a == b}
    assert walk(HERE, path).zone in repeated | {"dairy"}


@given(st.lists(st.tuples(zones, st.integers(-60, 60))))
def test_time_never_runs_backwards(sightings: Sequence[tuple[str | None, int]]) -> None:
    visit = HERE
    for zone, second in sightings:
        before, visit = visit.seen_at, visit.sighted(zone, after(second))
        assert visit.seen_at >= before


def test_dwell_is_the_time_in_the_zone() -> None:
    assert HERE.dwell_s(after(90)) == 90.0
    assert HERE.dwell_s(after(-90)) == 0.0
    assert STRANGER.dwell_s(after(90)) == 0.0


def test_a_stranger_who_is_recognised_keeps_zone_and_basket() -> None:
    known = HERE.known_as(Token("c-ann"), RecognitionMethod.KIOSK_LOGIN)
    assert (known.token, known.method) == ("c-ann", RecognitionMethod.KIOSK_LOGIN)
    assert (known.id, known.zone, known.basket) == (HERE.id, HERE.zone, HERE.basket)


def test_two_visits_of_one_person_become_one() -> None:
    other = Visit(
        id=VisitId("v-3"),
        opened_at=after(-60),
        seen_at=after(60),
        basket=BasketId("b-1"),
        kiosk=DeviceId("kiosk-1"),
    )
    one = HERE.absorbing(other)
    assert (one.id, one.opened_at, one.seen_at) == (HERE.id, after(-60), after(60))
    assert (one.zone, one.basket, one.kiosk) == ("dairy", "b-1", "kiosk-1")
    assert other.absorbing(HERE).basket == "b-1"


def test_a_visit_never_ends_before_it_began() -> None:
    ended = HERE.closing(EndReason.IDLE, after(-60))
    assert (ended.ended, ended.ended_at) == (EndReason.IDLE, NOW)
