"""May this bundle come into use here? Decided by what its lists are worth, whatever its manifest says of it.

``edge.app.model_gate`` asks before every activation. Where the store has sold enough, real trips of its
last days decide; where it has not, made-up shoppers of the bundle's own assortment.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from models.evaluation.gate import Comparison, RankerFigures, compare, compare_on
from models.evaluation.local_rival import local_rival
from models.evaluation.metrics import Figure
from models.evaluation.probe import PROBE_DAY, probe_trips
from models.serving.fallback import FrequentFallback
from models.serving.open_bundle import Bundle
from models.serving.ranker import Ranker
from models.sources.journey import Journey

# Two weeks hold every weekday twice; of fewer trips no interval says anything.
DAYS = 14
TRIPS_MIN = 50

# Chances that promise thrice or a third of what is bought are no chances: worth and thresholds hang on them.
PROMISED_MAX = 3.0
# Made-up shoppers buy by habit alone, which plain counting knows best; a sound ranker comes close to it.
_OF_COUNTING_MIN = 0.9

CANDIDATE, IN_USE = "candidate", "in use"

_EPOCH = date(1970, 1, 1)


class QualityFault(StrEnum):
    """Why a bundle may not come into use."""

    NOISE = "noise"
    WORSE = "worse"
    CALIBRATION = "calibration"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationJudgement:
    """What a bundle's lists were worth beside those of what is in use; ``fault`` None = it may be activated.

    ``judged_by``: ``sales``, real trips of the store's last days, or ``probe``, made-up shoppers.
    ``beside``: label of what it was compared with. ``has_seen``: it learnt from some of these days, so
    it was judged kindly.
    """

    judged_by: str
    beside: str
    has_seen: bool
    comparison: Comparison
    fault: QualityFault | None

    @property
    def candidate(self) -> RankerFigures:
        """The bundle's figures."""
        return self.comparison.rankers[CANDIDATE]

    def told(self) -> dict[str, object]:
        """All of it, for JSON."""
        return {
            "judged_by": self.judged_by,
            "beside": self.beside,
            "has_seen": self.has_seen,
            "fault": self.fault,
            **self.comparison.told(),
        }


def judge_activation(
    candidate: Bundle, in_use: Bundle | None, sales: Journey | None
) -> ActivationJudgement:
    """Judge ``candidate`` beside what answers now, on the store's own ``sales``; None = it has none.

    ``in_use``: the bundle that answers, None = the fallback does.
    """
    window = None if sales is None else _window(sales, candidate, in_use)
    if sales is None or window is None:
        return _by_probe(candidate)
    first, last = window
    # Who has learnt from these days knows what was bought: no fair rival for one that has not.
    unfair = in_use is not None and _learnt(in_use, first) and not _learnt(candidate, first)
    beside: Ranker = local_rival(sales, first - 1) if in_use is None or unfair else in_use
    found = compare(sales, {IN_USE: beside, CANDIDATE: candidate}, first, last)
    figures = found.rankers[CANDIDATE]
    return ActivationJudgement(
        judged_by="sales",
        beside=beside.label,
        has_seen=_learnt(candidate, first),
        comparison=found,
        fault=_fault(figures, worse=figures.gain["high"] < 0),
    )


def _by_probe(candidate: Bundle) -> ActivationJudgement:
    counting = FrequentFallback()
    rankers: dict[str, Ranker] = {IN_USE: counting, CANDIDATE: candidate}
    found = compare_on(probe_trips(candidate.tables), rankers, PROBE_DAY, PROBE_DAY)
    figures, plain = found.rankers[CANDIDATE], found.rankers[IN_USE]
    return ActivationJudgement(
        judged_by="probe",
        beside=counting.label,
        has_seen=False,
        comparison=found,
        fault=_fault(
            figures, worse=figures.ndcg["mean"] < _OF_COUNTING_MIN * plain.ndcg["mean"]
        ),
    )


def _fault(figures: RankerFigures, *, worse: bool) -> QualityFault | None:
    if figures.over_noise["low"] <= 0:
        return QualityFault.NOISE
    if worse:
        return QualityFault.WORSE
    if _is_off(figures.promised_all) or _is_off(figures.promised_listed):
        return QualityFault.CALIBRATION
    return None


def _is_off(promised: Figure) -> bool:
    """Whether chances promise, for certain, far more or far less than was bought."""
    return promised["high"] < 1 / PROMISED_MAX or promised["low"] > PROMISED_MAX


def _window(sales: Journey, candidate: Bundle, in_use: Bundle | None) -> tuple[int, int] | None:
    """First and last day to judge on, days that nobody has learnt from if they suffice; None = too few trips."""
    last = int(sales.trips.day.max())
    known = [candidate] if in_use is None else [candidate, in_use]
    unseen = max(map(_learnt_until, known)) + 1
    for first in (max(unseen, last - DAYS + 1), last - DAYS + 1):
        if np.count_nonzero(sales.trips.day >= first) >= TRIPS_MIN:
            return first, last
    return None


def _learnt(bundle: Bundle, first_day: int) -> bool:
    return _learnt_until(bundle) >= first_day


def _learnt_until(bundle: Bundle) -> int:
    """The last local day that its tables count."""
    return (bundle.manifest.trained_until - _EPOCH).days
