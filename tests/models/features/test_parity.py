"""Trainer and edge are one: ten thousand rows as training saw them, and as a store would serve them.

The edge gets everything by another road: profiles grown line by line in the till's order, kept as
bytes and read again; trends read from bytes; promotions as rows of a message in any order; lists
asked for by key in any order.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from models.bundle.scorer import Scorer
from models.features.features import build
from models.features.profile import NOWHERE, Profile
from models.features.profile_replay import store_trends
from models.features.request import ModelRequest, no_items
from models.items import Keys
from models.promoted import Promoted, promoted_of
from models.serving.open_bundle import Bundle
from models.sources.journey import Journey
from models.statistics.tables import Tables, read_tables
from models.statistics.trend import StoreTrend
from models.training.examples import Examples, Fold, collect
from models.training.graph import write_graph
from models.training.network import Network, NetworkPlan, learn
from tests.models.town import SMALL, UNTIL_DAY

PLAN = replace(SMALL.examples, trips_a_fold=6, negatives=25)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One view that training met, its profile as it then was, and the rows it took."""

    view: ModelRequest
    keys: Keys


@dataclass(frozen=True, kw_only=True)
class Taught:
    """What training learnt from, and what came of it."""

    asked: list[Asked]
    features: npt.NDArray[np.float32]
    network: Network
    edge: Bundle


@pytest.fixture(scope="module")
def taught(journey: Journey, tables: Tables, bundle: Bundle) -> Taught:
    asked: list[Asked] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.examples.build", listening(asked))
        examples = collected(journey, tables)
    features = examples.features.copy()  # learning spends them
    network = learn(
        examples,
        NetworkPlan(hidden=(24, 12), rounds=10, purchases_a_round=1),
        1,
        lambda _: None,
    )
    edge = Bundle(
        manifest=bundle.manifest,
        digest=bundle.digest,
        tables=read_tables(tables.to_bytes()),
        scorer=Scorer(write_graph(network)),
    )
    return Taught(asked=asked, features=features, network=network, edge=edge)


def listening(asked: list[Asked]) -> Callable[..., npt.NDArray[np.float32]]:
    """Training's own ``build``, noting what it is asked."""

    def noting(
        view: ModelRequest, keys: Keys, tables: Tables, shared: object
    ) -> npt.NDArray[np.float32]:
        frozen = None if view.profile is None else view.profile.copy()
        asked.append(Asked(view=replace(view, profile=frozen), keys=keys))
        return build(view, keys, tables, shared)  # type: ignore[arg-type]  # handed through

    return noting


def collected(journey: Journey, tables: Tables) -> Examples:
    cuts = [UNTIL_DAY - 56, UNTIL_DAY - 28]
    folds = [
        Fold(cut_day=cut, tables=tables, trends=trends)
        for cut, trends in zip(cuts, store_trends(journey, cuts), strict=True)
    ]
    return collect(journey, folds, PLAN, 1, lambda _: None)


class Road:
    """The edge's road to a view that training met."""

    def __init__(self) -> None:
        self._trends: dict[int, tuple[StoreTrend, StoreTrend]] = {}
        self._draw = np.random.default_rng(9)

    def view(self, met: ModelRequest) -> ModelRequest:
        return replace(
            met,
            profile=self._profile(met.profile),
            trend=self._trend(met.trend),
            basket=self._draw.permutation(met.basket),
            promoted=self._promoted(met.promoted),
        )

    def _profile(self, met: Profile | None) -> Profile | None:
        if met is None:
            return None
        grown = Profile.empty()
        lines = [
            (int(key), slot, bool(int(lured) >> slot & 1))
            for key, mask, lured in zip(met.keys, met.masks, met.promoted, strict=True)
            for slot in range(len(met.days))
            if int(mask) >> slot & 1
        ]
        for number in self._draw.permutation(len(lines)).tolist():
            key, slot, lured = lines[number]
            grown.record(key, met.days[slot], place=met.places[slot], promoted=lured)
        return Profile.from_bytes(grown.to_bytes())

    def _trend(self, met: StoreTrend) -> StoreTrend:
        if id(met) not in self._trends:
            self._trends[id(met)] = met, StoreTrend.from_bytes(met.to_bytes())
        return self._trends[id(met)][1]

    def _promoted(self, met: Promoted | None) -> Promoted | None:
        if met is None:
            return None
        rows = zip(met.keys.tolist(), met.display.tolist(), met.mailer.tolist(), strict=True)
        told = list(rows)
        return promoted_of([told[at] for at in self._draw.permutation(len(told)).tolist()])


@pytest.fixture(scope="module")
def served(taught: Taught) -> list[ModelRequest]:
    road = Road()
    return [road.view(asked.view) for asked in taught.asked]


def test_ten_thousand_rows_have_the_same_features_to_the_bit(
    taught: Taught, served: list[ModelRequest]
) -> None:
    rows = [
        taught.edge.features(view, asked.keys)
        for view, asked in zip(served, taught.asked, strict=True)
    ]
    assert len(taught.features) >= 10_000
    np.testing.assert_array_equal(np.concatenate(rows), taught.features)


def test_views_of_every_kind_were_among_them(taught: Taught) -> None:
    views = [asked.view for asked in taught.asked]
    kinds = {
        (view.profile is None, len(view.basket) > 0, view.promoted is None) for view in views
    }
    assert len(kinds) == 8
    assert {view.place for view in views} == {NOWHERE, 2, 3}


def test_the_order_of_the_asked_keys_does_not_matter(
    taught: Taught, served: list[ModelRequest]
) -> None:
    for view, asked in list(zip(served, taught.asked, strict=True))[:40]:
        turned = taught.edge.features(view, asked.keys[::-1])
        np.testing.assert_array_equal(turned[::-1], taught.edge.features(view, asked.keys))


def test_their_chances_differ_by_a_hundred_thousandth_at_most(
    taught: Taught, served: list[ModelRequest]
) -> None:
    chances = [
        taught.edge.score(view, asked.keys)
        for view, asked in zip(served, taught.asked, strict=True)
    ]
    learnt = taught.network.chances(taught.features)
    assert np.abs(np.concatenate(chances) - learnt).max() <= 1e-5


def test_every_top_ten_is_the_same(taught: Taught, served: list[ModelRequest]) -> None:
    for view, asked in zip(served, taught.asked, strict=True):
        keys = taught.edge.shortlist(asked.view, PLAN.listed, no_items()).keys
        again = taught.edge.shortlist(view, PLAN.listed, no_items()).keys
        np.testing.assert_array_equal(keys, again)
        learnt = taught.network.chances(taught.edge.features(asked.view, keys))
        assert ten(keys, taught.edge.score(view, keys)) == ten(keys, learnt)


def ten(keys: Keys, chances: npt.NDArray[np.float32]) -> list[int]:
    order = np.lexsort((keys, -chances))[:10]
    found: list[int] = keys[order].tolist()
    return found
