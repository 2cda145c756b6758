"""The fixed protocol: lists of ten for unseen trips, graded and paired against baselines.

The bundle and the stores' trends are frozen at the cut; a household's own counters run up to its
trip, as on the edge. Only items of the bundle's vocabulary are listed, and only they are truth.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.baselines import filled, p_topfreq, p_topfreq_25
from models.bundle import Bundle, open_bundle
from models.cases import Case, cases, listed
from models.counters import Profile
from models.errors import TooLittleData
from models.items import Keys
from models.journey import Journey, read_journey
from models.metrics import LENGTH, Grades, averaged, grade, paired_gain, reliability
from models.predict import predict_targets, write_predictions
from models.tables import Floats
from models.view import View

_HISTORY = ((4, 9), (10, 24), (25, 49), (50, 10_000))
_REFERENCE = "p-topfreq-25"
_SEED = 45

Listed = tuple[Keys, Floats]


def evaluate(
    source: str | Path,
    bundle: Path,
    weeks: tuple[int, int] = (45, 48),
    targets: Path | None = None,
    predictions: Path | None = None,
) -> dict[str, object]:
    """Judge ``bundle`` on the file's ``weeks``, or predict for ``targets``; a JSON-able report.

    ``targets``: parquet with ``household_id, as_of``. ``predictions``: parquet to write, with
    ``household_id, as_of, rank, product_id, score``. Raises ``BundleRefused``,
    ``SourceUnreadable``, ``TooLittleData``.
    """
    opened, journey = open_bundle(bundle), read_journey(source)
    if targets is not None:
        return predict_targets(journey, opened, targets, predictions)
    cut, end = (journey.last_day_of_week(week) for week in (weeks[0] - 1, weeks[1]))
    found = list(cases(journey, opened, cut, end))
    lists = [listed(opened, case.view) for case in found]
    report = judge(opened, found, lists)
    if predictions is not None:
        stamps = np.array([case.as_of for case in found], "datetime64[s]")
        households = np.array([case.household for case in found], np.int64)
        tens = [(keys[:LENGTH], chances[:LENGTH]) for keys, chances in lists]
        write_predictions(predictions, households, stamps, tens)
    return {"weeks": list(weeks), **report}


def validation(
    journey: Journey, bundle: Bundle, cut_day: int, end_day: int
) -> dict[str, float]:
    """The headline figures on the first trips after ``cut_day``; empty without any."""
    found = list(cases(journey, bundle, cut_day, end_day))
    if not found:
        return {}
    lists = [listed(bundle, case.view) for case in found]
    ours = [grade(keys, case.truth) for (keys, _), case in zip(lists, found, strict=True)]
    reference = _rivals(bundle, found)[_REFERENCE]
    gain = _gain(ours, reference)
    return {
        "trips": len(found),
        **averaged(ours),
        "p_topfreq_25_ndcg_at_10": averaged(reference)["ndcg_at_10"],
        "gain_in_ndcg_at_10": gain["mean"],
        "gain_low_95": gain["low"],
        "gain_high_95": gain["high"],
        "calibration_error": _calibration(found, lists)["error"],
    }


def judge(bundle: Bundle, found: list[Case], lists: list[Listed]) -> dict[str, object]:
    """Grade one list a case; ``lists`` hold every candidate, likeliest first."""
    if not found:
        raise TooLittleData(what="households to judge on", got=0, needed=1)
    ours = [grade(keys, case.truth) for (keys, _), case in zip(lists, found, strict=True)]
    theirs = _rivals(bundle, found)
    return {
        "bundle": bundle.label,
        "digest": bundle.digest,
        "trips": len(found),
        "items_in_vocabulary": len(bundle.items),
        "items_a_trip": _mean([float(len(case.truth)) for case in found]),
        "repeat_share": _mean(
            [float(np.isin(case.truth, case.known).mean()) for case in found]
        ),
        "ranker": averaged(ours),
        "baselines": {name: averaged(grades) for name, grades in theirs.items()},
        "gain_in_ndcg": {name: _gain(ours, grades) for name, grades in theirs.items()},
        "by_earlier_trips": _by_history(found, ours, theirs[_REFERENCE]),
        "explore_only": _explore(bundle, found, lists),
        "types": _types(bundle, found, lists),
        "half_the_basket_shown": _half_shown(bundle, found),
        "anonymous": _anonymous(bundle, found),
        "coverage": _coverage(bundle, lists),
        "calibration": _calibration(found, lists),
    }


def _rivals(bundle: Bundle, found: list[Case]) -> dict[str, list[Grades]]:
    popular = bundle.items.keys[np.argsort(-bundle.prior.day, kind="stable")]

    def own(case: Case, method: Callable[[Profile, int], Keys]) -> Keys:
        assert case.view.profile is not None  # noqa: S101  # cases are of known households
        keys = method(case.view.profile, len(case.view.profile))
        return keys[bundle.items.positions(keys) >= 0][:LENGTH]

    methods: dict[str, Callable[[Case], Keys]] = {
        "g-topfreq": lambda _: popular[:LENGTH],
        "p-topfreq": lambda case: own(case, p_topfreq),
        _REFERENCE: lambda case: own(case, p_topfreq_25),
        "gp-topfreq-25": lambda case: filled(own(case, p_topfreq_25), popular, LENGTH),
    }
    return {
        name: [grade(method(case), case.truth) for case in found]
        for name, method in methods.items()
    }


def _gain(ours: list[Grades], theirs: list[Grades]) -> dict[str, float]:
    return paired_gain([one.ndcg for one in ours], [one.ndcg for one in theirs])


def _by_history(
    found: list[Case], ours: list[Grades], reference: list[Grades]
) -> dict[str, dict[str, float]]:
    buckets: dict[str, dict[str, float]] = {}
    for least, most in _HISTORY:
        rows = [row for row, case in enumerate(found) if least <= case.trips <= most]
        if rows:
            buckets[f"{least}-{most}" if most < _HISTORY[-1][1] else f"{least}+"] = {
                "trips": len(rows),
                "ndcg_at_10": _mean([ours[row].ndcg for row in rows]),
                "reference_ndcg_at_10": _mean([reference[row].ndcg for row in rows]),
            }
    return buckets


def _explore(bundle: Bundle, found: list[Case], lists: list[Listed]) -> dict[str, float]:
    """Lists of items the household never bought, against the new items of the trip."""
    popular = bundle.items.keys[np.argsort(-bundle.prior.day, kind="stable")]
    ours: list[Grades] = []
    theirs: list[Grades] = []
    for case, (keys, _) in zip(found, lists, strict=True):
        truth = np.setdiff1d(case.truth, case.known)
        if len(truth):
            ours.append(grade(keys[~np.isin(keys, case.known)], truth))
            theirs.append(grade(popular[~np.isin(popular, case.known)], truth))
    return {
        "trips": len(ours),
        **averaged(ours),
        "popular_recall_at_10": _mean([one.recall for one in theirs]),
    }


def _types(bundle: Bundle, found: list[Case], lists: list[Listed]) -> dict[str, float]:
    """The same lists read as product types: each type at its best item's place."""
    items = bundle.items
    grades: list[Grades] = []
    for case, (keys, chances) in zip(found, lists, strict=True):
        kinds = items.type[items.positions(keys)].astype(np.int64)
        missed = np.zeros(len(items.type_names))
        np.add.at(missed, kinds, np.log1p(-np.minimum(chances, 0.999)))
        best = np.argsort(missed, kind="stable")[:LENGTH]
        truth = np.unique(items.type[items.positions(case.truth)]).astype(np.int64)
        grades.append(grade(best, truth))
    return averaged(grades)


