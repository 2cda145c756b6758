"""Single judgements, held to what they say they measure."""

import numpy as np
import pytest

from models.evaluation.cases import cases, listed
from models.evaluation.checks.breadth import judge_breadth
from models.evaluation.checks.bundle_lists import BundleLists, graded
from models.evaluation.checks.calibration import judge_calibration
from models.evaluation.checks.cold_start_household import judge_cold_start_household, latest
from models.evaluation.checks.cold_start_store import judge_cold_start_store
from models.evaluation.checks.counting import judge_counting
from models.evaluation.checks.explore import judge_explore
from models.evaluation.checks.overall import judge_repeats
from models.evaluation.checks.product_types import judge_product_types
from models.evaluation.checks.window import EvaluationWindow
from models.evaluation.evaluate import list_cases
from models.evaluation.metrics import averaged
from models.features.profile import Profile
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey
from tests.models.town import UNTIL_DAY

WINDOW = EvaluationWindow(cut_day=UNTIL_DAY, end_day=UNTIL_DAY + 21)


@pytest.fixture(scope="module")
def bundle_lists(journey: Journey, bundle: Bundle) -> BundleLists:
    found = list(cases(journey, bundle, WINDOW.cut_day, WINDOW.end_day))
    return list_cases(journey, bundle, found, WINDOW)


def test_own_favourites_are_repeats_and_nothing_else(bundle_lists: BundleLists) -> None:
    split = judge_repeats(bundle_lists)
    own = split["p-topfreq"]
    assert isinstance(own, dict)
    assert own["repeats_listed"]["mean"] == own["repeats_among_hits"]["mean"] == 1
    assert own["novelties_found"]["mean"] == 0


def test_lists_to_explore_hold_nothing_that_was_bought(bundle_lists: BundleLists) -> None:
    found = judge_explore(bundle_lists)
    new = [case for case in bundle_lists.cases if not np.isin(case.truth, case.known).all()]
    assert found["trips"] == len(new)
    assert set(found["baselines"]) == {"g-topfreq", "tifu-knn", "up-cf"}  # type: ignore[call-overload]  # a document


def test_types_are_easier_than_items(bundle_lists: BundleLists) -> None:
    types = judge_product_types(bundle_lists)
    ranker = types["ranker"]
    assert isinstance(ranker, dict)
    assert ranker["recall_at_10"]["mean"] > averaged(bundle_lists.grades())["recall_at_10"]


def test_the_latest_trips_alone_make_the_counters_of_a_newcomer(
    bundle_lists: BundleLists,
) -> None:
    case = bundle_lists.cases[0]
    for known in (0, 1, 5):
        profile = latest(bundle_lists.journey, case, known)
        assert isinstance(profile, Profile)
        assert profile.trips == known
        assert isinstance(case.view.profile, Profile)
        assert profile.days == case.view.profile.days[:known]
    assert latest(bundle_lists.journey, case, None) is case.view.profile


def test_all_that_is_known_gives_the_ordinary_list(bundle_lists: BundleLists) -> None:
    heard: list[float] = []
    curve = judge_cold_start_household(bundle_lists, heard.append)
    assert list(curve) == ["0", "1", "2", "3", "5", "10", "20", "all"]
    assert heard == sorted(heard)
    long = [case for case in bundle_lists.cases if case.trips >= 20]
    ours = graded([listed(bundle_lists.bundle, case.view)[0] for case in long], long)
    everything = curve["all"]
    assert isinstance(everything, dict)
    assert everything["ranker"]["ndcg_at_10"]["mean"] == averaged(ours)["ndcg_at_10"]


def test_counters_are_frozen_or_run_up_to_the_last_trip(bundle_lists: BundleLists) -> None:
    found = judge_counting(bundle_lists, WINDOW.end_day)
    trips = bundle_lists.journey.trips
    again = [
        case
        for case in bundle_lists.cases
        if ((trips.household == case.household) & (trips.day <= WINDOW.end_day)).sum()
        > case.trips + 1
    ]
    assert found["trips"] == len(again)
    assert isinstance(found["trips_since"], float)
    assert found["trips_since"] >= 1


def test_the_popular_list_covers_ten_items_and_the_rarest_bits(
    bundle_lists: BundleLists,
) -> None:
    found = judge_breadth(bundle_lists)
    popular, ranker = found["g-topfreq"], found["ranker"]
    assert isinstance(popular, dict)
    assert isinstance(ranker, dict)
    assert popular["coverage"] == pytest.approx(10 / len(bundle_lists.bundle.items), abs=1e-3)
    assert ranker["coverage"] > popular["coverage"]
    assert ranker["self_information_bits"]["mean"] > popular["self_information_bits"]["mean"]


def test_chances_are_held_to_what_was_bought_over_all_and_over_the_listed(
    bundle_lists: BundleLists,
) -> None:
    found = judge_calibration(bundle_lists)
    everything, listed_alone = found["candidates"], found["listed"]
    assert isinstance(everything, dict)
    assert isinstance(listed_alone, dict)
    assert listed_alone["mean_chance"] > everything["mean_chance"]
    assert sum(group["rows"] for group in listed_alone["groups"]) == 10 * len(
        bundle_lists.cases
    )


def test_the_store_and_the_hour_are_held_to_what_all_buy(bundle_lists: BundleLists) -> None:
    found = judge_cold_start_store(bundle_lists)
    gains = found["relative_recall_gain"]
    assert isinstance(gains, dict)
    assert set(gains) == {"ranker", "store-and-hour"}
    assert found["trips"] == len(bundle_lists.cases)
