from __future__ import annotations

import numpy as np
import pytest

from models.errors import TooLittleData
from models.features.customer_value import TripSummary, alive_chance, expected_trips
from models.training.customer_value_fit import CUSTOMERS_MIN, TripHistories, fit_base
from tests.models.customers import FIRST_DAY, TRUTH, Days, trip_days

DAYS = 300


def histories(found: Days, until: int = DAYS, *, spend: bool = True) -> TripHistories:
    luck = np.random.default_rng(4)
    before = [days[days < FIRST_DAY + until] for days in found]
    repeats = np.array([len(days) - 1 for days in before])
    # Each one's mean of gamma baskets around a mean of their own.
    means = 3_000 * luck.gamma(4.0, 0.25, len(before))
    baskets = np.array(
        [
            luck.gamma(3.0, mean / 3, n + 1).mean()
            for mean, n in zip(means, repeats, strict=True)
        ]
    )
    return TripHistories(
        repeats=repeats,
        until_latest=np.array([days[-1] - days[0] for days in before]),
        until_now=np.array([FIRST_DAY + until - days[0] for days in before]),
        basket_cents=baskets if spend else np.zeros(len(before)),
        paid_cents=1.2 * baskets,
    )


def test_planted_customers_are_found_again_by_what_they_will_do() -> None:
    base = fit_base(histories(trip_days(1_500, DAYS)))
    for repeats, latest, now in ((0, 0, 40), (3, 60, 70), (20, 150, 250), (30, 200, 203)):
        of = TripSummary(repeats=repeats, until_latest=latest, until_now=now)
        assert alive_chance(base, of) == pytest.approx(alive_chance(TRUTH, of), abs=0.12)
        truth = expected_trips(TRUTH, of, 30)
        assert expected_trips(base, of, 30) == pytest.approx(truth, rel=0.25, abs=0.15)


def test_a_planted_spend_is_found_again() -> None:
    base = fit_base(histories(trip_days(1_500, DAYS)))
    assert base.pieces == pytest.approx(1.2)
    assert base.basket_cents == pytest.approx(3_000, rel=0.1)
    # Means spread by a quarter of their square, baskets by a third: one and a third trips weigh as much.
    assert 0.5 < base.basket_trips < 3.5


def test_without_prices_nothing_is_said_of_spend() -> None:
    base = fit_base(histories(trip_days(CUSTOMERS_MIN, DAYS), spend=False))
    assert base.basket_cents == 0


def test_equal_histories_give_an_equal_base() -> None:
    found = trip_days(CUSTOMERS_MIN, DAYS)
    assert fit_base(histories(found)) == fit_base(histories(found))


def test_too_few_customers_are_refused() -> None:
    with pytest.raises(TooLittleData, match="customers"):
        fit_base(histories(trip_days(CUSTOMERS_MIN - 1, DAYS)))