def _half_shown(bundle: Bundle, found: list[Case]) -> dict[str, dict[str, float]]:
    """Half of each basket shown, the other half to be foreseen, with and without the profile."""
    grades: dict[str, list[Grades]] = {"identified": [], "anonymous": []}
    draw = np.random.default_rng(_SEED)
    for case in found:
        mixed = draw.permutation(case.truth)
        half = len(mixed) // 2
        if not half:
            continue
        for name, profile in (("identified", case.view.profile), ("anonymous", None)):
            view = View(
                profile=profile,
                trend=case.view.trend,
                moment=case.view.moment,
                basket=np.sort(mixed[:half]),
            )
            grades[name].append(grade(listed(bundle, view)[0], mixed[half:]))
    return {name: averaged(one) for name, one in grades.items()}


def _anonymous(bundle: Bundle, found: list[Case]) -> dict[str, float]:
    """Nothing known but the store and the hour."""
    views = [
        View(profile=None, trend=case.view.trend, moment=case.view.moment) for case in found
    ]
    return averaged(
        [
            grade(listed(bundle, view)[0], case.truth)
            for view, case in zip(views, found, strict=True)
        ]
    )


def _coverage(bundle: Bundle, lists: list[Listed]) -> float:
    shown = np.unique(np.concatenate([keys[:LENGTH] for keys, _ in lists]))
    return round(len(shown) / len(bundle.items), 4)


def _calibration(found: list[Case], lists: list[Listed]) -> dict[str, float]:
    bought = [np.isin(keys, case.truth) for (keys, _), case in zip(lists, found, strict=True)]
    return reliability(
        np.concatenate([chances for _, chances in lists]), np.concatenate(bought)
    )


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 5) if values else 0.0
