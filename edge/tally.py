"""Counts and delays since start, for the console, the metrics and the demo's summary: names from closed sets only."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

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
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * pct / 100))], 3)

    def summary(self) -> dict[str, float]:
        """Median and 99th percentile."""
        return {"p50": self.percentile(50), "p99": self.percentile(99)}


@dataclass(slots=True, kw_only=True)
class HitRate:
    """Of recognised visits that bought something: how many bought one of the ten items recommended at arrival.

    ``baseline`` counts the same for what P-TopFreq@25 would have recommended on the same visits.
    """

    visits: int = 0
    hits: int = 0
    baseline: int = 0

    def add(
        self, recommended: Iterable[int], usual: Iterable[int], bought: Iterable[int]
    ) -> None:
        """One paid visit."""
        basket = set(bought)
        self.visits += 1
        self.hits += bool(basket & set(recommended))
        self.baseline += bool(basket & set(usual))

    def share(self, hits: int) -> float | None:
        """``hits`` as a share of the visits, or None before the first."""
        return round(hits / self.visits, 4) if self.visits else None


@dataclass(slots=True, kw_only=True)
class Tally:
    """Everything counted since start.

    ``counts`` by what the service did, ``facts`` by their name, ``refusals`` by the reason on the wire.
    """

    counts: Counter[str] = field(default_factory=Counter[str])
    facts: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    decision_ms: Delays = field(default_factory=Delays)
    signal_to_screen_ms: Delays = field(default_factory=Delays)
    receipt_ms: Delays = field(default_factory=Delays)
    hit_rate: HitRate = field(default_factory=HitRate)

    def decided(self, personal: bool, core_ms: float) -> None:  # noqa: FBT001 - reads well at its one call
        """One more decision, and how long its core took."""
        self.counts["decisions"] += 1
        self.counts["personal"] += personal
        self.decision_ms.add(core_ms)

    def refuse(self, reason: str) -> None:
        """One more refusal, by its reason on the wire."""
        self.counts["refused"] += 1
        self.refusals[reason] += 1
