"""A change to the portfolio before the control tower: the whole store as it would stand afterwards.

Console and command line call it before anything is published; `publishing` makes the change real.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from edge.campaigns.authoring.pending_change import PendingChange
from edge.campaigns.checks.check import check
from edge.campaigns.checks.findings import Finding, forbids
from edge.campaigns.checks.portfolio import Portfolio
from edge.domain.catalogue import Tuning
from edge.storage.catalogue import assets, campaigns, offers, products, stock
from edge.storage.decisions import redemptions


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRules:
    """What a store holds a portfolio against, besides what is in its database. ``zone`` is the store's own."""

    tuning: Tuning
    sensitive_categories: frozenset[str] = frozenset()
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeVerdict:
    """What the tower says of a change, and whether it was made."""

    findings: tuple[Finding, ...] = ()
    published: bool = False

    @property
    def forbidden(self) -> bool:
        """Whether the change may not be made."""
        return forbids(self.findings)


def judged(
    conn: sqlite3.Connection, rules: StoreRules, proposal: PendingChange, at: datetime
) -> tuple[Finding, ...]:
    """What the tower finds in what the change brings, from business time ``at`` on."""
    return check(after(conn, rules, proposal), at)


def after(conn: sqlite3.Connection, rules: StoreRules, proposal: PendingChange) -> Portfolio:
    """The portfolio as it would stand after the change."""
    # A market's policy and an assortment may write one category in different cases.
    names = {name.casefold() for name in rules.sensitive_categories}
    sold = products.every(conn)
    return Portfolio(
        products={product.key: product for product in sold},
        offers=proposal.offers_over(offers.every(conn)),
        campaigns=proposal.campaigns_over(campaigns.every(conn)),
        tuning=rules.tuning,
        sensitive=frozenset(
            p.key for p in sold if {p.category.casefold(), p.department.casefold()} & names
        ),
        assets=assets.held(conn),
        given=redemptions.given(conn),
        spent_cents=redemptions.spent_cents(conn),
        out_of_stock=frozenset(key for key, left in stock.every(conn).items() if left <= 0),
        zone=rules.zone,
        coming=proposal.ids,
    )
