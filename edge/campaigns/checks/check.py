"""Every check of the tower in one list: what goes live is refused on any finding of the grade ``error``.

`authoring.check_change` calls it with the portfolio as it would stand; each check is a file beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from edge.campaigns.checks.caps import caps
from edge.campaigns.checks.dates import dates
from edge.campaigns.checks.experiments import experiments
from edge.campaigns.checks.fallback import fallback
from edge.campaigns.checks.findings import Finding, concerning
from edge.campaigns.checks.names import names
from edge.campaigns.checks.offer_conflicts import rivals
from edge.campaigns.checks.portfolio import Portfolio
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio
from edge.campaigns.checks.unreachable_offers import starved
from edge.campaigns.checks.variants import variants

CHECKS: tuple[Callable[[PreparedPortfolio], Iterator[Finding]], ...] = (
    names, dates, starved, caps, variants, experiments, rivals, fallback,
)  # fmt: skip
"""In no particular order: none relies on another, and each leaves alone what another blames already."""

# A check that finds more has found one thing many times, and nobody reads on.
MOST_TOLD = 1_000


def check(portfolio: Portfolio, at: datetime) -> tuple[Finding, ...]:
    """All that is wrong with ``portfolio`` from business time ``at`` on; errors first, then by code and culprits.

    What concerns nothing that is ``coming`` is left out. Of one check at most ``MOST_TOLD`` are told.
    """
    study = PreparedPortfolio(portfolio, at)
    found = set[Finding]()
    for one in CHECKS:
        told = one(study)
        if portfolio.coming is not None:
            told = concerning(told, portfolio.coming)
        # Cut while they are made: a thousand offers on one product would be half a million sentences.
        found.update(islice(told, MOST_TOLD))
    # `error` sorts before `warning`.
    return tuple(sorted(found, key=lambda f: (f.grade, f.code, f.culprits, f.says)))
