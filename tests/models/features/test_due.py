"""What a shopper is due for, by their rhythm and by the date."""

from datetime import date

import numpy as np
import pytest

from models.features.due import due_by_date, due_now
from models.features.features import shared_features
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.moment import Moment
from models.serving.candidates import shortlist
from models.serving.ranker import ANNIVERSARY, RESUPPLY
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend

EPOCH = date(1970, 1, 1).toordinal()
TODAY = date(2018, 2, 12).toordinal() - EPOCH


def day(*when: int) -> int:
    return date(*when).toordinal() - EPOCH


def bought(events: list[tuple[int, int]]) -> Profile:
    profile = Profile.empty()
    for key, on in events:
        profile.record(key, on)
    return profile


def due_keys(
    profile: Profile, tables: Tables, *basket: int, on: int = TODAY, who: str = "t"
) -> list[int]:
    view = ModelRequest(
        profile=profile,
        trend=StoreTrend.empty(),
        moment=Moment(day=on, hour=12),
        basket=np.array(basket, np.int64),
    )
    shared = shared_features(view, tables, who)
    assert shared.person is not None
    found: list[int] = shared.person.keys[due_now(shared, tables)].tolist()
    return found


def weekly(key: int, until: int, trips: int = 5) -> list[tuple[int, int]]:
    return [(key, until - 7 * back) for back in range(trips)]


def alike(tables: Tables) -> tuple[int, int, int]:
    """Two items of one kind, and one of another."""
    kinds = tables.items.type
    one = int(np.flatnonzero(kinds == kinds[0])[0])
    twin = int(np.flatnonzero(kinds == kinds[0])[1])
    other = int(np.flatnonzero(kinds != kinds[0])[0])
    keys = tables.items.keys
    return int(keys[one]), int(keys[twin]), int(keys[other])


def test_an_item_is_due_when_its_usual_gap_is_over_and_not_before(tables: Tables) -> None:
    one, _, other = alike(tables)
    events = weekly(one, TODAY - 7) + weekly(other, TODAY - 3)
    assert due_keys(bought(events), tables) == [one]


def test_it_is_quiet_once_it_or_its_kind_lies_in_the_basket(tables: Tables) -> None:
    one, twin, other = alike(tables)
    profile = bought(weekly(one, TODAY - 7))
    assert due_keys(profile, tables, other) == [one]
    assert due_keys(profile, tables, one) == []
    assert due_keys(profile, tables, twin) == []
    assert due_keys(bought([*weekly(one, TODAY - 7), (twin, TODAY)]), tables) == []


def test_it_is_quiet_while_something_of_its_kind_was_bought_instead(tables: Tables) -> None:
    one, twin, _ = alike(tables)
    assert due_keys(bought([*weekly(one, TODAY - 8), (twin, TODAY - 2)]), tables) == []
    assert due_keys(bought([*weekly(one, TODAY - 8), (twin, TODAY - 9)]), tables) == [one]


def test_items_that_the_bundle_does_not_know_have_no_kind_to_be_quiet_for(
    tables: Tables,
) -> None:
    profile = bought([*weekly(7_000_001, TODAY - 7), (7_000_002, TODAY - 1)])
    assert due_keys(profile, tables) == [7_000_001]


def test_repeat_buyers_are_reminded_inside_their_window(tables: Tables) -> None:
    """Forty buyers with rhythms of 5 to 24 days, a day or two off: nine in ten purchases fall due."""
    draw = np.random.default_rng(3)
    hits = misses = early = 0
    for number in range(40):
        rhythm, key = 5 + number // 2, int(tables.items.keys[number % len(tables)])
        at = TODAY - 8 * rhythm
        profile = Profile.empty()
        for trip in range(8):
            if trip > 3:
                owner = f"{number}-{trip}"
                early += key in due_keys(profile, tables, on=at - rhythm // 2, who=owner)
                found = key in due_keys(profile, tables, on=at, who=owner)
                hits, misses = hits + found, misses + (not found)
            profile.record(key, at)
            at += rhythm + int(draw.integers(0, 2 + rhythm // 12))
    assert hits / (hits + misses) > 0.9
    assert early == 0


def test_what_was_bought_around_this_date_a_year_ago_alone_is_due_by_date(
    tables: Tables,
) -> None:
    flowers, _, milk = alike(tables)
    events = [(flowers, day(2017, 2, 14)), *weekly(milk, TODAY - 3, trips=60)]
    profile = bought(events)
    assert due_by_date(profile, TODAY, tables).tolist() == [flowers]
    assert due_by_date(profile, day(2018, 2, 19), tables).tolist() == [flowers]
    assert due_by_date(profile, day(2018, 2, 20), tables).tolist() == []
    assert due_by_date(profile, day(2018, 2, 8), tables).tolist() == []


def test_it_is_no_occasion_if_it_or_its_kind_was_bought_at_other_times(tables: Tables) -> None:
    flowers, twin, milk = alike(tables)
    once = [(flowers, day(2017, 2, 14)), (milk, TODAY - 30)]
    assert due_by_date(bought(once), TODAY, tables).tolist() == [flowers]
    for more in (flowers, twin):
        events = [*once, (more, day(2017, 7, 1))]
        assert due_by_date(bought(events), TODAY, tables).tolist() == []
    assert due_by_date(bought([*once, (flowers, TODAY)]), TODAY, tables).tolist() == []
    assert due_by_date(bought([(7_000_001, day(2017, 2, 14))]), TODAY, tables).tolist() == []


def test_every_year_anew_and_the_memory_of_trips_does_not_matter(tables: Tables) -> None:
    flowers, _, milk = alike(tables)
    yearly = [(flowers, day(year, 2, 13)) for year in (2015, 2016, 2017)]
    daily = [(milk, TODAY - back) for back in range(200, 0, -1)]
    profile = bought(yearly + daily)
    assert len(profile.days) == 64
    assert due_by_date(profile, TODAY, tables).tolist() == [flowers]
    assert due_by_date(profile, day(2020, 2, 14), tables).tolist() == [flowers]


@pytest.mark.parametrize("limit", [1, 30])
def test_an_occasion_is_a_candidate_with_its_own_source(tables: Tables, limit: int) -> None:
    flowers, _, milk = alike(tables)
    profile = bought([(flowers, day(2017, 2, 14)), *weekly(milk, TODAY - 7)])
    view = ModelRequest(
        profile=profile, trend=StoreTrend.empty(), moment=Moment(day=TODAY, hour=9)
    )
    by_date = due_by_date(profile, TODAY, tables)
    found = shortlist(shared_features(view, tables, "t"), limit, by_date[:0], tables, by_date)
    bits = dict(zip(found.keys.tolist(), found.sources.tolist(), strict=True))
    assert bits[flowers] & ANNIVERSARY
    assert not bits[flowers] & RESUPPLY
    assert len(found.keys) == limit


def test_nobody_is_due_for_anything(tables: Tables) -> None:
    view = ModelRequest(
        profile=None, trend=StoreTrend.empty(), moment=Moment(day=TODAY, hour=9)
    )
    assert not len(due_now(shared_features(view, tables, "t"), tables))
