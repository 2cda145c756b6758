from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from models.features.customer_value import (
    HORIZON_DAYS,
    CustomerBase,
    TripSummary,
    alive_chance,
    expected_trips,
    outlook,
    silent_chance,
    trip_summary,
    usual_basket,
)
from models.features.profile import TRIPS_REMEMBERED, Profile

DAY = 20_000
SHIPPED = CustomerBase()
NUMBERS = st.floats(0.05, 40)
BASES = st.builds(CustomerBase, r=NUMBERS, alpha=NUMBERS, a=NUMBERS, b=NUMBERS)


@st.composite
def summaries(draw: st.DrawFn) -> TripSummary:
    now = draw(st.integers(1, 700))
    latest = draw(st.integers(0, now - 1))
    repeats = draw(st.integers(min(1, latest), latest))
    return TripSummary(repeats=repeats, until_latest=latest, until_now=now)


def bought(*days: int, item: int = 1) -> Profile:
    found = Profile.empty()
    for day in days:
        found.record(item, day)
    return found


@given(BASES, summaries(), st.integers(1, 90))
def test_the_series_is_the_published_closed_form(
    base: CustomerBase, of: TripSummary, days: int
) -> None:
    r, a, b, x = base.r, base.a, base.b, of.repeats
    now = base.alpha + of.until_now
    # As lifetimes and pymc-marketing write it, with scipy's hypergeometric function.
    sum_of = hyp2f1(r + x, b + x + 1, a + b + x, days / (now + days))
    left = sum_of * (now / (now + days)) ** (r + x)
    published = (a + b + x) / (a - 1) * (1 - left) if a != 1 else np.nan
    gone = a / (b + x) * (now / (base.alpha + of.until_latest)) ** (r + x)
    found = expected_trips(base, of, days)
    if np.isfinite(published) and np.isfinite(gone) and abs(a - 1) > 0.01:
        assert found == pytest.approx(max(published, 0) / (1 + gone), rel=1e-4, abs=1e-6)


@given(BASES, summaries())
def test_chances_are_chances_and_trips_grow_with_the_days(
    base: CustomerBase, of: TripSummary
) -> None:
    assert 0 <= alive_chance(base, of) <= 1
    assert (
        1 - alive_chance(base, of) <= silent_chance(base, of, HORIZON_DAYS) + 1e-12 <= 1 + 1e-12
    )
    short, long = (expected_trips(base, of, days) for days in (10, 40))
    assert 0 <= short <= long + 1e-9


def test_a_base_just_beside_one_is_as_one_at_it() -> None:
    of = TripSummary(repeats=8, until_latest=80, until_now=90)
    at, beside = (expected_trips(CustomerBase(a=a), of, 30) for a in (1.0, 1.001))
    assert at == pytest.approx(beside, rel=1e-3)


def test_the_longer_somebody_stays_away_the_likelier_they_have_left() -> None:
    risks = [
        1
        - alive_chance(SHIPPED, TripSummary(repeats=20, until_latest=140, until_now=140 + away))
        for away in (7, 30, 60, 120)
    ]
    assert risks == sorted(risks)
    assert risks[0] < 0.02
    assert risks[-1] > 0.95


def test_todays_basket_is_not_the_past() -> None:
    before = bought(DAY - 20, DAY - 13, DAY - 6)
    during = before.copy()
    during.record(1, DAY)
    assert trip_summary(during, DAY) == trip_summary(before, DAY)
    assert trip_summary(before, DAY) == TripSummary(repeats=2, until_latest=14, until_now=20)


def test_trips_that_are_past_memory_still_count() -> None:
    days = range(DAY - 3 * (TRIPS_REMEMBERED + 10), DAY, 3)
    found = trip_summary(bought(*days), DAY)
    assert found is not None
    assert found.repeats == len(days) - 1
    assert found.until_now == DAY - days[0]


def test_of_who_never_came_before_today_nothing_is_foretold() -> None:
    nothing = np.zeros(0, np.int64)
    assert outlook(SHIPPED, Profile.empty(), DAY, nothing) is None
    assert outlook(SHIPPED, bought(DAY), DAY, np.array([100])) is None


def test_value_is_trips_times_what_a_trip_of_theirs_costs_now() -> None:
    profile = bought(DAY - 21, DAY - 14, DAY - 7)
    profile.record(2, DAY - 7)
    cents = np.array([300 if key == 1 else 900 for key in profile.keys.tolist()])
    found = outlook(SHIPPED, profile, DAY, cents)
    assert found is not None
    a_trip = SHIPPED.pieces * (3 * 300 + 900) / 3
    assert found.spend_cents == pytest.approx(found.trips * a_trip)


def test_few_trips_lean_on_everybodys_basket_and_many_do_not() -> None:
    base = CustomerBase(pieces=1.0, basket_cents=2_000.0, basket_trips=5.0)
    assert usual_basket(base, 8_000.0, 0) == 2_000
    assert usual_basket(base, 8_000.0, 5) == 5_000
    assert usual_basket(base, 8_000.0, 5_000) == pytest.approx(8_000, rel=0.01)
