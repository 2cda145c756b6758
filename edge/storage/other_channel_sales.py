"""Sales made elsewhere – by e-mail, in the app – and the showing in this store that came before them.

The centre sends them down (`edge.pipeline.central_changes`); each counts for its buyer's tests at once, and the results
of a campaign tell how many named one of its showings.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edge.domain.consent import Purpose
from edge.domain.ids import Token
from edge.storage.measurement import experiment_outcomes
from edge.storage.measurement.experiment_outcomes import Sale
from edge.storage.people import consents
from edge.storage.table import MigrationStep, RetainedWith, Table
from edge.storage.timestamps import to_us

# The last index is on another table: only sales look for an exposure by its decision.
SCHEMA = """
CREATE TABLE distant_sales (
    id       TEXT PRIMARY KEY,
    campaign TEXT NOT NULL,
    arm      TEXT NOT NULL,
    surface  TEXT NOT NULL,
    cents    INTEGER NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX distant_sales_campaign ON distant_sales (campaign);
CREATE INDEX distant_sales_at ON distant_sales (at_us);
CREATE INDEX exposures_decision ON exposures (decision);
"""


class DistantSale(BaseModel):
    """Stream ``sales``: an order placed elsewhere. Unit: cents of the store's currency.

    ``token``: whose it is. ``decision_id``: the decision of this store that the buyer came from, if one is known.
    """

    # As with products an unknown key is left out: the centre may be a version ahead.
    model_config = ConfigDict(frozen=True, extra="ignore")

    token: Annotated[str, Field(pattern=r"^c-[a-z0-9-]{4,64}$")] | None = None
    decision_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    revenue_cents: int = Field(ge=0, le=10**9)
    at: AwareDatetime


def know(conn: sqlite3.Connection, key: str, body: object | None) -> None:
    """Count a sale for its person's tests, and join it to the showing that it names; each ``key`` once.

    Tests count sales that name their person, and no others: only who was shown something has a decision to
    name, so counting by decisions would favour the treated. Who does not agree to be measured is not counted.
    Without a ``body`` the sale is no longer joined; what it added to a test stays, as with goods brought back.
    """
    if body is None:
        conn.execute("DELETE FROM distant_sales WHERE id = ?", (key,))
        return
    sale = DistantSale.model_validate(body)
    shown = _shown(conn, sale)
    # Whoever the sale names, or else whoever was shown the offer: one of them must have agreed to be measured.
    token = sale.token or shown.token
    if token is None or not consents.of(conn, Token(token)).covers(Purpose.MEASURE, sale.at):
        return
    # The centre may send a sale again.
    kept = conn.execute(
        "INSERT OR IGNORE INTO distant_sales (id, campaign, arm, surface, cents, at_us)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (key, shown.campaign, shown.arm, shown.surface, sale.revenue_cents, to_us(sale.at)),
    )
    if kept.rowcount and sale.token is not None:
        experiment_outcomes.pay(
            conn, Sale(token=Token(token), at=sale.at, cents=sale.revenue_cents)
        )


class _Shown(NamedTuple):
    """The showing that a sale names; empty words where none is known."""

    token: str | None = None
    campaign: str = ""
    arm: str = ""
    surface: str = ""


def _shown(conn: sqlite3.Connection, sale: DistantSale) -> _Shown:
    # What was shown after the sale has not led to it.
    row = conn.execute(
        "SELECT token, campaign, arm, surface FROM exposures"
        " WHERE decision = ?1 AND at_us <= ?2 AND (?3 IS NULL OR token = ?3) AND ghost = 0"
        # One decision may have shown several offers: the sale is put down to the first of them, once.
        " ORDER BY seq LIMIT 1",
        (sale.decision_id, to_us(sale.at), sale.token),
    ).fetchone()
    return _Shown() if row is None else _Shown(*row)


def joined(conn: sqlite3.Connection, campaign: str) -> tuple[int, int]:
    """How many sales elsewhere named a showing of the campaign, and what they came to in cents."""
    count, cents = conn.execute(
        "SELECT count(*), coalesce(sum(cents), 0) FROM distant_sales WHERE campaign = ?",
        (campaign,),
    ).fetchone()
    return int(count), int(cents)


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` sales before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM distant_sales WHERE id IN"
        " (SELECT id FROM distant_sales WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="distant_sales",
    steps=(MigrationStep(release="0007-measuring", sql=SCHEMA),),
    # It is read beside the outcomes of a test.
    retention=RetainedWith(data_class="outcomes", sweep=sweep),
)
