"""What one letter a trip says of two methods, and of two releases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lab.demo.paired_outcomes import PairedOutcome, change, lift, written
from tests.devices.simulator.builders import NOON, trip

words = st.lists(st.text("boun.", min_size=1, max_size=4), min_size=1, max_size=8)


def test_a_trip_is_a_letter_and_a_household_a_word() -> None:
    later = trip(number=1, arrives_at=NOON + timedelta(days=1))
    trips = [trip(number=1), trip(number=2), later]
    outcomes = {
        trip(number=1).key: PairedOutcome(ours=True, usual=False),
        trip(number=2).key: PairedOutcome(ours=True, usual=True),
    }
    assert written(trips, outcomes) == "o. b"


def test_the_lift_is_by_how_much_ours_foresaw_more_trips() -> None:
    found = lift("oon bb u. o")
    assert found is not None
    assert (found.mean, found.trips) == (round(2 / 7, 4), 7)
    assert found.low < found.mean < found.high


def test_who_is_alike_on_every_trip_says_less_than_as_many_people() -> None:
    one, many = lift("oooo uuuu oooo"), lift("o o o o u u u u o o o o")
    assert one is not None
    assert many is not None
    assert one.mean == many.mean
    assert one.high - one.low > many.high - many.low


def test_where_no_trip_counts_there_is_nothing_to_tell() -> None:
    assert lift(".. .") is None
    assert change("o. .", ".b .") is None


def test_other_trips_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same trips"):
        change("o n", "on")


@given(words)
def test_a_release_did_not_change_beside_itself(people: list[str]) -> None:
    trips = " ".join(people)
    found = change(trips, trips)
    assert found is None or found[:3] == (0, 0, 0)


@given(words, st.data())
def test_what_one_release_gained_the_way_back_loses(
    people: list[str], data: st.DataObject
) -> None:
    others = [
        data.draw(st.text("boun.", min_size=len(one), max_size=len(one))) for one in people
    ]
    there, back = (
        change(" ".join(one), " ".join(two))
        for one, two in ((people, others), (others, people))
    )
    if there is None or back is None:
        assert there == back
    else:
        assert (there.mean, there.low, there.high) == (-back.mean, -back.high, -back.low)
