"""Tests in which time was drawn: baskets of stretches with the campaign beside stretches without.

`results` calls it for each such test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from edge.campaigns.experiments.design import rota_of
from edge.domain.campaign import Campaign
from edge.storage.measurement.switchback_sums import Stretch

# An open store loads the statistics when somebody asks for a result, not when it starts.
if TYPE_CHECKING:
    from models.causal.switchback import SwitchbackCells, SwitchbackEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchResult:
    """A switchback as of now: what being on adds to a basket, in cents and in pieces of the campaign's products."""

    stretches: int
    baskets: int
    spend_cents: SwitchbackEffect
    items: SwitchbackEffect


def compare_stretches(
    rows: Sequence[Stretch], campaign: Campaign, now: datetime
) -> StretchResult:
    """Compare whole stretches only: one that is going on, or was cut by the campaign's own dates, is left out."""
    from models.causal.switchback import switchback_effect  # noqa: PLC0415 - when a result is asked for

    period = timedelta(minutes=rota_of(campaign).period_minutes)
    whole = [
        row
        for row in rows
        if row.begins_at >= campaign.starts_at
        and row.begins_at + period <= min(now, campaign.ends_at)
    ]
    return StretchResult(
        stretches=len(whole),
        baskets=sum(row.baskets for row in whole),
        spend_cents=switchback_effect(
            # A stretch without a basket has no row, so this divides by one at least.
            _cells(whole, [row.cents / row.baskets for row in whole])
        ),
        items=switchback_effect(_cells(whole, [row.items / row.baskets for row in whole])),
    )


def _cells(rows: Sequence[Stretch], outcome: Sequence[float]) -> SwitchbackCells:
    from models.causal.switchback import SwitchbackCells  # noqa: PLC0415 - when a result is asked for

    return SwitchbackCells(
        store=np.array([row.store for row in rows], np.int64),
        # Stretches are drawn in pairs, one on and one off, which are compared with each other.
        pair=np.array([row.stretch // 2 for row in rows], np.int64),
        on=np.array([row.is_on for row in rows], np.bool_),
        outcome=np.array(outcome, np.float64),
    )
