"""Who can see a public screen: in any doubt, others too."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.headcount import FRESH, Headcount, VisitSighting, alone
from edge.domain.ids import VisitId
from tests.edge.builders import NOW, later

ANN, BEN = VisitId("v-ann"), VisitId("v-ben")
ONE = Headcount(people=1, at=NOW)

instants = st.integers(-20, 5).map(later)
counts = st.none() | st.builds(Headcount, people=st.integers(0, 4), at=instants)
crowds = st.lists(
    st.builds(VisitSighting, visit=st.sampled_from([ANN, BEN, VisitId("v-cleo")]), at=instants),
    max_size=3,
)


def seen(*visits: VisitId, at: datetime = NOW) -> list[VisitSighting]:
    return [VisitSighting(visit=visit, at=at) for visit in visits]


def test_one_counted_and_one_recognised_just_now_is_alone() -> None:
    assert alone(seen(ANN), ONE, NOW) == ANN
    assert alone(seen(ANN), ONE, NOW + FRESH) == ANN


def test_a_screen_without_a_counter_is_never_certain() -> None:
    assert alone(seen(ANN), None, NOW) is None


def test_nobody_recognised_is_nobody() -> None:
    assert alone([], ONE, NOW) is None


def test_two_counted_or_two_recognised_are_company() -> None:
    assert alone(seen(ANN), Headcount(people=2, at=NOW), NOW) is None
    assert alone(seen(ANN, BEN), ONE, NOW) is None


def test_none_counted_is_a_doubt_and_no_certainty() -> None:
    assert alone(seen(ANN), Headcount(people=0, at=NOW), NOW) is None


def test_an_old_word_is_a_doubt() -> None:
    late = NOW + FRESH + timedelta(milliseconds=1)
    assert alone(seen(ANN, at=late), ONE, late) is None
    assert alone(seen(ANN), Headcount(people=1, at=late), late) is None


def test_a_word_from_the_future_is_a_doubt() -> None:
    soon = later(1)
    assert alone(seen(ANN), Headcount(people=1, at=soon), NOW) is None
    assert alone(seen(ANN, at=soon), ONE, NOW) is None


@given(crowds, counts, instants)
def test_whoever_is_alone_is_the_only_one_there(
    crowd: list[VisitSighting], counted: Headcount | None, now: datetime
) -> None:
    found = alone(crowd, counted, now)
    if found is not None:
        assert [one.visit for one in crowd] == [found]
        assert counted is not None
        assert counted.people == 1


@given(crowds, counts, instants, st.builds(VisitSighting, visit=st.just(BEN), at=instants))
def test_one_more_person_never_makes_anybody_alone(
    crowd: list[VisitSighting], counted: Headcount | None, now: datetime, comer: VisitSighting
) -> None:
    if crowd:
        assert alone([*crowd, comer], counted, now) is None


@given(crowds, counts, instants, st.integers(0, 60))
def test_certainty_only_ever_fades(
    crowd: list[VisitSighting], counted: Headcount | None, now: datetime, wait_s: int
) -> None:
    told = [one.at for one in crowd] + ([counted.at] if counted else [])
    if alone(crowd, counted, now) is None and all(at <= now for at in told):
        assert alone(crowd, counted, now + timedelta(seconds=wait_s)) is None
