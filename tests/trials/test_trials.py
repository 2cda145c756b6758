"""The trials in small: every one of them runs, and what they promise holds in a few seeded runs too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from models.causal.offpolicy import PolicyEstimates
from tests.trials import bandits, draws, lifts, open_bandit, shared_screens, uplift
from tests.trials.__main__ import table
from tests.trials.figure import Figure, at_least, at_most

needs_data = pytest.mark.skipif(
    not open_bandit.WHEEL.is_file(), reason="deploy/setup.sh dev downloads the data"
)


Ask = Callable[[str], tuple[PolicyEstimates, open_bandit.Doubles]]


def nothing() -> None:
    pass


def kept(figures: list[Figure]) -> list[Figure]:
    return [figure for figure in figures if not figure.holds]


def test_the_planted_lift_is_inside_the_interval() -> None:
    assert not kept(lifts.planted(12, nothing))


def test_nobody_who_looks_all_the_time_is_fooled() -> None:
    assert not kept(lifts.no_effect(12, nothing))


def test_a_t_test_looked_at_all_the_time_would_fool_them() -> None:
    luck = np.random.default_rng(1)
    fooled = sum(
        lifts.peeked_t_test(luck.normal(10, 3, 2_000), luck.random(2_000) < 0.5)
        for _ in range(60)
    )
    assert fooled > 6


def test_a_planted_uplift_is_found_and_its_order_beats_chance() -> None:
    assert not kept(uplift.recovered(4, nothing))


def test_lost_people_raise_the_alarm() -> None:
    assert not kept(lifts.broken(5, nothing))


def test_a_switchback_holds_the_truth_where_people_compared_do_not() -> None:
    found = {figure.name: figure for figure in shared_screens.spill_over(8, nothing)}
    assert found["switchback: interval holds the truth"].holds
    seen = found["people compared: part of the effect seen"].seen
    assert float(seen.removesuffix("%")) < 70


def test_the_bandit_misses_least() -> None:
    assert not kept(bandits.regret(3, nothing))


def test_people_are_drawn_as_meant() -> None:
    assert not kept(draws.draws(2, nothing))


@needs_data
@pytest.mark.parametrize("campaign", open_bandit.CAMPAIGNS)
@pytest.mark.parametrize("ask", [open_bandit.of_thompson, open_bandit.of_random])
def test_another_policys_log_tells_what_a_policy_earned(ask: Ask, campaign: str) -> None:
    told, clicks = ask(campaign)
    truth = float(clicks.mean())
    assert told.snips.holds(truth)
    assert told.dr.holds(truth)
    assert open_bandit.agree(told.ips, clicks)


@needs_data
def test_a_log_that_hardly_supports_the_question_says_so() -> None:
    told, _ = open_bandit.of_random("women")
    assert told.effective < 10
    assert told.snips.high - told.snips.low > 0.02


def test_a_broken_promise_is_shown_as_one() -> None:
    bad = at_least("trial", "name", 92, 100, 0.93)
    assert not bad.holds
    assert not at_most("trial", "name", 6, 100, 0.05).holds
    assert "BROKEN" in list(table([bad]).columns[-1].cells)
