"""What may come into use: judged by its lists, on real trips or made-up shoppers, whatever its manifest says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from models.bundle.scorer import Scorer
from models.evaluation import gate
from models.evaluation.activation import (
    CANDIDATE,
    DAYS,
    IN_USE,
    TRIPS_MIN,
    QualityFault,
    judge_activation,
)
from models.evaluation.probe import PROBE_DAY, probe_trips
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.local_fallback import LocalFallback
from models.serving.open_bundle import Bundle, open_bundle
from models.serving.registry import SHIPPED_BUNDLE
from models.sources.journey import Journey
from models.statistics.tables import Floats
from models.training.graph import write_graph
from models.training.network import Network
from tests.models.keys import TRUST
from tests.models.random_weights import random_network, with_weights_of
from tests.models.town import UNTIL_DAY

# Nothing but what the store counts by itself.
PLAIN = None
LABEL = LocalFallback().label


def until(journey: Journey, day: int) -> Journey:
    """The same sales as they stood at the end of a day."""
    trips = journey.trips
    kept = np.flatnonzero(trips.day <= day)
    moved = replace(
        trips,
        household=trips.household[kept],
        day=trips.day[kept],
        week=trips.week[kept],
        second=trips.second[kept],
        store=trips.store[kept],
        bounds=np.cumsum([0, *np.diff(trips.bounds)[kept]]),
        items=np.concatenate([trips.of(trip) for trip in kept.tolist()]),
    )
    return replace(journey, trips=moved)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough to tell good from bad here, and quick."""
    monkeypatch.setattr(gate, "TRIPS_MAX", 150)


@pytest.fixture(scope="module")
def sales(journey: Journey) -> Journey:
    return until(journey, UNTIL_DAY + DAYS)


def with_network(bundle: Bundle, network: Network, days_later: int = 0) -> Bundle:
    later = bundle.manifest.trained_until + timedelta(days=days_later)
    return Bundle(
        manifest=bundle.manifest.model_copy(update={"trained_until": later}),
        digest=bundle.digest,
        tables=bundle.tables,
        scorer=Scorer(write_graph(network)),
    )


def test_a_good_bundle_may_come_into_use_with_sales_and_without(
    bundle: Bundle, sales: Journey
) -> None:
    by_sales = judge_activation(bundle, PLAIN, sales)
    assert (by_sales.fault, by_sales.judged_by, by_sales.beside) == (
        None,
        "sales",
        LABEL,
    )
    assert by_sales.comparison.trips > TRIPS_MIN
    assert by_sales.comparison.first_day == UNTIL_DAY + 1
    assert not by_sales.has_seen
    by_probe = judge_activation(bundle, PLAIN, None)
    assert (by_probe.fault, by_probe.judged_by) == (None, "probe")


def test_what_ships_passes_in_a_store_without_sales() -> None:
    shipped = open_bundle(SHIPPED_BUNDLE)
    assert judge_activation(shipped, PLAIN, None).fault is None


@pytest.mark.parametrize("shift", [0.0, -4.0])
@pytest.mark.parametrize("seed", range(4))
def test_random_weights_never_come_into_use(
    bundle: Bundle, sales: Journey, seed: int, shift: float
) -> None:
    random = with_network(bundle, random_network(seed, shift))
    assert judge_activation(random, PLAIN, sales).fault is not None
    assert judge_activation(random, PLAIN, None).fault is not None


def test_random_weights_with_the_figures_of_a_good_bundle_are_sound_and_refused(
    bundle_dir: Path, bundle: Bundle, sales: Journey, tmp_path: Path
) -> None:
    folder = with_weights_of(random_network(1), bundle_dir, tmp_path / "random")
    opened = open_bundle(folder, TRUST)
    assert opened.manifest.metrics == bundle.manifest.metrics
    found = judge_activation(opened, bundle, sales)
    assert found.fault is not None
    assert found.candidate.gain["high"] < 0
    assert judge_activation(opened, PLAIN, None).fault is not None


