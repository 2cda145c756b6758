"""What counting at the till is worth: the household's counters frozen, or running up to the trip.

``evaluate.judge`` calls it; the report's chapter on counters tells the result.
"""

from dataclasses import replace

import numpy as np

from models.evaluation.cases import EvaluationCase, known_to, listed
from models.evaluation.checks.bundle_lists import BundleLists
from models.evaluation.metrics import Grades, compare_lists, grade, relative_gain
from models.features.profile_replay import remember_trips

FROZEN = "frozen"


def judge_counting(bundle_lists: BundleLists, end_day: int) -> dict[str, object]:
    """The contest on each household's last trip of the window, where freezing has had time to matter.

    ``frozen``: counters as they stood before the household's first trip after the cut. Households
    that came once do not count. ``trips_since``: how many trips the frozen counters lack.
    """
    running: list[Grades] = []
    frozen: list[Grades] = []
    since: list[int] = []
    for case in bundle_lists.cases:
        last = _last_trip(bundle_lists, case, end_day)
        if last > case.trip:
            late = _later(bundle_lists, case, last)
            still = replace(late.view, profile=case.view.profile)
            running.append(grade(listed(bundle_lists.bundle, late.view)[0], late.truth))
            frozen.append(grade(listed(bundle_lists.bundle, still)[0], late.truth))
            since.append(last - case.trip)
    if not running:
        return {"trips": 0}
    return {
        **compare_lists(running, {FROZEN: frozen}),
        "trips_since": round(float(np.mean(since)), 3),
        "relative_recall_gain": relative_gain(
            [one.recall for one in running], [one.recall for one in frozen]
        ),
    }


def _last_trip(bundle_lists: BundleLists, case: EvaluationCase, end_day: int) -> int:
    """The household's last trip up to ``end_day`` with an item of the vocabulary."""
    trips, keys = bundle_lists.journey.trips, bundle_lists.journey.items.keys
    last = int(np.searchsorted(trips.household, case.household, side="right")) - 1
    while last > case.trip and (
        trips.day[last] > end_day
        or not len(known_to(bundle_lists.bundle, keys[trips.of(last)]))
    ):
        last -= 1
    return last


def _later(bundle_lists: BundleLists, case: EvaluationCase, last: int) -> EvaluationCase:
    """The household's trip ``last``, its counters carried on from ``case``; the store stays frozen."""
    trips, keys = bundle_lists.journey.trips, bundle_lists.journey.items.keys
    assert case.view.profile is not None  # noqa: S101  # cases are of known households
    profile = case.view.profile.copy()
    remember_trips(bundle_lists.journey, profile, range(case.trip, last))
    return replace(
        case,
        trip=last,
        view=replace(case.view, profile=profile, moment=trips.moment(last)),
        truth=known_to(bundle_lists.bundle, keys[trips.of(last)]),
        known=np.sort(profile.keys),
        trips=profile.trips,
    )
