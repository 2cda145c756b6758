"""Counts and delays since the start, under names from closed sets only.

Every part of the pipeline counts here; the console's overview, the metrics and the demo's summary read it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.domain.complement import ComplementOutcome, MethodComparison

# Enough for steady percentiles, little enough to sort every second.
_KEPT = 2_000


class Delays:
    """The latest durations of one kind. Units: milliseconds."""

    def __init__(self) -> None:
        self._ms: deque[float] = deque(maxlen=_KEPT)

    def add(self, ms: float) -> None:
        """One more."""
        self._ms.append(ms)

    def percentile(self, pct: float) -> float:
        """The ``pct``-th percentile (0..100), nearest rank; 0 while there is nothing."""
        if not self._ms:
            return 0.0
        ordered = sorted(self._ms)
        # A value that was measured, not one between two.
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * pct / 100))], 3)

    def summary(self) -> dict[str, float]:
        """Median and 99th percentile."""
        return {"p50": self.percentile(50), "p99": self.percentile(99)}


@dataclass(slots=True, kw_only=True)
class HitCounter:
    """Of recognised visits with something still to buy: how many bought one of the ten items recommended at arrival.

    ``baseline`` counts the same for what P-TopFreq@25 would have recommended on the same visits, ``popular``
    for what sold best in the store then.
    """

    visits: int = 0
    hits: int = 0
    baseline: int = 0
    popular: int = 0

    def add(
        self, ten: MethodComparison[frozenset[int]], bought: Iterable[int], sign: int = 1
    ) -> None:
        """One paid visit; ``bought`` is what was not in the basket at arrival. ``sign`` -1: one taken back."""
        basket = frozenset(bought)
        self.visits += sign
        self.hits += sign * (not basket.isdisjoint(ten.ours))
        self.baseline += sign * (not basket.isdisjoint(ten.usual))
        self.popular += sign * (not basket.isdisjoint(ten.popular))

    @property
    def shares(self) -> MethodComparison[float | None]:
        """Ours and the two simple methods, each as a share of the visits."""
        return MethodComparison(*map(self.share, (self.hits, self.baseline, self.popular)))

    def share(self, hits: int) -> float | None:
        """``hits`` as a share of the visits, or None before the first."""
        return round(hits / self.visits, 4) if self.visits else None


_NONE = MethodComparison(0, 0, 0)


@dataclass(slots=True, kw_only=True)
class ComplementCounter:
    """Of paid baskets to which something was shown in time: how many then held one of its products.

    Sums over baskets of the figures of `edge.domain.complement.ComplementOutcome`.
    """

    baskets: int = 0
    hits: MethodComparison[int] = _NONE
    last_hits: MethodComparison[int] = _NONE
    products: MethodComparison[int] = _NONE

    def add(self, outcome: ComplementOutcome, sign: int = 1) -> None:
        """One paid basket. ``sign`` -1: one taken back."""
        self.baskets += sign
        self.hits = _sum(self.hits, outcome.hit, sign)
        self.last_hits = _sum(self.last_hits, outcome.last_hit, sign)
        self.products = _sum(self.products, outcome.products, sign)

    def with_those(self, other: ComplementCounter) -> ComplementCounter:
        """The same over the baskets of both."""
        return ComplementCounter(
            baskets=self.baskets + other.baskets,
            hits=_sum(self.hits, other.hits),
            last_hits=_sum(self.last_hits, other.last_hits),
            products=_sum(self.products, other.products),
        )

    @property
    def shares(self) -> MethodComparison[float | None]:
        """Ours and the two simple methods: baskets with a hit among all that was shown, as a share of the baskets."""
        return self.a_basket(self.hits)

    def a_basket(self, sums: MethodComparison[int]) -> MethodComparison[float | None]:
        """``sums`` by basket, or None before the first."""
        return MethodComparison(
            *(round(n / self.baskets, 4) if self.baskets else None for n in sums)
        )


@dataclass(slots=True, kw_only=True)
class Complements:
    """The rate of baskets of somebody known by then, and of all others."""

    identified: ComplementCounter = field(default_factory=ComplementCounter)
    anonymous: ComplementCounter = field(default_factory=ComplementCounter)

    @property
    def both(self) -> ComplementCounter:
        """Over all baskets."""
        return self.identified.with_those(self.anonymous)

    def add(self, outcome: ComplementOutcome, sign: int = 1) -> None:
        """One paid basket. ``sign`` -1: one taken back."""
        (self.identified if outcome.personal else self.anonymous).add(outcome, sign)


def _sum(
    one: MethodComparison[int],
    other: MethodComparison[int] | MethodComparison[bool],
    sign: int = 1,
) -> MethodComparison[int]:
    return MethodComparison(*(a + sign * b for a, b in zip(one, other, strict=True)))


@dataclass(slots=True, kw_only=True)
class Counters:
    """Everything counted since start.

    ``counts`` by what the service did, ``facts`` by their name, ``refusals`` by the reason on the wire,
    ``line_refusals`` those of single lines of baskets that were taken.
    """

    counts: Counter[str] = field(default_factory=Counter[str])
    facts: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    line_refusals: Counter[str] = field(default_factory=Counter[str])
    decision_ms: Delays = field(default_factory=Delays)
    signal_to_screen_ms: Delays = field(default_factory=Delays)
    receipt_ms: Delays = field(default_factory=Delays)
    hit_rate: HitCounter = field(default_factory=HitCounter)
    complements: Complements = field(default_factory=Complements)

    def decided(self, personal: bool, core_ms: float) -> None:  # noqa: FBT001 - reads well at its one call
        """One more decision, and how long its core took."""
        self.counts["decisions"] += 1
        self.counts["personal"] += personal
        self.decision_ms.add(core_ms)

    def refuse(self, reason: str) -> None:
        """One more refusal, by its reason on the wire."""
        self.counts["refused"] += 1
        self.refusals[reason] += 1

    def refuse_line(self, reason: str) -> None:
        """One more line of a basket that was not taken, while the others were."""
        self.line_refusals[reason] += 1
