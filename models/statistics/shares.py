"""From counts to the shares and statistics of a bundle's tables: one definition, however the counts were made.

``tabulate`` and ``out_of_core.tabulating`` both end with it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.items import Items
from models.statistics.tables import Floats

# Every weekday four times.
RECENT_DAYS = 28

# Pseudo-counts with which a thin item leans on its type, and a type on all.
LEAN = 20.0

# Chain-wide trips with which a rare day part leans on the whole day.
_PART_LEAN = 1000.0

# Any: counts come as integers or floats.
Counts = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatRates:
    """How things, items or types, come back; shapes (n,).

    ``trips`` that held the thing, ``buyers`` among households, those who ``returned`` for it, and
    the ``gap_days`` in their ``gaps`` between two purchases.
    """

    trips: Counts
    buyers: Floats
    returned: Floats
    gap_days: Floats
    gaps: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCounts:
    """All of a window. ``recent`` (V,) trips of the last ``RECENT_DAYS``; ``parts`` (5, V) by day part.

    ``trips``, ``recent_trips`` and ``part_trips`` (5,): of anything; ``kinds`` by product type.
    """

    trips: int
    recent_trips: int
    part_trips: Counts
    households: int
    items: RepeatRates
    kinds: RepeatRates
    recent: Counts
    parts: Counts


def shares(
    counted: WindowCounts, items: Items, lean: float = LEAN
) -> tuple[Floats, Floats, Floats]:
    """Statistics an item (V, 8), its share of trips (V,), and its share by day part (5, V)."""
    own, kind = counted.items, counted.kinds
    overall = own.returned.sum() / max(own.buyers.sum(), 1)
    kind_rate = (kind.returned + lean * overall) / (kind.buyers + lean)
    kind_gap = lean * kind.gap_days[items.type] / np.maximum(kind.gaps[items.type], 1)
    expected = own.trips * (counted.recent_trips / counted.trips)
    stats = np.stack(
        [
            1000 * own.trips / counted.trips,
            (own.gap_days + kind_gap) / (own.gaps + lean),
            items.price_cents / _usual_price(items),
            1000 * kind.trips[items.type] / counted.trips,
            # Five more on either side: four weeks of a thin item are mostly chance.
            (counted.recent + 5) / (expected + 5),
            (own.returned + lean * overall) / (own.buyers + lean),
            own.buyers / max(counted.households, 1),
            kind_rate[items.type],
        ],
        axis=1,
    )
    day = own.trips / counted.trips
    parts = (counted.parts + _PART_LEAN * day) / (counted.part_trips[:, None] + _PART_LEAN)
    return stats.astype(np.float32), day.astype(np.float32), parts.astype(np.float32)


def _usual_price(items: Items) -> float:
    """What the median priced item costs, in cents: prices beside it are the same in any currency."""
    priced = items.price_cents[items.price_cents > 0]
    return float(np.median(priced)) if len(priced) else 1.0
