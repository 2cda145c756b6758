"""What a shopper's past says, checked against the slow way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.aspects import LEVEL, Person, describe
from models.counters import Profile
from models.items import Positions
from models.moment import Moment
from models.tables import Tables

NOW = Moment(day=17_300, hour=12)
EVENTS = st.lists(st.tuples(st.integers(100, 110), st.integers(17_250, 17_299)), max_size=40)


def profile_of(events: list[tuple[int, int]]) -> Profile:
    profile = Profile.empty()
    for key, day in events:
        profile.record(key, day)
    return profile


def level(person: Person, key: int, name: str) -> float:
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


@given(EVENTS, st.sets(st.integers(100, 115), max_size=5))
def test_today_s_lines_belong_to_the_basket_and_not_to_the_past(
    tables: Tables, events: list[tuple[int, int]], today: set[int]
) -> None:
    before = describe(profile_of(events), NOW, tables)
    during = describe(profile_of(events + [(key, NOW.day) for key in today]), NOW, tables)
    assert set(during.today.tolist()) == today
    for name in (
        "keys",
        "own",
        "kinds",
        "categories",
        "taste",
        "person",
        "order",
        "due",
        "liked",
    ):
        np.testing.assert_array_equal(getattr(before, name), getattr(during, name), name)


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