def test_chances_that_all_say_the_same_order_nothing(bundle: Bundle) -> None:
    flat = random_network(1)
    network = replace(flat, stretch=0.0, shift=-4.0)
    judged = judge_activation(with_network(bundle, network), PLAIN, None)
    assert judged.fault in {QualityFault.NOISE, QualityFault.WORSE}


class Changed(Bundle):
    """A bundle with other chances."""

    change: Callable[[Floats, Keys], Floats]

    def score(self, view: ModelRequest, keys: Keys) -> Floats:
        return self.change(super().score(view, keys), keys)


def changed(bundle: Bundle, folder: Path, change: Callable[[Floats, Keys], Floats]) -> Bundle:
    made = Changed(
        manifest=bundle.manifest,
        digest=bundle.digest,
        tables=bundle.tables,
        scorer=Scorer((folder / "model.onnx").read_bytes()),
    )
    made.change = change
    return made


def test_chances_far_from_what_is_bought_are_refused_though_the_order_is_good(
    bundle: Bundle, bundle_dir: Path, sales: Journey
) -> None:
    stretched = changed(bundle, bundle_dir, lambda chances, _: chances ** np.float32(0.1))
    found = judge_activation(stretched, bundle, sales)
    assert found.comparison.rankers[CANDIDATE].ndcg == found.comparison.rankers[IN_USE].ndcg
    assert found.fault is QualityFault.CALIBRATION


def test_worse_than_what_is_in_use_is_refused_and_no_worse_is_not(
    bundle: Bundle, bundle_dir: Path, sales: Journey
) -> None:
    noisy = changed(
        bundle,
        bundle_dir,
        lambda chances, keys: chances * np.where(keys % 2, 1, 0.02).astype(np.float32),
    )
    assert judge_activation(noisy, bundle, sales).fault is QualityFault.WORSE
    same = judge_activation(bundle, bundle, sales)
    assert (same.fault, same.candidate.gain["mean"]) == (None, 0)


def test_too_few_trips_leave_it_to_made_up_shoppers(bundle: Bundle, journey: Journey) -> None:
    first = int(journey.trips.day.min())
    assert judge_activation(bundle, PLAIN, until(journey, first)).judged_by == "probe"


def test_days_that_were_learnt_from_are_told_and_make_no_rival(
    bundle: Bundle, journey: Journey
) -> None:
    last = journey.last_day
    late = with_network(bundle, random_network(1), (last - UNTIL_DAY))
    # What is in use has learnt from the days that the candidate has not seen.
    assert judge_activation(bundle, late, journey).beside == LABEL
    found = judge_activation(late, bundle, journey)
    assert (found.has_seen, found.beside) == (True, bundle.label)


def test_judgements_can_be_told_as_json(bundle: Bundle) -> None:
    told = judge_activation(bundle, PLAIN, None).told()
    assert told["judged_by"] == "probe"
    assert told["fault"] is None
    assert told["known"]


def test_made_up_shoppers_are_the_same_for_the_same_tables(bundle: Bundle) -> None:
    one, other = ([trip.truth.tolist() for trip in probe_trips(bundle.tables)] for _ in "ab")
    assert one == other
    assert len(one) > TRIPS_MIN


def test_made_up_shoppers_buy_what_the_bundle_knows_and_are_asked_after_their_past(
    bundle: Bundle,
) -> None:
    for trip in probe_trips(bundle.tables):
        assert (bundle.items.positions(trip.truth) >= 0).all()
        if trip.view.profile is not None:
            assert max(trip.view.profile.days) < PROBE_DAY == trip.view.moment.day


def test_the_day_it_was_trained_up_to_is_read_as_a_local_day(bundle: Bundle) -> None:
    assert bundle.manifest.trained_until == date(1970, 1, 1) + timedelta(days=UNTIL_DAY)
