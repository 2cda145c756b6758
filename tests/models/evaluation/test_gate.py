"""Rankers on the same real trips: what each is shown, what it is graded by, and how sure one can be."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from models.evaluation import gate
from models.evaluation.gate import Comparison, ReplayedTrip, compare, replayed_trips
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.fallback import FrequentFallback
from models.serving.open_bundle import Bundle
from models.serving.ranker import Ranker
from models.sources.journey import Journey
from tests.models.town import UNTIL_DAY

FIRST, LAST = UNTIL_DAY + 1, UNTIL_DAY + 7
MEMBERS = 30


class Rescored(FrequentFallback):
    """The fallback's candidates under other chances."""

    def __init__(self, change: Callable[[npt.NDArray[np.float32]], object]) -> None:
        self.change = change

    def score(self, view: ModelRequest, keys: Keys) -> npt.NDArray[np.float32]:
        return np.asarray(self.change(super().score(view, keys)), np.float32)


def without_cards(journey: Journey, members: int) -> Journey:
    """The same trips; only the first ``members`` households showed a card, all others are nobody's."""
    trips = journey.trips
    strange = np.flatnonzero(trips.household > members)
    household = trips.household.copy()
    household[strange] = -1 - np.arange(len(strange))
    order = np.argsort(household, kind="stable")
    baskets = [trips.of(trip) for trip in order.tolist()]
    moved = replace(
        trips,
        household=household[order],
        day=trips.day[order],
        week=trips.week[order],
        second=trips.second[order],
        store=trips.store[order],
        bounds=np.cumsum([0, *map(len, baskets)]),
        items=np.concatenate(baskets),
    )
    return replace(journey, trips=moved)


@pytest.fixture(scope="module")
def mixed(journey: Journey) -> Journey:
    return without_cards(journey, MEMBERS)


@pytest.fixture(scope="module")
def seen(mixed: Journey) -> list[ReplayedTrip]:
    return list(replayed_trips(mixed, FIRST, LAST))


@pytest.fixture(scope="module")
def comparison(mixed: Journey, bundle: Bundle) -> Comparison:
    rankers: dict[str, Ranker] = {
        "plain": FrequentFallback(),
        "bundle": bundle,
        "backwards": Rescored(lambda chances: 1 - chances),
        "flat": Rescored(lambda chances: np.full(len(chances), 0.5)),
        "boastful": Rescored(lambda chances: np.clip(chances * 5, 0, 1)),
    }
    return compare(mixed, rankers, FIRST, LAST)


def test_every_trip_of_the_days_is_judged_once(
    mixed: Journey, seen: list[ReplayedTrip]
) -> None:
    day = mixed.trips.day
    assert len(seen) == ((day >= FIRST) & (day <= LAST)).sum() > 100
    assert [one.view.moment.day for one in seen] == sorted(one.view.moment.day for one in seen)


def test_people_are_known_by_what_they_bought_before_the_trip(seen: list[ReplayedTrip]) -> None:
    for one in seen:
        if one.view.profile is None:
            assert one.buyer < 0
        else:
            assert 0 < one.buyer <= MEMBERS
            assert max(one.view.profile.days) < one.view.moment.day
            assert not len(one.view.basket)


def test_half_of_a_basket_without_a_card_is_shown_and_the_rest_to_be_foreseen(
    seen: list[ReplayedTrip],
) -> None:
    halves = [one for one in seen if len(one.view.basket)]
    assert len(halves) > 50
    for one in halves:
        assert not np.isin(one.view.basket, one.truth).any()
        assert 0 <= len(one.truth) - len(one.view.basket) <= 1


def test_a_store_has_observed_what_was_bought_up_to_the_evening_before(
    mixed: Journey,
) -> None:
    seen_by_day = {
        one.view.moment.day: (int(one.view.trend.trips().sum()), one.view.trend.day)
        for one in replayed_trips(mixed, FIRST, LAST)
    }
    trips = [count for count, _ in seen_by_day.values()]
    assert len(set(trips)) > 1
    assert all(observed < day for day, (_, observed) in seen_by_day.items())


def test_the_number_of_each_kind_of_trip_is_told(
    comparison: Comparison, seen: list[ReplayedTrip]
) -> None:
    assert comparison.known == sum(one.view.profile is not None for one in seen)
    assert comparison.half_shown == sum(bool(len(one.view.basket)) for one in seen)
    assert comparison.trips == len(seen)


def test_gains_are_paired_and_beside_the_first_ranker(comparison: Comparison) -> None:
    plain, backwards = comparison.rankers["plain"], comparison.rankers["backwards"]
    assert plain.gain == {"mean": 0, "low": 0, "high": 0}
    assert backwards.gain["high"] < 0
    assert backwards.gain["mean"] == pytest.approx(
        backwards.ndcg["mean"] - plain.ndcg["mean"], abs=1e-4
    )
    # Paired: the difference is known better than either figure.
    assert comparison.rankers["bundle"].gain["high"] > 0


def test_order_at_random_is_told_from_order_that_helps(comparison: Comparison) -> None:
    assert comparison.rankers["plain"].over_noise["low"] > 0
    assert comparison.rankers["bundle"].over_noise["low"] > 0
    assert comparison.rankers["backwards"].over_noise["high"] < 0
    # Ties are listed by key, which is as good as any order.
    flat = comparison.rankers["flat"].over_noise
    assert flat["mean"] < comparison.rankers["plain"].over_noise["low"]


def test_chances_that_promise_too_much_are_seen_though_the_order_is_the_same(
    comparison: Comparison,
) -> None:
    plain, boastful = comparison.rankers["plain"], comparison.rankers["boastful"]
    assert boastful.promised_all["low"] > 2 * plain.promised_all["high"]
    assert boastful.calibration_error > plain.calibration_error


def test_people_are_drawn_whole_so_trips_of_one_do_not_feign_certainty(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def width(*, apart: bool) -> float:
        four = (
            replace(one, buyer=4 * number + again * apart)
            for number, one in enumerate(replayed_trips(journey, FIRST, LAST))
            for again in range(4)
        )
        monkeypatch.setattr(gate, "replayed_trips", lambda *_: four)
        found = compare(journey, {"plain": FrequentFallback()}, FIRST, LAST)
        ndcg = found.rankers["plain"].ndcg
        return ndcg["high"] - ndcg["low"]

    assert width(apart=False) > 1.5 * width(apart=True)


def test_of_very_many_trips_so_many_are_drawn_always_the_same(
    mixed: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "TRIPS_MAX", 20)
    rankers = {"plain": FrequentFallback()}
    one, other = (compare(mixed, rankers, FIRST, LAST) for _ in range(2))
    assert one == other
    assert one.trips == 20


def test_days_without_trips_give_no_figures(journey: Journey, bundle: Bundle) -> None:
    later = journey.last_day + 10
    empty = compare(journey, {"bundle": bundle}, later, later + 5)
    assert (empty.trips, dict(empty.rankers)) == (0, {})
    assert empty.told()["first_day"] == later


def test_a_night_needs_no_library_of_the_analysts() -> None:
    code = (
        "import sys, models.evaluation.gate;"
        "print([n for n in ('pyarrow','scipy','onnx','duckdb') if n in sys.modules])"
    )
    said = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert said.stdout == "[]\n"
