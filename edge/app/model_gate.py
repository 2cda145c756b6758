"""Asks of a bundle, before it comes into use in a store, whether it is good enough there.

``storeside models activate`` hands it to the registry, which shows it the very bytes that it would keep;
``models.evaluation.activation`` judges.
"""

from collections.abc import Callable

from models.errors import ActivationRefused, BundleRefused, NoSuchBundle
from models.evaluation.activation import (
    CANDIDATE,
    IN_USE,
    ActivationJudgement,
    QualityFault,
    judge_activation,
)
from models.evaluation.metrics import Figure
from models.serving.fallback import FrequentFallback
from models.serving.open_bundle import Bundle
from models.serving.ranker import Ranker
from models.serving.registry import BundleRegistry
from models.sources.journey import Journey

_MEANS = {
    QualityFault.NOISE: "its order is no better than chance",
    QualityFault.WORSE: "its lists are worse than those of what is in use",
    QualityFault.CALIBRATION: "its chances are far from what is bought",
}


class ModelGate:
    """For one activation. ``judgement`` is there once a bundle was shown."""

    def __init__(
        self,
        bundles: BundleRegistry,
        sales: Callable[[], Journey | None],
        overrule: Callable[[Bundle, QualityFault], None] | None = None,
    ) -> None:
        """``sales`` reads the store's own, None where there are none.

        ``overrule`` writes down that a bundle comes into use in spite of a fault; without it such a one does not.
        """
        self._bundles = bundles
        self._sales = sales
        self._overrule = overrule
        self.judgement: ActivationJudgement | None = None

    def __call__(self, bundle: Bundle) -> None:
        """Judge the bundle. Raises ``ActivationRefused``."""
        self.judgement = judge_activation(bundle, answering(self._bundles), self._sales())
        fault = self.judgement.fault
        if fault is None:
            return
        if self._overrule is None:
            raise ActivationRefused(
                fault=fault, says=f"{_MEANS[fault]}; {worded(self.judgement)}"
            )
        # Before it is in use: whatever happens in between, nothing is without its line.
        self._overrule(bundle, fault)


def answering(bundles: BundleRegistry) -> Ranker:
    """What answers in the store now: the active bundle, or the fallback where none can be used."""
    try:
        # Opened again without the deadline of a decision: a busy machine must not decide which is better.
        return bundles.open(bundles.open_active().digest)
    except (NoSuchBundle, BundleRefused):
        return FrequentFallback()


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
        f"{_ratio(ours.promised_listed)} listed, {_ratio(ours.promised_all)} of all candidates"
    )


def _interval(figure: Figure) -> str:
    return f"{figure['mean']:+.3f} [{figure['low']:+.3f}, {figure['high']:+.3f}]"


def _ratio(figure: Figure) -> str:
    return f"{figure['mean']:.2f}" if figure else "none bought"
