"""What a shopper's past says, checked against the slow way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.profile import PROMOTED_TRIPS, Profile
from models.features.profile_features import HABIT, LOYALTY, PERSON, PersonFeatures, describe
from models.features.recency import LEVEL
from models.items import Positions
from models.moment import Moment
from models.statistics.tables import Tables

NOW = Moment(day=17_300, hour=12)
EVENTS = st.lists(st.tuples(st.integers(100, 110), st.integers(17_250, 17_299)), max_size=40)
# Item, day, place, on promotion; items of which four types are met twice.
TOLD = st.lists(
    st.tuples(
        st.sampled_from([100, 101, 102, 103, 112, 113, 114, 115, 9_000_000]),
        st.integers(17_250, 17_299),
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=60,
)
Told = tuple[int, int, int, bool]
PARTS = (
    "keys",
    "own_at",
    "own",
    "kinds",
    "categories",
    "loyalty",
    "habit",
    "taste",
    "person",
    "order",
    "due",
    "liked",
)


def profile_of(events: list[tuple[int, int]]) -> Profile:
    profile = Profile.empty()
    for key, day in events:
        profile.record(key, day)
    return profile


def told(events: list[Told]) -> Profile:
    profile = Profile.empty()
    for key, day, place, promoted in events:
        profile.record(key, day, place=place, promoted=promoted)
    return profile


def level(person: PersonFeatures, key: int, name: str) -> float:
    row = person.keys.tolist().index(key)
    return float(person.own[row, LEVEL.index(name)])


@given(EVENTS)
def test_rates_are_shares_of_the_shopper_s_trips(
    tables: Tables, events: list[tuple[int, int]]
) -> None:
    person = describe(profile_of(events), NOW, tables)
    days = sorted({day for _, day in events}, reverse=True)
    for key in person.keys.tolist():
        own = {day for known, day in events if known == key}
        latest = [day in own for day in days[:5]]
        assert level(person, key, "rate_5") == pytest.approx(sum(latest) / len(latest))
        decay = np.exp2([-(NOW.day - day) / 30 for day in days])
        held = np.array([day in own for day in days])
        assert level(person, key, "rate_30d") == pytest.approx(
            float(decay[held].sum() / max(decay.sum(), 1e-3)), rel=1e-3
        )


@given(EVENTS)
def test_days_trips_and_gaps_are_the_calendar_s(
    tables: Tables, events: list[tuple[int, int]]
) -> None:
    person = describe(profile_of(events), NOW, tables)
    days = sorted({day for _, day in events}, reverse=True)
    for key in person.keys.tolist():
        own = sorted({day for known, day in events if known == key})
        assert level(person, key, "trips") == len(own)
        assert level(person, key, "days_since") == NOW.day - own[-1]
        assert level(person, key, "trips_since") == days.index(own[-1])
        gap = (own[-1] - own[0]) / (len(own) - 1) if len(own) > 1 else 0
        assert level(person, key, "gap_days") == pytest.approx(gap)


@given(TOLD, st.lists(st.integers(100, 115), max_size=5), st.integers(0, 3), st.booleans())
def test_today_s_lines_belong_to_the_basket_and_not_to_the_past(
    tables: Tables,
    events: list[Told],
    today: list[int],
    place: int,
    promoted: bool,  # noqa: FBT001  # drawn by hypothesis
) -> None:
    lines = [(key, NOW.day, place, promoted) for key in today]
    before = describe(told(events), NOW, tables, 2)
    during = describe(told(events + lines), NOW, tables, 2)
    assert during.today.tolist() == sorted(set(today))
    same_past(before, during)


def test_today_s_lines_push_nothing_out_of_a_long_past(tables: Tables) -> None:
    events = [(100 + trip % 3, NOW.day - 1 - trip, 2, True) for trip in range(80)]
    before = describe(told(events), NOW, tables, 2)
    same_past(before, describe(told([*events, (107, NOW.day, 1, True)]), NOW, tables, 2))


def same_past(one: PersonFeatures, other: PersonFeatures) -> None:
    for name in PARTS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)


def test_a_trip_counts_once_for_a_type_however_many_of_its_items_it_held(
    tables: Tables,
) -> None:
    same_type = [(100, 17_290), (112, 17_290)]  # types repeat every twelve products
    person = describe(profile_of(same_type), NOW, tables)
    at: Positions = tables.items.positions(np.array([100, 112]))
    assert tables.kinds[at[0]] == tables.kinds[at[1]]
    assert person.kinds[tables.kinds[at[0]], LEVEL.index("trips")] == 1


def test_an_item_last_bought_before_memory_keeps_count_and_days(tables: Tables) -> None:
    events = [(100, 17_000), (100, 17_001), *((101, 17_100 + day) for day in range(70))]
    person = describe(profile_of(events), NOW, tables)
    assert level(person, 100, "trips") == 2
    assert level(person, 100, "days_since") == NOW.day - 17_001
    assert level(person, 100, "rate_25") == 0


def test_a_weekly_item_is_due_after_a_week(tables: Tables) -> None:
    weekly = [(100, NOW.day - 7 * back) for back in (1, 2, 3, 4)]
    fresh = [(101, NOW.day - 7 * back - 5) for back in (0, 1, 2, 3)]
    person = describe(profile_of(weekly + [(key, day + 4) for key, day in fresh]), NOW, tables)
    due = dict(zip(person.keys.tolist(), person.due.tolist(), strict=True))
    assert due == {100: True, 101: False}


def test_unknown_items_count_for_the_shopper_and_for_no_type(tables: Tables) -> None:
    person = describe(profile_of([(5_000_000, 17_290)]), NOW, tables)
    assert person.own_at.tolist() == [len(tables)]
    assert level(person, 5_000_000, "trips") == 1
    assert not person.taste[-1].any()


def test_the_order_in_which_a_profile_grew_does_not_show(tables: Tables) -> None:
    events = [(100 + key, 17_250 + key * 3 % 40) for key in range(12)]
    one = describe(profile_of(events), NOW, tables)
    other = describe(profile_of(events[::-1]), NOW, tables)
    read = describe(Profile.from_bytes(profile_of(events).to_bytes()), NOW, tables)
    for name in ("own", "kinds", "taste", "person", "order"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(getattr(one, name), getattr(read, name))


def shown(person: PersonFeatures, key: int, name: str) -> float:
    row = person.keys.tolist().index(key)
    return float(person.loyalty[row, LOYALTY.index(name)])


def kind_of(tables: Tables, key: int) -> int:
    return int(tables.kinds[tables.items.positions(np.array([key]))[0]])


@given(TOLD)
def test_loyalty_is_what_a_walk_through_the_lines_gives(
    tables: Tables, events: list[Told]
) -> None:
    person = describe(told(events), NOW, tables)
    lines = {(key, day): False for key, day, _, _ in events}
    for key, day, _, promoted in events:
        lines[key, day] |= promoted
    days = sorted({day for _, day in lines}, reverse=True)[: PROMOTED_TRIPS - 1]
    for key in person.keys.tolist():
        mine = [lured for (known, day), lured in lines.items() if known == key and day in days]
        assert shown(person, key, "own_promoted") == pytest.approx(
            (sum(mine) + 0.5) / (len(mine) + 2)
        )
        alike = {one for one, _ in lines if kind_of(tables, one) == kind_of(tables, key)}
        latest = max(day for one, day in lines if one in alike)
        assert shown(person, key, "own_is_latest") == ((key, latest) in lines)
        steady = {one: level(person, one, "rate_90d") for one in alike}
        of_kind = person.kinds[kind_of(tables, key), LEVEL.index("rate_90d")]
        assert shown(person, key, "own_of_kind") == pytest.approx(
            steady[key] / max(float(of_kind), 1e-4), rel=1e-4
        )


@given(TOLD)
def test_habit_is_what_a_walk_through_the_lines_gives(
    tables: Tables, events: list[Told]
) -> None:
    person = describe(told(events), NOW, tables)
    lured = {(key, day) for key, day, _, promoted in events if promoted}
    days = sorted({day for _, day, _, _ in events}, reverse=True)[: PROMOTED_TRIPS - 1]
    for kind in range(len(person.habit)):
        lines = {(key, day) for key, day, _, _ in events if kind_of(tables, key) == kind}
        assert person.habit[kind, HABIT.index("kind_items")] == len({key for key, _ in lines})
        lately = {(key, day) for key, day in lines if day in days}
        assert person.habit[kind, HABIT.index("kind_promoted")] == pytest.approx(
            (len(lately & lured) + 0.5) / (len(lately) + 2)
        )


def test_who_never_bought_it_is_taken_to_buy_one_in_four_on_promotion(tables: Tables) -> None:
    person = describe(told([(100, 17_290, 1, True)]), NOW, tables)
    assert person.loyalty[-1].tolist() == [0.25, 0, 0, 0]
    assert person.habit[-1].tolist() == [0, 0.25]


def test_of_a_household_it_is_known_how_large_its_trips_are_and_where(tables: Tables) -> None:
    events = [
        (100 + item, NOW.day - 7 * back, 2, False) for back in (1, 2) for item in range(6)
    ]
    events += [(100, NOW.day - 3, 5, True), (101, NOW.day - 3, 5, True)]
    person = dict(
        zip(PERSON, describe(told(events), NOW, tables, 2).person.tolist(), strict=True)
    )
    assert (person["person_trips"], person["person_items"]) == (3, 6)
    assert person["person_size"] == person["person_size_5"] == pytest.approx(14 / 3)
    usual = 14 / 3
    assert person["person_size_here"] == pytest.approx((12 + 2 * usual) / 4)
    assert person["person_size_weekday"] == pytest.approx((12 + 2 * usual) / 4)
    assert (person["person_trips_here"], person["person_here"]) == (2, pytest.approx(2 / 3))
    assert person["person_promoted"] == pytest.approx((2 + 2.5) / (14 + 10))
    assert person["person_gap"] == pytest.approx((14 - 3) / 2)


def test_a_stranger_has_a_person_of_zeros_but_for_what_is_assumed(tables: Tables) -> None:
    person = dict(zip(PERSON, describe(Profile.empty(), NOW, tables).person, strict=True))
    assert person.pop("person_days_since") == 400
    assert person.pop("person_promoted") == 0.25
    assert not any(person.values())
