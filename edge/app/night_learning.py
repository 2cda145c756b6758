"""The night: the store's own bundle is made of what its till sold, judged on the last days, and used if it holds.

`edge.cli.model_learning` calls it, and so does the timer; it runs beside the service, in a process of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.app.till_sales import TillSales, journey_of_days
from models.bundle.signature import OWN_WORK, key_id, sign, signer_named
from models.evaluation.gate import Comparison, compare
from models.evaluation.local_rival import local_rival
from models.serving.open_bundle import Bundle, open_bundle
from models.serving.ranker import Ranker
from models.serving.registry import BundleRegistry
from models.sources.journey import Journey
from models.sources.odd_days import odd_days
from models.sources.own_sales import OwnJourney
from models.training.store_bundle import store_bundle
from models.training.train import EPOCH

# With fewer the tables say less than the fallback knows from the very sales.
BASKETS_MIN = 50
# The last quarter of the days that are kept, a week at most, judges what was counted before.
_JUDGED_PART, _JUDGED_MAX = 4, 7
# Not worse: on average no more than a hundredth below, and not below by the whole interval.
_TOLERANCE = 0.01
# One that never changes lets the same sales give the same bundle.
_SEED = 7

OWN, ACTIVE, CENTRE, PLAIN = "own", "active", "centre", "fallback"

OnStage = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NightOutcome:
    """What came of a night.

    ``verdict``: ``activated``, ``kept-back``, ``centre``, ``too-little`` or ``would-activate``.
    ``left_out``: days that were not learnt from, and why. ``beaten_by``: the rivals than which the store's own bundle
    was worse. ``trial``: what was judged: tables up to the days before; ``fresh``: tonight's tables beside the active
    bundle's of an earlier night, on days that both know. ``removed``: bundles that nothing names any more.
    """

    verdict: str
    baskets: int
    personal: int
    items: int = 0
    label: str = ""
    digest: str = ""
    left_out: Mapping[int, str] = field(default_factory=dict[int, str])
    beaten_by: tuple[str, ...] = ()
    trial: Comparison | None = None
    fresh: Comparison | None = None
    removed: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_mb: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPlan:
    """Where the night works. ``starter``: the bundle whose network ranks; ``name``: of the bundle that is made.

    ``key``: the store's own, with which it signs; ``named``: digests of bundles that stored decisions name.
    """

    shelf: BundleRegistry
    starter: Path
    name: str
    key: Ed25519PrivateKey
    named: frozenset[str] = frozenset()
    dry_run: bool = False


def learn_tonight(sales: TillSales, plan: NightPlan, on_stage: OnStage) -> NightOutcome:
    """Make, judge and, if it is not worse, activate. Raises ``BundleRefused`` where the starter is none."""
    began = time.monotonic()
    on_stage("looking", 0.05)
    left_out = odd_days(sales.lines)
    outcome = _learnt(journey_of_days(sales, left_out), plan, on_stage)
    removed = () if plan.dry_run else plan.shelf.sweep(_kept(plan))
    return replace(
        outcome,
        left_out=left_out,
        removed=removed,
        seconds=round(time.monotonic() - began, 1),
        # In KiB on Linux.
        peak_mb=getrusage(RUSAGE_SELF).ru_maxrss // 1024,
    )


def _kept(plan: NightPlan) -> frozenset[str]:
    """Besides what decisions name the latest bundle of another's hand: it may win again tomorrow."""
    others = _others_latest(plan)
    return plan.named if others is None else plan.named | {others.name}


def _others_latest(plan: NightPlan) -> Path | None:
    """The latest sound bundle on the shelf that the store's own key did not sign, if it is not in use."""
    own, active = key_id(plan.key.public_key()), plan.shelf.active()
    found = (f for f in plan.shelf.usable() if f != active and signer_named(f) != own)
    return next(found, None)


