"""An open bundle answers like the network it was made from."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from models.bundle.scorer import Scorer
from models.errors import BundleRefused
from models.features.profile import Profile
from models.features.profile_replay import store_trends
from models.features.request import ModelRequest, no_items
from models.moment import Moment
from models.serving.open_bundle import Bundle
from models.serving.ranker import Ranker
from models.sources.journey import Journey
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend
from models.training.examples import Examples, Fold, collect
from models.training.graph import folded, write_graph
from models.training.network import Network, NetworkPlan, learn
from tests.models.town import SMALL, UNTIL_DAY

NOW = Moment(day=UNTIL_DAY + 3, hour=17)


@pytest.fixture(scope="module")
def examples(journey: Journey, tables: Tables) -> Examples:
    cut = UNTIL_DAY - 28
    fold = Fold(cut_day=cut, tables=tables, trends=store_trends(journey, [cut])[0])
    return collect(journey, [fold], SMALL.examples, 1, lambda _: None)


@pytest.fixture(scope="module")
def network(examples: Examples) -> Network:
    own = replace(examples, features=examples.features.copy())  # learning spends them
    return learn(
        own, NetworkPlan(hidden=(24, 12), rounds=15, purchases_a_round=1), 1, lambda _: None
    )


def test_trainer_and_runtime_agree_to_a_hundred_thousandth(
    network: Network, examples: Examples
) -> None:
    served = Scorer(write_graph(network)).score(examples.features)
    assert np.abs(served - network.chances(examples.features)).max() < 1e-5


def test_folding_the_standardisation_changes_no_sum(network: Network) -> None:
    values = np.random.default_rng(0).random((5, len(network.mean)), np.float32)
    first, start = network.members[0][0]
    plain = (values - network.mean) / network.scale @ first + start
    weights, bias = folded(network, 0)[0]
    np.testing.assert_allclose(values @ weights + bias, plain, atol=1e-4)


def test_chances_are_calibrated_on_the_rows_learnt_from(
    network: Network, examples: Examples
) -> None:
    mean = np.average(network.chances(examples.features), weights=examples.weight)
    rate = np.average(examples.bought, weights=examples.weight)
    assert mean == pytest.approx(rate, rel=0.1)


def test_a_habit_outranks_a_stranger(bundle: Bundle) -> None:
    profile = Profile.empty()
    for day in range(UNTIL_DAY - 60, UNTIL_DAY, 3):
        profile.record(100, day)
        profile.record(101, day - day % 2)
    view = ModelRequest(profile=profile, trend=StoreTrend.empty(), moment=NOW)
    habit, stranger = bundle.score(view, np.array([100, 147]))
    assert 1 > habit > 3 * stranger > 0


def test_equal_views_give_equal_bytes_whatever_came_before(bundle: Bundle) -> None:
    profile = Profile.empty()
    for day in range(UNTIL_DAY - 40, UNTIL_DAY, 4):
        for key in (103, 111, 131, 5_000_000):
            profile.record(key, day)
    answers: list[tuple[npt.NDArray[np.int64], bytes]] = []
    for one in (profile, Profile.from_bytes(profile.to_bytes()), profile.copy()):
        view = ModelRequest(
            profile=one, trend=StoreTrend.empty(), moment=NOW, basket=np.array([104])
        )
        keys = bundle.shortlist(view, 30, np.array([140])).keys
        answers.append((keys, bundle.score(view, keys).tobytes()))
    for keys, scores in answers[1:]:
        np.testing.assert_array_equal(keys, answers[0][0])
        assert scores == answers[0][1]


def test_a_bundle_fits_the_edge_s_protocol(bundle: Bundle) -> None:
    ranker: Ranker = bundle
    view = ModelRequest(profile=None, trend=StoreTrend(bundle.prior), moment=NOW)
    assert ranker.label == "town@2017.05.21"
    assert ranker.score(view, no_items()).shape == (0,)
    assert len(ranker.shortlist(view, 9, no_items()).keys) == 9


def test_rows_of_another_width_are_refused_by_the_graph(network: Network) -> None:
    with pytest.raises(BundleRefused) as caught:
        Scorer(write_graph(network)).score(np.zeros((2, 3), np.float32))
    assert caught.value.reason == "graph"
