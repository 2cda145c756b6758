"""The trips to be judged on, and what may be known before them."""

import numpy as np
import pytest

from models.evaluation.cases import TRIPS_BEFORE, EvaluationCase, cases, listed, untold
from models.features.profile import NOWHERE, Profile
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey
from tests.models.town import UNTIL_DAY

END_DAY = UNTIL_DAY + 21


@pytest.fixture(scope="module")
def found(journey: Journey, bundle: Bundle) -> list[EvaluationCase]:
    return list(cases(journey, bundle, UNTIL_DAY, END_DAY))


def test_a_case_is_the_first_trip_after_the_cut_with_history_up_to_it(
    found: list[EvaluationCase], journey: Journey
) -> None:
    assert len({case.household for case in found}) == len(found) > 30
    for case in found:
        mine = journey.trips.day[journey.trips.household == case.household]
        assert case.view.moment.day == mine[mine > UNTIL_DAY].min()
        assert case.trips == (mine < case.view.moment.day).sum() >= TRIPS_BEFORE
        assert isinstance(case.view.profile, Profile)
        assert max(case.view.profile.days) <= UNTIL_DAY


def test_truth_is_what_the_trip_held_of_the_vocabulary(
    found: list[EvaluationCase], journey: Journey, bundle: Bundle
) -> None:
    for case in found[:10]:
        bought = journey.items.keys[journey.trips.of(case.trip)]
        assert set(case.truth.tolist()) == set(bought.tolist()) & set(
            bundle.items.keys.tolist()
        )
        assert case.known.tolist() == sorted(case.known.tolist())


def test_a_trip_without_a_known_item_is_passed_over_for_the_next(
    found: list[EvaluationCase],
    journey: Journey,
    bundle: Bundle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    barren = {tuple(case.truth.tolist()) for case in found}
    first = {case.household: case.trip for case in found}
    monkeypatch.setattr(
        "models.evaluation.cases.known_to",
        lambda _, keys: keys[:0] if tuple(keys.tolist()) in barren else keys,
    )
    later = list(cases(journey, bundle, UNTIL_DAY, END_DAY))
    assert len(later) > 30
    assert all(case.trip > first[case.household] for case in later)


def test_a_short_window_has_fewer_cases(
    found: list[EvaluationCase], journey: Journey, bundle: Bundle
) -> None:
    short = list(cases(journey, bundle, UNTIL_DAY, UNTIL_DAY + 1))
    assert 0 < len(short) < len(found)
    assert all(case.view.moment.day == UNTIL_DAY + 1 for case in short)


def test_of_a_large_chain_so_many_households_are_drawn_always_the_same(
    journey: Journey, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.evaluation.cases.HOUSEHOLDS_MAX", 12)
    one, other = (
        [case.household for case in cases(journey, bundle, UNTIL_DAY, END_DAY)]
        for _ in range(2)
    )
    assert one == other == sorted(one)
    assert len(one) == 12


def test_lists_fall_in_chance_and_settle_ties_by_key(
    found: list[EvaluationCase], bundle: Bundle
) -> None:
    keys, chances = listed(bundle, found[0].view)
    order = np.lexsort((keys, -chances))
    assert order.tolist() == list(range(len(keys)))
    assert (bundle.items.positions(keys) >= 0).all()


def test_untold_is_the_same_trip_without_promotions_store_or_trend(
    found: list[EvaluationCase], bundle: Bundle
) -> None:
    assert any(case.view.promoted is not None for case in found)
    for case in found[:20]:
        dark = untold(case)
        assert (dark.view.place, dark.view.promoted) == (NOWHERE, None)
        assert dark.view.trend.trips().sum() == 0
        assert (dark.trip, dark.view.profile) == (case.trip, case.view.profile)
        np.testing.assert_array_equal(dark.truth, case.truth)
        assert len(listed(bundle, dark.view)[0])
