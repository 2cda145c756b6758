from __future__ import annotations

from datetime import timedelta

import numpy as np

from edge.campaigns.experiments.design import begins
from edge.campaigns.experiments.switchback import compare_stretches
from edge.domain.campaign import Campaign
from edge.domain.experiment import Design, SwitchbackSchedule
from edge.storage.measurement.switchback_sums import Stretch
from tests.edge.builders import NOW, campaign, later

ROTA = SwitchbackSchedule(period_minutes=60, washout_minutes=10)


def shared_screen() -> Campaign:
    return campaign(design=Design.SWITCHBACK, rota=ROTA, starts_at=NOW, ends_at=later(days=10))


def stretches(count: int, plus: int = 100) -> list[Stretch]:
    """Hour after hour from the first whole one on; baskets are ``plus`` cents dearer while it is on."""
    luck, first = np.random.default_rng(1), ROTA.stretch(NOW) + 1
    rows = list[Stretch]()
    for number in range(first + first % 2, first + first % 2 + count):
        on = ROTA.is_on("june-1", "7", begins(ROTA, number))
        cents = 20 * (1_000 + plus * on) + round(luck.normal(0, 300))
        rows.append(
            Stretch(
                campaign="june",
                design="d",
                store=7,
                stretch=number,
                is_on=on,
                begins_at=begins(ROTA, number),
                baskets=20,
                cents=cents,
                items=2 * on,
            )
        )
    return rows


def test_a_basket_is_dearer_by_what_was_planted() -> None:
    found = compare_stretches(stretches(80), shared_screen(), later(days=9))
    assert (found.stretches, found.baskets, found.spend_cents.pairs) == (80, 1_600, 40)
    assert found.spend_cents.planned.holds(100)
    assert found.spend_cents.running.low > 0
    assert found.items.planned.value == 0.1


def test_the_stretch_that_is_going_on_does_not_count() -> None:
    rows = stretches(10)
    now = rows[-1].begins_at + timedelta(minutes=59)
    assert compare_stretches(rows, shared_screen(), now).stretches == 9


def test_a_stretch_cut_by_the_campaigns_own_dates_does_not_count() -> None:
    rows = stretches(10)
    late = shared_screen()
    cut = compare_stretches(rows, late, rows[4].begins_at)
    assert cut.stretches == 4


def test_before_the_first_basket_nothing_is_told() -> None:
    found = compare_stretches([], shared_screen(), NOW)
    assert not found.spend_cents.planned.told
