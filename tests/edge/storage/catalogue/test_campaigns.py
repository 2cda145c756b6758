from __future__ import annotations

import sqlite3
from dataclasses import replace

from edge.domain.campaign import Campaign, Window
from edge.domain.experiment import Design, Layer, SwitchbackSchedule, Variant
from edge.storage.catalogue import campaigns
from tests.edge.storage.samples import NOW, later

JUNE = Campaign(
    id="june",
    name="Milk in June",
    starts_at=NOW,
    ends_at=later(days=30),
    salt="june-1",
    holdout_pct=15,
    layer=Layer(name="dairy", first=0, last=5_000),
    design=Design.SWITCHBACK,
    rota=SwitchbackSchedule(period_minutes=120, washout_minutes=20),
    variants=(Variant(name="a", offers=("o-1",), strategies=(("kiosk-home", "trending"),)),),
    bandit=True,
    windows=(Window(first_hour=22, last_hour=2, days=(5, 6)),),
    weekly_cap=4,
    budget_cents=90_000,
    priority_pct=150,
    parent="may",
    impact=5,
    ease=2,
)


def test_campaigns_come_back_as_they_were_in_the_order_of_their_ids(
    conn: sqlite3.Connection,
) -> None:
    may = Campaign(id="april", name="x", starts_at=NOW, ends_at=later(1), salt="s")
    assert campaigns.upsert(conn, [JUNE, may]) == 2
    assert campaigns.every(conn) == (may, JUNE)
    assert campaigns.find(conn, "june") == JUNE
    assert campaigns.find(conn, "july") is None


def test_newer_campaigns_replace_older_ones(conn: sqlite3.Connection) -> None:
    campaigns.upsert(conn, [JUNE])
    campaigns.upsert(conn, [replace(JUNE, paused=True)])
    assert [one.paused for one in campaigns.every(conn)] == [True]


def test_a_deleted_campaign_runs_no_more(conn: sqlite3.Connection) -> None:
    campaigns.upsert(conn, [JUNE])
    assert campaigns.delete(conn, ["june", "july"]) == 1
    assert campaigns.every(conn) == ()
