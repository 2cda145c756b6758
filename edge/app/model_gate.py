"""Asks of a bundle, before it comes into use in a store, whether it is good enough there.

``storeside models activate`` hands it to the registry, which shows it the very bytes that it would keep;
``models.evaluation.activation`` judges.
"""

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
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

_MEND = "train or fetch a better one"
_FOREIGN_MEND = "storeside models learn makes one of this store's own sales"
_MEANS = {
    QualityFault.NOISE: "its order is no better than chance",
    QualityFault.WORSE: "its lists are worse than those of what is in use",
    QualityFault.CALIBRATION: "its chances are far from what is bought",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldHere:
    """What a store sells: ``goods``, its product numbers; ``least_known`` (0..1): what of them a bundle must know."""

    goods: Collection[int]
    least_known: float

    def known(self, bundle: Bundle) -> float | None:
        """The part of the goods that ``bundle`` knows, 0..1; None where nothing is listed yet."""
        return known_share(bundle, self.goods)

    def is_foreign(self, bundle: Bundle) -> bool:
        """Whether it knows so little of the goods that the store's own counts answer for it."""
        known = self.known(bundle)
        return known is not None and known < self.least_known


class ModelGate:
    """For one activation. ``judgement`` and ``known``, the part of the goods, are there once a bundle was shown."""

    def __init__(
        self,
        in_use: Callable[[], Bundle | None],
        sales: Callable[[], Journey | None],
        sold: SoldHere,
        overrule: Callable[[Bundle, QualityFault], None] | None = None,
    ) -> None:
        """``in_use`` opens the bundle that answers, ``sales`` reads the store's own; None where there are none.

        ``overrule`` writes down that a bundle comes into use in spite of a fault; without it such a one does not.
        """
        self._in_use = in_use
        self._sales = sales
        self._sold = sold
        self._overrule = overrule
        self.judgement: ActivationJudgement | None = None
        self.known: float | None = None

    def __call__(self, bundle: Bundle) -> None:
        """Judge the bundle. Raises ``ActivationRefused``."""
        self.known = self._sold.known(bundle)
        if self._sold.is_foreign(bundle):
            self._against(bundle, QualityFault.FOREIGN, self._foreign(), _FOREIGN_MEND)
        self.judgement = judge_activation(bundle, self._in_use(), self._sales())
        fault = self.judgement.fault
        if fault is not None:
            self._against(bundle, fault, f"{_MEANS[fault]}; {worded(self.judgement)}", _MEND)

    def _foreign(self) -> str:
        return (
            f"it knows {self.known:.1%} of what is sold here, and below {self._sold.least_known:.0%} "
            "(model.least_known_pct) the store's own counts answer for it"
        )

    def _against(self, bundle: Bundle, fault: QualityFault, says: str, mend: str) -> None:
        if self._overrule is None:
            raise ActivationRefused(fault=fault, says=says, mend=mend)
        # Before it is in use: whatever happens in between, nothing is without its line.
        self._overrule(bundle, fault)


def sold_here(database: Path, least_known: float) -> SoldHere:
    """What is listed; nothing where there is no database yet."""
    goods: Collection[int] = ()
    if database.is_file():
        with closing(open_connection(database)) as conn:
            goods = products.skus(conn)
    return SoldHere(goods=goods, least_known=least_known)


def answering(bundles: BundleRegistry, sold: SoldHere) -> Bundle | None:
    """The active bundle; None where none can be used, or it knows too little of what is sold."""
    try:
        # Opened again without the deadline of a decision: a busy machine must not decide which is better.
        bundle = bundles.open(bundles.open_active().digest)
    except (NoSuchBundle, BundleRefused):
        return None
    return None if sold.is_foreign(bundle) else bundle


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
