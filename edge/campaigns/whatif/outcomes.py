"""What came of decisions: answered on the screen, redeemed at the till, spent during the visit.

`trial` asks it what each stored showing, or person, has earned.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from enum import StrEnum

from edge.domain.basket import BasketState
from edge.domain.ids import DecisionId, VisitId
from edge.storage.decisions import feedback
from edge.storage.visits import baskets

ANSWERS = frozenset({"touch", "accept", "redeem"})
"""Replies that say yes to what was shown."""


class OutcomeMeasure(StrEnum):
    """What is counted; a closed list."""

    ANSWERED = "answered"
    REDEEMED = "redeemed"
    SPENT = "spent"

    @property
    def of_a_showing(self) -> bool:
        """Whether one showing earns it; else all that a person was shown does."""
        return self is not OutcomeMeasure.SPENT


class DecisionOutcomes:
    """What is on disk of what came of decisions; redemptions are counted once."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        rows = conn.execute("SELECT decision, count(*) FROM redemptions GROUP BY decision")
        self._redeemed: dict[str, int] = dict(rows)

    def of_showing(self, measure: OutcomeMeasure, decision: DecisionId) -> float:
        """1 where somebody answered yes to ``decision``; or how many offers that it showed were redeemed."""
        if measure is OutcomeMeasure.REDEEMED:
            return float(self._redeemed.get(decision, 0))
        said = feedback.of_decision(self._conn, decision)
        # One yes is enough: a touch and then an acceptance are one answer.
        return float(any(reply.action in ANSWERS for reply in said))

    def spent_cents(self, visits: Iterable[VisitId]) -> float:
        """What was paid in ``visits``, in cents, before offers."""
        known = (basket for visit in visits for basket in baskets.of_visit(self._conn, visit))
        # What was left at the till was not spent.
        return float(sum(b.total_cents for b in known if b.state is BasketState.COMPLETE))
