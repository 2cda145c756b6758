"""What everybody together bought while a switchback was on or off: sums by stretch of time, nobody in them.

Every paid basket goes to its stretch (`edge.campaigns.experiments.enrolment`); the results compare stretches.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.storage.table import MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE stretches (
    campaign  TEXT NOT NULL,
    design    TEXT NOT NULL,
    store     INTEGER NOT NULL,
    stretch   INTEGER NOT NULL,
    is_on     INTEGER NOT NULL,
    begins_us INTEGER NOT NULL,
    baskets   INTEGER NOT NULL,
    cents     INTEGER NOT NULL,
    items     INTEGER NOT NULL,
    PRIMARY KEY (campaign, design, store, stretch)
) STRICT, WITHOUT ROWID;
CREATE INDEX stretches_begins ON stretches (begins_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Baskets of one stretch, outside its wash-out. Units: ``cents`` paid, ``items`` pieces of the campaign's.

    ``store`` is the place's number; ``stretch`` counts from 1970 (`edge.domain.experiment.SwitchbackSchedule`).
    """

    campaign: str
    design: str
    store: int
    stretch: int
    is_on: bool
    begins_at: datetime
    baskets: int
    cents: int
    items: int


def count(conn: sqlite3.Connection, more: Stretch) -> None:
    """Add baskets to their stretch, or take them off."""
    # Whether it is on and when it began follow from the stretch's number: on a conflict only sums change.
    conn.execute(
        "INSERT INTO stretches (campaign, design, store, stretch, is_on, begins_us, baskets,"
        " cents, items) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        " ON CONFLICT (campaign, design, store, stretch) DO UPDATE SET"
        " baskets = baskets + ?7, cents = cents + ?8, items = items + ?9",
        (
            more.campaign,
            more.design,
            more.store,
            more.stretch,
            int(more.is_on),
            to_us(more.begins_at),
            more.baskets,
            more.cents,
            more.items,
        ),
    )
    if more.baskets < 0:
        # A stretch in which nothing was bought has no row.
        conn.execute(
            "DELETE FROM stretches WHERE campaign = ? AND design = ? AND store = ? AND stretch = ?"
            " AND baskets = 0 AND cents = 0",
            (more.campaign, more.design, more.store, more.stretch),
        )


def of(conn: sqlite3.Connection, campaign: str, design: str) -> tuple[Stretch, ...]:
    """The stretches of one draw, oldest first."""
    rows = conn.execute(
        "SELECT store, stretch, is_on, begins_us, baskets, cents, items FROM stretches"
        " WHERE campaign = ? AND design = ? ORDER BY stretch, store",
        (campaign, design),
    )
    return tuple(
        Stretch(
            campaign=campaign,
            design=design,
            store=store,
            stretch=stretch,
            is_on=bool(is_on),
            begins_at=from_us(begins_us),
            baskets=baskets,
            cents=cents,
            items=items,
        )
        for store, stretch, is_on, begins_us, baskets, cents, items in rows
    )


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` stretches that began before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM stretches WHERE (campaign, design, store, stretch) IN"
        " (SELECT campaign, design, store, stretch FROM stretches WHERE begins_us < ?"
        "  ORDER BY begins_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="stretches",
    steps=(MigrationStep(release="0007-measuring", sql=SCHEMA),),
    # Thirteen months: a year to look back on.
    retention=Retention(data_class="stretches", days=395, sweep=sweep),
)
