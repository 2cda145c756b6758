"""Statistics of the benchmark. Pure. Delays come in microseconds and go out in milliseconds.

``load_blocks`` and ``suite`` make their figures with it, ``goals`` compares them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class DelayFigures:
    """One kind at one rate over several blocks.

    ``p50_ms`` and ``p99_ms`` are medians over the blocks, ``best_`` the best block's; ``noise``: how far the
    blocks' p50 lie apart, as a share of their median; ``answered``: share of the signals.
    """

    p50_ms: float
    p99_ms: float
    best_p50_ms: float
    best_p99_ms: float
    noise: float
    answered: float

    def as_json(self) -> dict[str, object]:
        """The record as it is reported."""
        return asdict(self)


def percentile(delays_us: Sequence[int], pct: float) -> float:
    """The ``pct``-th percentile (0..100) in milliseconds, nearest rank; infinite without any delay."""
    # A block without any answer must never look fast.
    if not delays_us:
        return float("inf")
    ordered = sorted(delays_us)
    return ordered[min(len(ordered) - 1, int(len(ordered) * pct / 100))] / 1_000


def delays(blocks: Sequence[Sequence[int]], sent: int) -> DelayFigures:
    """What the blocks of one kind and rate say together; ``sent`` is the number of all their signals."""
    # By block and not over all signals: one disturbed block must not make the whole percentile.
    p50s = [percentile(block, 50) for block in blocks]
    p99s = [percentile(block, 99) for block in blocks]
    middle = median(p50s)
    return DelayFigures(
        p50_ms=round(middle, 3),
        p99_ms=round(median(p99s), 3),
        best_p50_ms=round(min(p50s), 3),
        best_p99_ms=round(min(p99s), 3),
        noise=round((max(p50s) - min(p50s)) / middle, 3),
        answered=round(sum(map(len, blocks)) / sent, 5),
    )


def ratio(ours: float, other: float) -> float | None:
    """``ours`` as a multiple of ``other``, None where that says nothing."""
    if not 0 < other < float("inf") or ours == float("inf"):
        return None
    return round(ours / other, 2)
