from __future__ import annotations

import math
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.domain.experiment import (
    POINTS,
    Layer,
    SwitchbackSchedule,
    Variant,
    draw,
    held_out,
    variant_of,
    within,
)
from tests.edge.builders import NOW, later

PEOPLE = [f"c-{n}" for n in range(20_000)]
units, salts, shares = st.text(max_size=30), st.text(max_size=20), st.integers(0, 100)


def spread(count: int, share: float) -> float:
    """Five standard errors of a fair draw."""
    return 5 * math.sqrt(share * (1 - share) / count)


@given(units, salts)
def test_a_draw_is_a_ten_thousandth_and_the_same_for_good(unit: str, salt: str) -> None:
    assert 0 <= draw(salt, unit) < POINTS
    assert draw(salt, unit) == draw(salt, unit)


def test_a_draw_is_the_same_in_every_store_and_release() -> None:
    assert [draw("global-1", f"c-{n}") for n in range(5)] == [2532, 9104, 3591, 2844, 6701]
    out = [n for n in range(60) if held_out("global-1", f"c-{n}", 10)]
    assert out == [5, 7, 9, 28, 31, 33, 37, 40, 56]


@given(units, salts, shares, shares)
def test_who_is_held_out_stays_so_when_the_share_grows(
    unit: str, salt: str, one: int, other: int
) -> None:
    small, large = sorted((one, other))
    assert held_out(salt, unit, large) or not held_out(salt, unit, small)


@given(units, salts)
def test_none_and_all_mean_none_and_all(unit: str, salt: str) -> None:
    assert not held_out(salt, unit, 0)
    assert held_out(salt, unit, 100)


def test_the_held_out_share_is_what_was_asked_for() -> None:
    for pct in (10, 20):
        share = sum(held_out("global-1", unit, pct) for unit in PEOPLE) / len(PEOPLE)
        assert abs(share - pct / 100) < spread(len(PEOPLE), pct / 100)


def test_another_salt_draws_anew() -> None:
    both = sum(held_out("a", u, 50) and held_out("b", u, 50) for u in PEOPLE) / len(PEOPLE)
    assert abs(both - 0.25) < spread(len(PEOPLE), 0.25)


# Layers.


@given(units)
def test_without_a_layer_everybody_is_in_and_a_whole_one_holds_everybody(unit: str) -> None:
    assert within(None, unit)
    assert within(Layer(name="week"), unit)
    assert not within(Layer(name="week", first=500, last=500), unit)


@given(units, st.lists(st.integers(0, POINTS), min_size=2, max_size=6, unique=True))
def test_parts_of_a_layer_that_do_not_overlap_share_nobody(unit: str, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), POINTS]
    parts = [Layer(name="week", first=a, last=b) for a, b in pairwise(edges)]
    assert sum(within(part, unit) for part in parts) == 1


def test_a_layer_is_drawn_apart_from_who_is_held_out() -> None:
    inside = [unit for unit in PEOPLE if within(Layer(name="week", last=POINTS // 2), unit)]
    share = sum(held_out("week", unit, 20) for unit in inside) / len(inside)
    assert abs(share - 0.2) < spread(len(inside), 0.2)


# Variants.


def test_variants_share_people_by_their_weights() -> None:
    arms = (Variant(name="a"), Variant(name="b", weight=2), Variant(name="c"))
    found = Counter(v.name for u in PEOPLE if (v := variant_of("june", u, arms)) is not None)
    for name, share in (("a", 0.25), ("b", 0.5), ("c", 0.25)):
        assert abs(found[name] / len(PEOPLE) - share) < spread(len(PEOPLE), share)


@given(units, st.lists(st.integers(1, 50), min_size=1, max_size=5))
def test_everybody_is_in_one_variant_for_good(unit: str, weights: list[int]) -> None:
    arms = tuple(Variant(name=str(n), weight=w) for n, w in enumerate(weights))
    assert variant_of("june", unit, arms) in arms
    assert variant_of("june", unit, arms) is variant_of("june", unit, arms)


def test_without_variants_or_weight_there_is_none() -> None:
    assert variant_of("june", "c-1", ()) is None
    assert variant_of("june", "c-1", (Variant(name="a", weight=0),)) is None


def test_a_variant_without_weight_gets_nobody_even_as_the_last() -> None:
    arms = (Variant(name="a"), Variant(name="never", weight=0))
    assert {variant_of("june", unit, arms) for unit in PEOPLE[:500]} == {arms[0]}


# Switchbacks.

hours = st.integers(0, 40_000).map(lambda n: later(3_600 * n))


@given(hours, st.sampled_from(["1", "2", "37"]), salts)
def test_stretches_come_in_pairs_one_on_and_one_off(
    at: datetime, store: str, salt: str
) -> None:
    rota = SwitchbackSchedule(period_minutes=60)
    first = at - timedelta(hours=rota.stretch(at) % 2)
    pair = (first, first + timedelta(hours=1))
    assert sum(rota.is_on(salt, store, one) for one in pair) == 1


def test_every_store_has_its_own_order_and_half_of_the_time_each() -> None:
    rota = SwitchbackSchedule(period_minutes=240)
    times = [later(days=n / 6) for n in range(2_000)]
    on = {store: [rota.is_on("s", store, at) for at in times] for store in ("1", "2")}
    assert on["1"] != on["2"]
    assert all(sum(of) in {1_000, 999, 1_001} for of in on.values())


def test_a_stretch_begins_with_its_wash_out() -> None:
    rota = SwitchbackSchedule(period_minutes=240, washout_minutes=30)
    begins = NOW.replace(hour=16, minute=0)
    found = [rota.is_washout(begins + timedelta(minutes=m)) for m in (0, 29.9, 30, 239.9, 240)]
    assert found == [True, True, False, False, True]
    assert not SwitchbackSchedule(washout_minutes=0).is_washout(begins)
