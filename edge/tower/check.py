"""Every check of the tower in one list: what goes live is refused on any finding of the grade ``error``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from edge.tower.caps import caps
from edge.tower.dates import dates
from edge.tower.experiments import experiments
from edge.tower.fallback import fallback
from edge.tower.finding import Finding, concerning
from edge.tower.names import names
from edge.tower.portfolio import Portfolio
from edge.tower.rivals import rivals
from edge.tower.starved import starved
from edge.tower.study import Study
from edge.tower.variants import variants

CHECKS: tuple[Callable[[Study], Iterator[Finding]], ...] = (
    names, dates, starved, caps, variants, experiments, rivals, fallback,
)  # fmt: skip
"""In no particular order: none relies on another, and each leaves alone what another blames already."""

# A check that finds more has found one thing many times, and nobody reads on.
MOST_TOLD = 1_000


def check(portfolio: Portfolio, at: datetime) -> tuple[Finding, ...]:
    """All that is wrong with ``portfolio`` from business time ``at`` on; errors first, then by code and culprits.

    What concerns nothing that is ``coming`` is left out. Of one check at most ``MOST_TOLD`` are told.
    """
    study = Study(portfolio, at)
    found = set[Finding]()
    for one in CHECKS:
        told = one(study)
        if portfolio.coming is not None:
            told = concerning(told, portfolio.coming)
        found.update(islice(told, MOST_TOLD))
    return tuple(sorted(found, key=lambda f: (f.grade, f.code, f.culprits, f.says)))
