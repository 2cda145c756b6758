"""An associate's tip to somebody in the store, and what the till made of it: nothing counts without a sale.

`kpis.tips` makes them of taps, sales confirm them, the board counts those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from edge.domain.ids import DecisionId, DeviceId, Sku, VisitId


class TippedGoods(Protocol):
    """A line of goods that were bought, with what was paid for it."""

    @property
    def sku(self) -> Sku:
        """Which product."""
        ...

    @property
    def pieces(self) -> int:
        """How many."""
        ...

    @property
    def amount_cents(self) -> int:
        """For how much."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociateTip:
    """One product that one tablet said to one visit. ``in_basket``: it had been scanned already.

    ``paid_at`` is set once the visit ended in a sale; ``pieces`` and ``cents`` are what that sale held of the
    product because of this tip. No person is named on either side: a tablet is a device, a visit a stay.
    """

    visit: VisitId
    device: DeviceId
    sku: Sku
    decision: DecisionId
    at: datetime
    in_basket: bool = False
    paid_at: datetime | None = None
    pieces: int = 0
    cents: int = 0


def settled(
    tips: Sequence[AssociateTip], lines: Iterable[TippedGoods], paid_at: datetime
) -> tuple[AssociateTip, ...]:
    """The tips of one visit after its sale, oldest first.

    A product is credited to the first tablet that named it, and only if it was not in the basket by then.
    """
    pieces, cents = Counter[Sku](), Counter[Sku]()
    for line in lines:
        pieces[line.sku] += line.pieces
        cents[line.sku] += line.amount_cents
    named = set[Sku]()
    done = list[AssociateTip]()
    # The device breaks a tie, so that every count of the same tips credits the same tablet.
    for tip in sorted(tips, key=lambda t: (t.at, t.device)):
        first = tip.sku not in named
        named.add(tip.sku)
        sold = first and not tip.in_basket
        done.append(
            replace(
                tip,
                paid_at=paid_at,
                pieces=pieces[tip.sku] if sold else 0,
                cents=cents[tip.sku] if sold else 0,
            )
        )
    return tuple(done)
