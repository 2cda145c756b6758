"""Levels read off masks, against the same said slowly, trip by trip."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.profile import NOWHERE, TRIPS_REMEMBERED
from models.features.recency import LEVEL, NEVER, TripCalendar, unpacked
from models.moment import Moment

TODAY = 17_300
ITEMS = 5
# Days ago, place, items: a trip each.
TRIP = st.tuples(
    st.integers(1, 150), st.integers(0, 3), st.sets(st.integers(0, ITEMS - 1), min_size=1)
)
TRIPS = st.lists(TRIP, max_size=TRIPS_REMEMBERED, unique_by=lambda trip: trip[0]).map(sorted)
PLACES = st.integers(0, 3)

Trip = tuple[int, int, set[int]]


def calendar_of(trips: list[Trip], place: int) -> tuple[TripCalendar, np.ndarray]:
    masks = np.zeros(ITEMS, np.uint64)
    for slot, (_, _, items) in enumerate(trips):
        for item in items:
            masks[item] |= np.uint64(1 << slot)
    days = np.array([TODAY - age for age, _, _ in trips], np.float32)
    places = np.array([where for _, where, _ in trips], np.int64)
    moment = Moment(day=TODAY, hour=12)
    return TripCalendar.of(days, places, masks, moment, place), masks


def is_here(where: int, place: int) -> bool:
    return NOWHERE in (where, place) or where == place


def share(held: list[bool], weights: list[float], few: float = 0.0) -> float:
    got = sum(weight for has, weight in zip(held, weights, strict=True) if has)
    return got / max(sum(weights) + few, 1e-3)


def slow_rates(held: list[bool], trips: list[Trip], place: int) -> dict[str, float]:
    ages = [age for age, _, _ in trips]
    here = [float(is_here(where, place)) for _, where, _ in trips]
    usual = median(len(items) for _, _, items in trips)
    fading = {life: [0.5 ** (age / life) for age in ages] for life in (10, 30, 90)}
    rates = {f"rate_{life}d": share(held, weights) for life, weights in fading.items()}
    for last in (5, 10, 25):
        rates[f"rate_{last}"] = share(held[:last], [1.0] * len(held[:last]))
    rates["rate_fading"] = share(held, [0.94**slot for slot in range(len(held))])
    rates["rate_weekday"] = share(held, [float(age % 7 == 0) for age in ages])
    rates["rate_here"] = share(held, here, 1.0)
    lately = [near * weight for near, weight in zip(here, fading[30], strict=True)]
    rates["rate_here_30d"] = share(held, lately, 0.5)
    small = [float(len(items) <= usual) for _, _, items in trips]
    rates["rate_small"] = share(held, small, 1.0)
    return rates


def renewal(gaps: Sequence[float], present: float, off: float) -> float:
    lasted = [gap for gap in gaps if gap >= present - off]
    ended = [gap for gap in lasted if gap <= present + off]
    return (len(ended) + 0.2) / (len(lasted) + 1)


def slow_renewals(held: list[bool], trips: list[Trip]) -> dict[str, float]:
    """Of the gaps as long as the present one: those that ended about where it stands now."""
    slots = [slot for slot, has in enumerate(held) if has]
    ages = [trips[slot][0] for slot in slots]
    trip_gaps, day_gaps = ([late - soon for soon, late in pairwise(of)] for of in (slots, ages))
    now = slots[0] + 1
    return {
        "renewal_trips": renewal(trip_gaps, now, now // 4),
        "renewal_days": renewal(day_gaps, ages[0], 2 + 0.1 * ages[0]),
    }


def ratio(days: float, usual: float) -> float:
    return min(days / max(usual, 1), 20) if usual > 0 else 0


def slow_days(held: list[bool], trips: list[Trip]) -> dict[str, float]:
    ages = [age for (age, _, _), has in zip(trips, held, strict=True) if has]
    many = len(ages) > 1
    gap = (ages[-1] - ages[0]) / (len(ages) - 1) if many else 0
    latest = ages[1] - ages[0] if many else 0
    return {
        "trips": len(ages),
        "days_since": ages[0],
        "trips_since": held.index(True),
        "gap_days": gap,
        "due": ratio(ages[0], gap),
        "gap_turn": ratio(latest, gap),
        "due_latest": ratio(ages[0], latest),
    }


@given(TRIPS, PLACES)
def test_every_level_is_what_a_walk_through_the_trips_gives(
    trips: list[Trip], place: int
) -> None:
    calendar, masks = calendar_of(trips, place)
    table = calendar.levels(masks)
    for item in range(ITEMS):
        held = [item in items for _, _, items in trips]
        if not any(held):
            np.testing.assert_array_equal(table[item], NEVER)
            continue
        slow = (
            slow_days(held, trips) | slow_rates(held, trips, place) | slow_renewals(held, trips)
        )
        assert set(slow) == set(LEVEL)
        for name, value in zip(LEVEL, table[item].tolist(), strict=True):
            assert value == pytest.approx(slow[name], rel=1e-4, abs=1e-5), name


@given(TRIPS, PLACES)
def test_a_group_s_levels_are_those_of_trips_with_any_of_its_items(
    trips: list[Trip], place: int
) -> None:
    calendar, masks = calendar_of(trips, place)
    group = np.array([0, 0, 2, 2, 2])
    levels, together = calendar.by_group(masks, group, 3)
    joint = np.array([masks[0] | masks[1], 0, masks[2] | masks[3] | masks[4], 0], np.uint64)
    np.testing.assert_array_equal(together, joint)
    np.testing.assert_allclose(levels, calendar.levels(joint), rtol=1e-6)


@given(TRIPS, PLACES)
def test_the_calendar_knows_sizes_places_and_weekdays(trips: list[Trip], place: int) -> None:
    calendar, _ = calendar_of(trips, place)
    beyond = TRIPS_REMEMBERED - len(trips)
    assert calendar.trips == len(trips)
    assert calendar.ages.tolist() == [age for age, _, _ in trips] + [400] * beyond
    assert calendar.sizes.tolist() == [len(items) for _, _, items in trips] + [0] * beyond
    here = [is_here(where, place) for _, where, _ in trips]
    assert calendar.here.tolist() == here + [False] * beyond
    weekday = [age % 7 == 0 for age, _, _ in trips]
    assert calendar.weekday.tolist() == weekday + [False] * beyond


def test_trips_of_unknown_places_count_as_made_here() -> None:
    trips: list[Trip] = [(1, NOWHERE, {0}), (2, 2, {0}), (3, 3, {0, 1})]
    rates = {
        place: calendar_of(trips, place)[0].levels(calendar_of(trips, place)[1])[
            :, LEVEL.index("rate_here")
        ]
        for place in (NOWHERE, 2, 9)
    }
    assert rates[NOWHERE].tolist() == pytest.approx([3 / 4, 1 / 4, 0, 0, 0])
    assert rates[2].tolist() == pytest.approx([2 / 3, 0, 0, 0, 0])
    assert rates[9].tolist() == pytest.approx([1 / 2, 0, 0, 0, 0])


def test_bits_stand_newest_trip_first() -> None:
    masks = np.array([1, 1 << 63, 0, 5], np.uint64)
    found = unpacked(masks)
    assert found.shape == (4, 64)
    assert [np.flatnonzero(row).tolist() for row in found] == [[0], [63], [], [0, 2]]


def test_a_shopper_without_trips_has_no_levels() -> None:
    calendar, masks = calendar_of([], 2)
    np.testing.assert_array_equal(calendar.levels(masks), np.tile(NEVER, (ITEMS, 1)))
    assert not calendar.weights.any()


def test_a_weekly_habit_is_renewed_after_a_week_and_not_after_a_day() -> None:
    weekly: list[Trip] = [(age, 1, {0}) for age in range(7, 63, 7)]
    started: list[Trip] = [(age, 1, {0}) for age in range(1, 57, 7)]
    due, fresh = (
        calendar_of(trips, 1)[0].levels(calendar_of(trips, 1)[1])[
            0, LEVEL.index("renewal_days")
        ]
        for trips in (weekly, started)
    )
    assert due == pytest.approx((7 + 0.2) / (7 + 1))
    assert fresh == pytest.approx(0.2 / (7 + 1))
