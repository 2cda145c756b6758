"""The fixed protocol: lists of ten for unseen trips, graded and paired against published methods.

``edge.cli.model_training`` calls ``evaluate``, and ``report.page`` makes files of it; ``training.train`` puts
``validation`` into the manifest.

The bundle and the stores' trends are frozen at the cut; a household's own counters run up to its
trip, as on the edge. Only items of the bundle's vocabulary are listed, and only they are truth.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from models.bundle.manifest import MANIFEST
from models.bundle.signature import OWN_WORK
from models.errors import TooLittleData
from models.evaluation.cases import EvaluationCase, cases, listed, untold
from models.evaluation.checks.baskets import judge_baskets
from models.evaluation.checks.breadth import judge_breadth
from models.evaluation.checks.bundle_lists import BundleLists, graded, list_for_cases
from models.evaluation.checks.calibration import judge_calibration
from models.evaluation.checks.cold_start_household import judge_cold_start_household
from models.evaluation.checks.cold_start_store import judge_cold_start_store
from models.evaluation.checks.counting import judge_counting
from models.evaluation.checks.explore import judge_explore
from models.evaluation.checks.overall import judge_by_history, judge_overall, judge_repeats
from models.evaluation.checks.product_types import judge_product_types
from models.evaluation.checks.speed import judge_speed
from models.evaluation.checks.window import DateRange, EvaluationWindow, window_of
from models.evaluation.metrics import LENGTH, averaged, paired_gain, reliability
from models.evaluation.offers import judge_test
from models.evaluation.predict import predict_targets, write_predictions
from models.evaluation.tune import read_tuned
from models.serving.open_bundle import Bundle, open_bundle
from models.sources.journey import LOCAL_OFFSET_S, Journey, read_journey
from models.strategies.p_topfreq import PTopFreq25
from models.strategies.published_registry import PublishedSettings

OnProgress = Callable[[str, float], None]
Report = dict[str, object]


def quiet(_stage: str, _part: float) -> None:
    """Nobody listens to the progress."""


def evaluate(  # noqa: PLR0913  # the options of one command
    source: str | Path,
    bundle: Path,
    weeks: tuple[int, int] | None = None,
    targets: Path | None = None,
    predictions: Path | None = None,
    *,
    span: DateRange | None = None,
    utc_offset_hours: float = LOCAL_OFFSET_S / 3600,
    latency: bool = False,
    tuned: Path | None = None,
    told: bool = True,
    on_progress: OnProgress = quiet,
) -> Report:
    """Judge ``bundle`` on unseen trips, or predict for ``targets``; a JSON-able report.

    ``weeks`` or ``span``: the window to judge on; without them the 28 days after the bundle's last.
    ``targets``: parquet with ``household_id, as_of``. ``predictions``: parquet to write, with
    ``household_id, as_of, rank, product_id, score``. ``utc_offset_hours``: see ``read_journey``.
    ``latency``: also measure how long a decision takes, here and now. ``tuned``: what ``models tune`` chose for
    the published methods on this source. ``told`` False: judge as if nobody told what is promoted, nor the trip's
    store. ``on_progress`` hears (stage, part done 0..1). Raises ``BundleRefused``,
    ``SourceUnreadable``, ``TooLittleData``, ``WindowRefused``.
    """
    on_progress("reading", 0.0)
    settings = None if tuned is None else read_tuned(tuned)
    opened = open_bundle(bundle, OWN_WORK)
    journey = read_journey(source, utc_offset_hours)
    if targets is not None:
        on_part = _part_of(on_progress, "predicting", 0.05, 1.0)
        return predict_targets(journey, opened, targets, predictions, on_part)
    window = window_of(journey, opened.manifest.trained_until, weeks, span)
    on_progress("replaying", 0.02)
    found = list(cases(journey, opened, window.cut_day, window.end_day))
    if not told:
        found = [untold(case) for case in found]
    bundle_lists = list_cases(journey, opened, found, window, on_progress, settings)
    report = {
        "source": Path(source).name,
        "left_out": dict(journey.left_out),
        "promotions_and_store_told": told,
        **window.told(journey),
        **judge(bundle_lists, window, on_progress),
    }
    tested = judge_test(source, journey, opened.items, window.end_day)
    if tested:
        report["offers"] = {**_told_by_training(opened).get("offers", {}), **tested}
    report["size"] = _size(bundle, opened)
    if latency:
        on_part = _part_of(on_progress, "timing", 0.95, 1.0)
        report["latency"] = judge_speed(bundle_lists, bundle, on_part)
    if predictions is not None:
        _write(predictions, bundle_lists)
    on_progress("done", 1.0)
    return report


def list_cases(
    journey: Journey,
    bundle: Bundle,
    found: list[EvaluationCase],
    window: EvaluationWindow,
    on_progress: OnProgress = quiet,
    settings: PublishedSettings | None = None,
) -> BundleLists:
    """Lists of the bundle and of every published method for the cases. Raises ``TooLittleData``."""
    if not found:
        raise TooLittleData(what="households to judge on", got=0, needed=1)
    on_part = _part_of(on_progress, "listing", 0.15, 0.5)
    return list_for_cases(journey, bundle, found, window.cut_day, on_part, settings)


def judge(
    bundle_lists: BundleLists, window: EvaluationWindow, on_progress: OnProgress = quiet
) -> Report:
    """Every judgement of the report."""
    bundle, found = bundle_lists.bundle, bundle_lists.cases
    on_progress("judging", 0.5)
    report: Report = {
        "bundle": bundle.label,
        "digest": bundle.digest,
        "items_in_vocabulary": len(bundle.items),
        "items_a_trip": round(float(np.mean([len(case.truth) for case in found])), 3),
        "repeat_share": round(
            float(np.mean([np.isin(case.truth, case.known).mean() for case in found])), 4
        ),
        **judge_overall(bundle_lists),
        "by_earlier_trips": judge_by_history(bundle_lists),
        "repeats": judge_repeats(bundle_lists),
        "breadth": judge_breadth(bundle_lists),
        "calibration": judge_calibration(bundle_lists),
        "types": judge_product_types(bundle_lists),
    }
    on_progress("judging novelties", 0.6)
    report["explore_only"] = judge_explore(bundle_lists)
    on_progress("judging baskets", 0.65)
    report["half_the_basket_shown"] = judge_baskets(bundle_lists)
    on_progress("judging strangers", 0.75)
    report["anonymous"] = judge_cold_start_store(bundle_lists)
    on_progress("judging counters", 0.78)
    report["online_counters"] = judge_counting(bundle_lists, window.end_day)
    on_part = _part_of(on_progress, "judging newcomers", 0.8, 0.95)
    report["cold_start"] = judge_cold_start_household(bundle_lists, on_part)
    return {**report, **_told_by_training(bundle)}


def validation(
    journey: Journey, bundle: Bundle, cut_day: int, end_day: int
) -> dict[str, float]:
    """The headline figures on the first trips after ``cut_day``; empty without any."""
    found = list(cases(journey, bundle, cut_day, end_day))
    if not found:
        return {}
    lists = [listed(bundle, case.view) for case in found]
    rival = PTopFreq25(tables=bundle.tables)
    ours = graded([keys for keys, _ in lists], found)
    theirs = graded([rival.rank(case.view, LENGTH) for case in found], found)
    gain = paired_gain([one.ndcg for one in ours], [one.ndcg for one in theirs])
    promised = reliability(
        np.concatenate([chances for _, chances in lists]),
        np.concatenate([np.isin(lists[row][0], case.truth) for row, case in enumerate(found)]),
    )
    return {
        "trips": len(found),
        **averaged(ours),
        "p_topfreq_25_ndcg_at_10": averaged(theirs)["ndcg_at_10"],
        "gain_in_ndcg_at_10": gain["mean"],
        "gain_low_95": gain["low"],
        "gain_high_95": gain["high"],
        "calibration_error": promised.error,
    }


def _size(folder: Path, bundle: Bundle) -> Report:
    """Bytes of each file of the bundle."""
    files = {one.name: one.size for one in bundle.manifest.files}
    files[MANIFEST] = (folder / MANIFEST).stat().st_size
    return {"files": files, "total_bytes": sum(files.values())}


def _told_by_training(bundle: Bundle) -> dict[str, dict[str, float]]:
    """What only the training knows: its time and memory, and the chances of redemption."""
    told = {"training": "training_", "offers": "offers_"}
    return {
        name: own
        for name, prefix in told.items()
        if (own := {k: v for k, v in bundle.manifest.metrics.items() if k.startswith(prefix)})
    }


def _write(predictions: Path, bundle_lists: BundleLists) -> None:
    stamps = np.array([case.as_of for case in bundle_lists.cases], "datetime64[s]")
    households = np.array([case.household for case in bundle_lists.cases], np.int64)
    tens = [(keys[:LENGTH], chances[:LENGTH]) for keys, chances in bundle_lists.lists]
    write_predictions(predictions, bundle_lists.journey, (households, stamps), tens)


def _part_of(
    on_progress: OnProgress, stage: str, first: float, last: float
) -> Callable[[float], None]:
    return lambda part: on_progress(stage, first + (last - first) * part)
