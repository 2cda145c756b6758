"""Which showing a sale is joined to: the last one before it, in this visit first, in the days before it else.

The same rule joins a sale at the till to what a screen showed and a later sale by e-mail to what an associate
said: both carry the decision's id. A join says what came before a sale, never what caused it: that is what
held-out groups are for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from edge.domain.event import StoreEvent
from edge.domain.ids import DecisionId, Sku, VisitId

WINDOW = timedelta(days=7)
"""A showing this long before a sale is joined to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoint:
    """Products that one decision put before somebody. ``at`` is business time; ``visit``: in which stay."""

    decision: DecisionId
    at: datetime
    surface: str
    skus: frozenset[Sku]
    visit: VisitId | None = None


def attribute(
    skus: Collection[Sku],
    touched: Iterable[Touchpoint],
    *,
    visit: VisitId | None,
    at: datetime,
    window: timedelta = WINDOW,
) -> Mapping[Sku, Touchpoint]:
    """For each bought product the showing that it is joined to; a product that nobody showed is not in it.

    Args:
        skus: What was bought.
        touched: What was shown to the same person, or in the same nameless visit.
        visit: The stay of the sale, if it was one in the store.
        at: When it was bought; what came later, or too long before, is not joined.
        window: How long before.
    """
    found = dict[Sku, Touchpoint]()
    for touch in touched:
        if not at - window <= touch.at <= at:
            continue
        for sku in touch.skus.intersection(skus):
            best = found.get(sku)
            if best is None or _rank(touch, visit) > _rank(best, visit):
                found[sku] = touch
    return {sku: found[sku] for sku in skus if sku in found}


def with_decisions(fact: StoreEvent, joined: Mapping[Sku, Touchpoint]) -> Mapping[str, object]:
    """The properties of a paid order, where each joined product names the decision that showed it."""
    products = fact.properties.get("products")
    if not isinstance(products, list) or not joined:
        return fact.properties
    lines = cast("Sequence[Mapping[str, object]]", products)
    return {**fact.properties, "products": [_told(line, joined) for line in lines]}


def _told(line: Mapping[str, object], joined: Mapping[Sku, Touchpoint]) -> Mapping[str, object]:
    touch = joined.get(Sku(str(line.get("sku"))))
    return line if touch is None else {**line, "decision_id": touch.decision}


def _rank(touch: Touchpoint, visit: VisitId | None) -> tuple[bool, datetime, DecisionId]:
    # The id settles equal instants: the order in which showings are told does not matter.
    return visit is not None and touch.visit == visit, touch.at, touch.decision