def _learnt(journey: OwnJourney | None, plan: NightPlan, on_stage: OnStage) -> NightOutcome:
    outcome = NightOutcome(verdict="too-little", baskets=0, personal=0)
    if journey is None:
        return outcome
    lines = journey.lines
    outcome = replace(
        outcome,
        baskets=len(np.unique(lines.basket)),
        personal=len(np.unique(lines.basket[lines.household >= 0])),
    )
    days = np.unique(lines.day)
    if outcome.baskets < BASKETS_MIN or len(days) < 2:  # noqa: PLR2004 - one to count, one to judge
        return outcome
    judged = days[-max(1, min(_JUDGED_MAX, len(days) // _JUDGED_PART)) :]
    with TemporaryDirectory(prefix="storeside-night-") as folder:
        night = _Night(
            journey=journey,
            plan=plan,
            window=(int(judged[0]), int(judged[-1])),
            folder=Path(folder),
        )
        return night.run(replace(outcome, items=len(journey.items)), on_stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Night:
    journey: Journey
    plan: NightPlan
    window: tuple[int, int]
    folder: Path

    def run(self, outcome: NightOutcome, on_stage: OnStage) -> NightOutcome:
        on_stage("counting", 0.15)
        trial = open_bundle(self._made("trial", self.window[0] - 1), OWN_WORK)
        final = self._made("tonight", self.journey.last_day)
        on_stage("judging", 0.4)
        rivals = self._rivals()
        # An earlier night of the store's own has seen the very days that are to judge: tonight's tables meet it apart.
        apart: dict[str, Ranker] = {
            PLAIN: local_rival(self.journey, self.window[0] - 1),
            **{n: r for n, r in rivals.items() if not self._knows(r)},
        }
        tried = compare(self.journey, {OWN: trial, **apart}, *self.window)
        beaten = [name for name in apart if _is_worse(tried, OWN, name)]
        fresh = None
        active = rivals.get(ACTIVE)
        if active is not None and self._knows(active):
            on_stage("judging", 0.7)
            both = {OWN: open_bundle(final, OWN_WORK), ACTIVE: active}
            fresh = compare(self.journey, both, *self.window)
            beaten += [ACTIVE] if _is_worse(fresh, OWN, ACTIVE) else []
        outcome = replace(outcome, trial=tried, fresh=fresh, beaten_by=tuple(beaten))
        on_stage("deciding", 0.95)
        return self._decided(outcome, final)

    def _decided(self, outcome: NightOutcome, final: Path) -> NightOutcome:
        shelf, dry = self.plan.shelf, self.plan.dry_run
        sign(final, self.plan.key)
        manifest = shelf.verify(final)
        outcome = replace(outcome, label=manifest.label)
        centre = _others_latest(self.plan)
        if not outcome.beaten_by:
            if dry:
                return replace(outcome, verdict="would-activate")
            put = shelf.activate(final, older=True)
            return replace(outcome, verdict="activated", digest=put.name)
        if centre is not None and _leads(outcome, CENTRE):
            digest = centre.name if dry else shelf.activate(centre, older=True).name
            return replace(outcome, verdict="centre", digest=digest)
        return replace(outcome, verdict="kept-back")

    def _made(self, part: str, until_day: int) -> Path:
        out = self.folder / part
        store_bundle(
            self.journey,
            self.plan.starter,
            out,
            until_day,
            name=self.plan.name,
            seed=_SEED,
            trust=self.plan.shelf.trust,
        )
        return out

    def _rivals(self) -> dict[str, Bundle]:
        """What answers now, and the latest bundle of another's hand, if it is not the same."""
        found = dict[str, Bundle]()
        active = self.plan.shelf.active()
        # Without one, or with a broken one, the fallback answers, which is judged in any case.
        if active is not None and active in self.plan.shelf.usable():
            # Without a deadline: nobody waits for this answer.
            found[ACTIVE] = self.plan.shelf.open(active.name)
        centre = _others_latest(self.plan)
        if centre is not None:
            found[CENTRE] = open_bundle(centre, self.plan.shelf.trust)
        return found

    def _knows(self, ranker: Bundle) -> bool:
        """Whether it has counted days that are to judge."""
        own = key_id(self.plan.key.public_key())
        signed = signer_named(self.plan.shelf.by_digest(ranker.digest)) == own
        until = (ranker.manifest.trained_until - EPOCH).days
        return signed and until >= self.window[0]


def _leads(outcome: NightOutcome, name: str) -> bool:
    """Whether a rival beat the store's own and nothing else is better than it."""
    judged = outcome.trial
    if judged is None or name not in outcome.beaten_by:
        return False
    best = max(judged.rankers, key=lambda one: judged.rankers[one].ndcg["mean"])
    return best == name


def _is_worse(judged: Comparison, one: str, other: str) -> bool:
    """Whether ``one``, the first, lists worse than ``other``: a hundredth below, or below by the whole interval."""
    if one not in judged.rankers:
        # Nothing was judged, so nothing speaks for it.
        return True
    own, rival = judged.rankers[one], judged.rankers[other]
    return own.ndcg["mean"] < rival.ndcg["mean"] * (1 - _TOLERANCE) or rival.gain["low"] > 0
