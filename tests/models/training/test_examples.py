"""Training rows: past trips as the edge would have met them."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from models.features.features import FEATURES
from models.features.profile import NOWHERE
from models.features.profile_replay import store_trends
from models.features.request import ModelRequest
from models.moment import Moment
from models.sources.journey import Journey
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend
from models.training.examples import (
    FOLD_DAYS,
    ExamplePlan,
    Examples,
    Fold,
    collect,
    fold_cuts,
    fold_length,
)
from tests.models.town import SMALL, UNTIL_DAY

CUT = UNTIL_DAY - FOLD_DAYS
PLAN = SMALL.examples
Collect = Callable[[ExamplePlan], Examples]


@pytest.fixture(scope="module")
def fold(journey: Journey, tables: Tables) -> Fold:
    return Fold(cut_day=CUT, tables=tables, trends=store_trends(journey, [CUT])[0])


@pytest.fixture(scope="module")
def collected(journey: Journey, fold: Fold) -> Collect:
    return lambda plan: collect(journey, [fold], plan, 1, lambda _: None)


@pytest.fixture(scope="module")
def examples(collected: Collect) -> Examples:
    return collected(PLAN)


def column(examples: Examples, name: str) -> np.ndarray:
    return examples.features[:, FEATURES.index(name)]


def test_rows_stand_view_by_view_and_each_has_a_weight(examples: Examples) -> None:
    assert examples.bounds[0] == 0
    assert examples.bounds[-1] == len(examples.bought) == len(examples.features)
    assert (np.diff(examples.bounds) > 0).all()
    assert np.isfinite(examples.features).all()
    assert (examples.weight[examples.bought == 1] == 1).all()


def test_what_was_left_out_is_stood_for_by_what_was_kept(examples: Examples) -> None:
    for first, last in pairwise(examples.bounds.tolist()[:60]):
        missed = examples.bought[first:last] == 0
        assert missed.sum() <= PLAN.negatives
        stood_for = examples.weight[first:last][missed].sum()
        assert stood_for + (~missed).sum() == pytest.approx(PLAN.listed, abs=10)


def test_shoppers_strangers_and_baskets_are_met_in_their_shares(examples: Examples) -> None:
    heads = examples.features[examples.bounds[:-1]]
    known = heads[:, FEATURES.index("is_known")] == 1
    basket = heads[:, FEATURES.index("basket_items")] > 0
    alone = (known & ~basket).sum()
    for kind, share in (
        (known & basket, PLAN.with_basket),
        (~known & basket, PLAN.anonymous_with_basket),
        (~known & ~basket, PLAN.anonymous),
    ):
        assert kind.sum() / alone == pytest.approx(share, abs=0.12)


@pytest.mark.parametrize("untold", [0.0, 0.4, 1.0])
def test_of_some_trips_nobody_told_what_was_promoted(collected: Collect, untold: float) -> None:
    examples = collected(replace(PLAN, untold=untold, nowhere=0.0))
    told = column(examples, "promotions_known")[examples.bounds[:-1]]
    assert 1 - told.mean() == pytest.approx(untold, abs=0.1)
    dark = column(examples, "promotions_known") == 0
    for name in ("displayed", "mailed", "place_lift", "item_lift"):
        assert not column(examples, name)[dark].any()


def test_of_a_store_that_nobody_names_neither_promotions_nor_a_trend_are_known(
    journey: Journey, fold: Fold, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[tuple[int, bool, bool]] = []
    real = collect.__globals__["build"]

    def noting(view: ModelRequest, *rest: object) -> object:
        met.append((view.place, view.promoted is None, view.trend is fold.quiet))
        return real(view, *rest)

    monkeypatch.setattr("models.training.examples.build", noting)
    collect(journey, [fold], replace(PLAN, untold=0.0, nowhere=0.4), 1, lambda _: None)
    strange = [one for one in met if one[0] == NOWHERE]
    assert len(strange) / len(met) == pytest.approx(0.4, abs=0.1)
    assert set(strange) == {(NOWHERE, True, True)}
    assert not any(quiet for place, _, quiet in met if place != NOWHERE)


def test_what_was_promoted_was_bought_more(collected: Collect) -> None:
    examples = collected(replace(PLAN, untold=0.0, nowhere=0.0))
    shown = column(examples, "displayed") > 0
    rates = [
        np.average(examples.bought[rows], weights=examples.weight[rows])
        for rows in (shown, ~shown)
    ]
    assert rates[0] > 1.3 * rates[1]


def test_the_same_seed_meets_the_same_trips_and_another_seed_others(
    journey: Journey, fold: Fold, examples: Examples
) -> None:
    again, other = (collect(journey, [fold], PLAN, seed, lambda _: None) for seed in (1, 2))
    for name in ("features", "bought", "weight", "bounds"):
        assert getattr(again, name).tobytes() == getattr(examples, name).tobytes(), name
    assert other.features.tobytes() != examples.features.tobytes()


def test_without_a_fold_there_is_nothing_to_learn(journey: Journey) -> None:
    nothing = collect(journey, [], PLAN, 1, lambda _: None)
    assert nothing.features.shape == (0, len(FEATURES))
    assert (len(nothing.bought), nothing.bounds.tolist()) == (0, [0])


def test_the_part_done_is_heard_of(journey: Journey, fold: Fold) -> None:
    heard: list[float] = []
    collect(journey, [fold], replace(PLAN, trips_a_fold=1), 1, heard.append)
    assert heard == sorted(heard)
    assert heard[0] == 0


def test_a_store_s_trend_is_frozen_at_the_cut(journey: Journey) -> None:
    early, late = store_trends(journey, [CUT, CUT + 14])
    for store in (1, 2):
        again = StoreTrend()
        trips = np.flatnonzero((journey.trips.day <= CUT) & (journey.trips.store == store))
        for trip in trips[np.argsort(journey.trips.day[trips], kind="stable")].tolist():
            again.record(journey.items.keys[journey.trips.of(trip)], journey.trips.moment(trip))
        assert early[store].to_bytes() == again.to_bytes() != late[store].to_bytes()


def test_a_store_not_seen_before_the_cut_has_a_quiet_trend(fold: Fold) -> None:
    assert fold.trend(99) is fold.quiet
    assert fold.trend(99).trips().sum() == 0
    assert fold.trend(1) is fold.trends[1]


def test_each_trip_is_met_in_its_store(
    journey: Journey, fold: Fold, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: set[tuple[int, Moment]] = set()
    real = collect.__globals__["build"]

    def noting(view: object, *rest: object) -> object:
        met.add((view.place, view.moment))  # type: ignore[attr-defined]  # a View
        return real(view, *rest)

    monkeypatch.setattr("models.training.examples.build", noting)
    collect(journey, [fold], replace(PLAN, trips_a_fold=1, nowhere=0.0), 1, lambda _: None)
    assert {place for place, _ in met} == {2, 3}
    assert NOWHERE not in {place for place, _ in met}
    assert all(CUT < moment.day <= CUT + FOLD_DAYS for _, moment in met)


def test_two_folds_of_one_day_do_not_take_each_other_s_tables_for_their_own(
    journey: Journey, fold: Fold, examples: Examples
) -> None:
    lifts = replace(fold.tables.lifts, lift=fold.tables.lifts.lift + np.float32(1))
    twin = Fold(cut_day=CUT, tables=replace(fold.tables, lifts=lifts), trends=dict(fold.trends))
    other = collect(journey, [twin], PLAN, 1, lambda _: None)
    shown = column(examples, "displayed") > 0
    np.testing.assert_allclose(
        column(other, "place_lift")[shown], column(examples, "place_lift")[shown] + 1, rtol=1e-5
    )


def test_rows_kept_in_many_small_blocks_are_the_same_rows(
    collected: Collect, examples: Examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.examples._BLOCK_ROWS", 37)
    np.testing.assert_array_equal(collected(PLAN).features, examples.features)


@pytest.mark.parametrize(("days", "length"), [(302, 28), (252, 28), (92, 10), (61, 7), (20, 7)])
def test_a_young_source_has_short_folds(days: int, length: int) -> None:
    assert fold_length(100, 99 + days, 8) == length


def test_short_folds_fit_into_two_months() -> None:
    cuts = fold_cuts(0, 60, 8, 7)
    assert cuts == [11, 18, 25, 32, 39, 46, 53]


def test_of_many_households_so_many_are_learnt_from(collected: Collect) -> None:
    few, all_ = collected(replace(PLAN, households=10)), collected(PLAN)
    assert 0 < len(few.bounds) < len(all_.bounds) / 3
    again = collected(replace(PLAN, households=10))
    np.testing.assert_array_equal(few.features, again.features)
