"""Counting written as a network: in the order of the strategy, with chances, through the same graph."""

from dataclasses import replace

import numpy as np
import pytest

from models.bundle.scorer import Scorer
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey
from models.strategies.p_topfreq import p_topfreq_25, recent_trips
from models.training.counting import COUNTINGS, countings
from models.training.examples import Examples, Fold, collect, fold_cuts
from models.training.graph import write_graph
from models.training.network import Network
from tests.models.town import SMALL, UNTIL_DAY


@pytest.fixture(scope="module")
def examples(journey: Journey, bundle: Bundle) -> Examples:
    cut = fold_cuts(0, UNTIL_DAY, 1)[0]
    folds = [Fold(cut_day=cut, tables=bundle.tables, trends={})]
    return collect(journey, folds, SMALL.examples, 3, lambda _: None)


@pytest.fixture(scope="module")
def counted(examples: Examples) -> dict[str, Network]:
    return countings(examples)


def listed(bundle: Bundle, network: Network, view: ModelRequest) -> Keys:
    keys = bundle.tables.items.keys
    chances = network.chances(bundle.features(view, keys))
    return keys[np.lexsort((keys, -chances))]


def test_no_item_stands_before_one_bought_more_often_lately(
    bundle: Bundle, counted: dict[str, Network], arrivals: dict[int, ModelRequest]
) -> None:
    for view in [*arrivals.values()][:20]:
        assert view.profile is not None
        order = listed(bundle, counted["p-topfreq-25"], view)
        counts = dict(
            zip(view.profile.keys.tolist(), recent_trips(view.profile).tolist(), strict=True)
        )
        along = [counts.get(key, 0) for key in order.tolist()]
        assert along == sorted(along, reverse=True)
        assert set(p_topfreq_25(view.profile, 3).tolist()) <= set(order[:10].tolist())


@pytest.mark.parametrize("name", [*COUNTINGS])
def test_its_chances_sum_to_what_was_bought_and_are_the_graph_s(
    name: str, examples: Examples, counted: dict[str, Network]
) -> None:
    chances = counted[name].chances(examples.features)
    kept = float(examples.weight @ examples.bought)
    assert float(examples.weight @ chances) == pytest.approx(kept, rel=0.01)
    served = Scorer(write_graph(counted[name])).score(examples.features[:500])
    assert np.abs(served - chances[:500]).max() < 1e-5


def test_an_unknown_shopper_gets_what_the_store_sells(
    bundle: Bundle, counted: dict[str, Network], arrivals: dict[int, ModelRequest]
) -> None:
    view = replace(next(iter(arrivals.values())), profile=None)
    order = listed(bundle, counted["own-frequency"], view)
    shares = bundle.tables.stats[bundle.tables.items.positions(order), 0]
    assert shares[:10].mean() > shares[-10:].mean()
