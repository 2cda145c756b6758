"""Asks of a bundle, before it comes into use in a store, whether it is good enough there.

``storeside models activate`` hands it to the registry, which shows it the very bytes that it would keep;
``models.evaluation.activation`` judges.
"""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from edge.app.till_sales import journey_of_days, till_sales
from edge.storage.catalogue import products
from edge.storage.connection import open_connection, open_reader
from models.errors import ActivationRefused, BundleRefused, NoSuchBundle
from models.evaluation.activation import (
    CANDIDATE,
    IN_USE,
    ActivationJudgement,
    QualityFault,
    judge_activation,
)
from models.evaluation.metrics import Figure
from models.serving.coverage import known_share
from models.serving.open_bundle import Bundle
from models.serving.registry import BundleRegistry
from models.sources.journey import Journey
from models.sources.odd_days import odd_days

_MEANS = {
    QualityFault.NOISE: "its order is no better than chance",
    QualityFault.WORSE: "its lists are worse than those of what is in use",
    QualityFault.CALIBRATION: "its chances are far from what is bought",
}


class ModelGate:
    """For one activation. ``judgement`` is there once a bundle was shown."""

    def __init__(
        self,
        in_use: Callable[[], Bundle | None],
        sales: Callable[[], Journey | None],
        overrule: Callable[[Bundle, QualityFault], None] | None = None,
    ) -> None:
        """``in_use`` opens the bundle that answers, ``sales`` reads the store's own; None where there are none.

        ``overrule`` writes down that a bundle comes into use in spite of a fault; without it such a one does not.
        """
        self._in_use = in_use
        self._sales = sales
        self._overrule = overrule
        self.judgement: ActivationJudgement | None = None

    def __call__(self, bundle: Bundle) -> None:
        """Judge the bundle. Raises ``ActivationRefused``."""
        self.judgement = judge_activation(bundle, self._in_use(), self._sales())
        fault = self.judgement.fault
        if fault is None:
            return
        if self._overrule is None:
            raise ActivationRefused(
                fault=fault, says=f"{_MEANS[fault]}; {worded(self.judgement)}"
            )
        # Before it is in use: whatever happens in between, nothing is without its line.
        self._overrule(bundle, fault)


def answering(bundles: BundleRegistry, database: Path, least_known: float) -> Bundle | None:
    """The active bundle; None where none can be used, or it knows less of the goods than ``least_known`` (0..1)."""
    try:
        # Opened again without the deadline of a decision: a busy machine must not decide which is better.
        bundle = bundles.open(bundles.open_active().digest)
    except (NoSuchBundle, BundleRefused):
        return None
    if not database.is_file():
        return bundle
    with closing(open_connection(database)) as conn:
        known = known_share(bundle, products.skus(conn))
    return None if known is not None and known < least_known else bundle


def own_sales(database: Path, now: datetime) -> Journey | None:
    """What the store sold, without the odd days that its nights leave out; None where it has sold nothing."""
    if not database.is_file():
        return None
    with closing(open_reader(database)) as conn:
        sales = till_sales(conn, now)
    return journey_of_days(sales, odd_days(sales.lines))


def worded(judgement: ActivationJudgement) -> str:
    """The figures of a judgement, in one line."""
    found = judgement.comparison
    ours, theirs = found.rankers[CANDIDATE], found.rankers[IN_USE]
    where = (
        f"on {found.trips} trips of this store's last days ({found.known} of known people, "
        f"{found.half_shown} half-shown baskets, {found.store_hour} by store and hour)"
        if judgement.judged_by == "sales"
        else f"on {found.trips} made-up shoppers, for this store has sold too little to judge by"
    )
    kindly = ", some of which it has learnt from" if judgement.has_seen else ""
    return (
        f"{where}{kindly}: NDCG@10 {ours.ndcg['mean']:.3f}, {judgement.beside} "
        f"{theirs.ndcg['mean']:.3f}, difference {_interval(ours.gain)}; "
        f"above random order {_interval(ours.over_noise)}; purchases promised for one made: "
        f"{_ratio(ours.promised_listed)} listed, {_ratio(ours.promised_all)} of all candidates; "
        f"calibration error {ours.calibration_error:.3f}"
    )


def _interval(figure: Figure) -> str:
    return f"{figure['mean']:+.3f} [{figure['low']:+.3f}, {figure['high']:+.3f}]"


def _ratio(figure: Figure) -> str:
    return f"{figure['mean']:.2f}" if figure else "none bought"
