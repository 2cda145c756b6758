"""Cold start: the same households, as if only their last k trips were known.

``evaluate.judge`` calls it; the report's chapter on newcomers tells the result.
"""

from dataclasses import replace

import numpy as np

from models.evaluation.cases import EvaluationCase, listed
from models.evaluation.checks.bundle_lists import (
    POPULAR,
    REFERENCE,
    BundleLists,
    OnPart,
    graded,
)
from models.evaluation.metrics import LENGTH, compare_lists
from models.features.profile import Profile
from models.features.profile_replay import remember_trips
from models.sources.journey import Journey

# Close together where each further trip tells most.
KNOWN_TRIPS = (0, 1, 2, 3, 5, 10, 20)
ALL = "all"


def judge_cold_start_household(bundle_lists: BundleLists, on_part: OnPart) -> dict[str, object]:
    """A contest a number of known trips, over households with at least the largest number."""
    found = [case for case in bundle_lists.cases if case.trips >= KNOWN_TRIPS[-1]]
    curve: dict[str, object] = {}
    for number, known in enumerate((*KNOWN_TRIPS, None) if found else ()):
        views = [
            replace(case.view, profile=latest(bundle_lists.journey, case, known))
            for case in found
        ]
        ours = graded([listed(bundle_lists.bundle, view)[0] for view in views], found)
        theirs = {
            name: graded(
                [bundle_lists.strategies[name].rank(view, LENGTH) for view in views], found
            )
            for name in (REFERENCE, POPULAR)
        }
        curve[ALL if known is None else str(known)] = compare_lists(ours, theirs)
        on_part(number / (len(KNOWN_TRIPS) + 1))
    return curve


def latest(journey: Journey, case: EvaluationCase, known: int | None) -> Profile | None:
    """The counters after the household's last ``known`` trips before the case; None = all of them."""
    if known is None:
        return case.view.profile
    first = int(np.searchsorted(journey.trips.household, case.household))
    profile = Profile.empty()
    remember_trips(journey, profile, range(max(case.trip - known, first), case.trip))
    return profile
