from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.placement import SURFACES
from edge.domain.value import WHOLE, loss_pct, trust_pct, worth

relevances = st.integers(0, 10**9)
percents = st.integers(0, 1_000)
losses = st.integers(100, 1_000)
trusts = st.integers(20, 100)


def one(relevance: int, timeliness: int = 0, loss: int = 100, trust: int = 100) -> int:
    columns = (np.array([n], np.int64) for n in (relevance, timeliness, loss, trust))
    return int(worth(*columns)[0])


def test_without_any_other_term_worth_is_relevance() -> None:
    assert one(4_321) == 4_321


@given(relevances, relevances, percents, losses, trusts)
def test_more_relevance_never_makes_it_less(
    a: int, b: int, time: int, loss: int, trust: int
) -> None:
    less, more = sorted((a, b))
    assert one(less, time, loss, trust) <= one(more, time, loss, trust)


@given(relevances, percents, percents, losses, trusts)
def test_more_timeliness_never_makes_it_less(
    relevance: int, a: int, b: int, loss: int, trust: int
) -> None:
    less, more = sorted((a, b))
    assert one(relevance, less, loss, trust) <= one(relevance, more, loss, trust)


@given(relevances, percents, losses, losses, trusts)
def test_more_loss_of_privacy_never_makes_it_more(
    relevance: int, time: int, a: int, b: int, trust: int
) -> None:
    less, more = sorted((a, b))
    assert one(relevance, time, less, trust) >= one(relevance, time, more, trust)


@given(relevances, percents, losses, trusts, trusts)
def test_more_trust_never_makes_it_less(
    relevance: int, time: int, loss: int, a: int, b: int
) -> None:
    less, more = sorted((a, b))
    assert one(relevance, time, loss, less) <= one(relevance, time, loss, more)


@given(relevances, percents, losses, trusts)
def test_nothing_overflows_and_nothing_is_below_nothing(
    relevance: int, time: int, loss: int, trust: int
) -> None:
    exact = relevance * (WHOLE + time) // loss * trust // WHOLE
    assert one(relevance, time, loss, trust) == exact >= 0


@given(st.integers(0, 1_000))
def test_trust_falls_with_each_no_and_never_to_nothing(noes: int) -> None:
    assert 20 <= trust_pct(noes + 1) <= trust_pct(noes) <= 100
    assert (trust_pct(0), trust_pct(1), trust_pct(4), trust_pct(5)) == (100, 80, 20, 20)


@given(st.lists(st.integers(0, 3), min_size=1), st.sampled_from(sorted(SURFACES)))
def test_at_a_slider_of_nothing_privacy_has_no_price(reveals: list[int], surface: str) -> None:
    assert set(loss_pct(np.array(reveals), surface, 0).tolist()) == {100}


@given(st.sampled_from(sorted(SURFACES)), st.integers(0, 100), st.integers(0, 100))
def test_a_higher_slider_never_makes_privacy_cheaper(surface: str, a: int, b: int) -> None:
    low, high = (loss_pct(np.arange(4), surface, weight) for weight in sorted((a, b)))
    assert (low <= high).all()
    assert (np.diff(high) >= 0).all()  # the more telling, the dearer


def test_the_more_people_can_see_it_the_dearer_it_is() -> None:
    asked = ("none", "phone", "kiosk", "tablet", "pos", "display")
    found = [int(loss_pct(np.array([3]), surface, 100)[0]) for surface in asked]
    assert found == [100, 175, 250, 325, 400, 700]


@pytest.mark.parametrize("weight", [1, 50, 100])
def test_a_class_that_nobody_listed_counts_as_the_most_public(weight: int) -> None:
    one, other = (
        loss_pct(np.array([2]), surface, weight) for surface in ("billboard", "display")
    )
    assert one.tolist() == other.tolist()
