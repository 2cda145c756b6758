"""What became of the people in a test: one row a person, campaign and draw, from their first showing on.

A person enters with the decision that first showed or withheld an offer, paid baskets are counted to them, and
`edge.campaigns.experiments` compares the arms.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from edge.domain.consent import ConsentEntry, Purpose, taken_back
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE outcomes (
    seq         INTEGER PRIMARY KEY,
    campaign    TEXT NOT NULL,
    design      TEXT NOT NULL,
    token       TEXT NOT NULL,
    arm         TEXT NOT NULL,
    segments    TEXT NOT NULL,
    past_trips  INTEGER NOT NULL,
    first_us    INTEGER NOT NULL,
    visit_cents INTEGER NOT NULL DEFAULT 0,
    visit_items INTEGER NOT NULL DEFAULT 0,
    month_cents INTEGER NOT NULL DEFAULT 0,
    month_trips INTEGER NOT NULL DEFAULT 0,
    UNIQUE (campaign, design, token)
) STRICT;
CREATE INDEX outcomes_token ON outcomes (token, first_us);
CREATE INDEX outcomes_first ON outcomes (first_us);
"""

_US = timedelta(microseconds=1)

VISIT = timedelta(hours=2)
"""What is paid within this time of the first showing is put down to that visit."""
MONTH = timedelta(days=28)
"""Four whole weeks: each weekday as often as any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A person at the first instant at which a campaign's offer was, or but for a holdout would have been, theirs.

    ``design`` names the draw (`edge.campaigns.experiments.design`), ``arm`` what it gave, ``past_trips`` how many
    trips were known of them by then.
    """

    campaign: str
    design: str
    token: Token
    arm: str
    segments: tuple[str, ...]
    past_trips: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What a person paid. ``items``: campaign -> pieces of its products among it.

    All of it is below nought, with ``trips`` -1 or 0, for what came back of a sale at ``at``.
    """

    token: Token
    at: datetime
    cents: int
    items: Mapping[str, int] = field(default_factory=dict[str, int])
    trips: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentOutcome:
    """One person in one test, without a name. Units: cents, pieces and trips since ``first_at``.

    ``visit_…`` counts two hours, ``month_…`` and ``redeemed`` (offers of the campaign) 28 days. Cents are what was
    paid less the discounts of all offers redeemed with it.
    """

    arm: str
    segments: tuple[str, ...]
    past_trips: int
    first_at: datetime
    visit_cents: int
    visit_items: int
    month_cents: int
    month_trips: int
    redeemed: int


def enter(conn: sqlite3.Connection, entrant: Entrant) -> bool:
    """Begin to count; False where the person is counted already, or was erased."""
    if erased_people.holds(conn, entrant.token):
        return False
    # The first showing counts: what comes later is what became of them.
    return (
        conn.execute(
            "INSERT OR IGNORE INTO outcomes"
            " (campaign, design, token, arm, segments, past_trips, first_us)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                entrant.campaign,
                entrant.design,
                entrant.token,
                entrant.arm,
                json.dumps(entrant.segments),
                entrant.past_trips,
                to_us(entrant.at),
            ),
        ).rowcount
        == 1
    )


def pay(conn: sqlite3.Connection, sale: Sale) -> int:
    """Count a sale in every test that the person has entered in the 28 days before it; returns how many."""
    at, visit, month = to_us(sale.at), VISIT // _US, MONTH // _US
    # Nothing before the first showing counts: it cannot have come of it.
    counted = conn.execute(
        "UPDATE outcomes SET month_cents = month_cents + ?3, month_trips = month_trips + ?6,"
        " visit_cents = visit_cents + iif(?2 - first_us < ?4, ?3, 0)"
        " WHERE token = ?1 AND first_us <= ?2 AND ?2 - first_us < ?5",
        (sale.token, at, sale.cents, visit, month, sale.trips),
    ).rowcount
    conn.executemany(
        "UPDATE outcomes SET visit_items = visit_items + ?3"
        " WHERE token = ?1 AND first_us <= ?2 AND ?2 - first_us < ?4 AND campaign = ?5",
        [(sale.token, at, pieces, visit, campaign) for campaign, pieces in sale.items.items()],
    )
    return counted


def of(conn: sqlite3.Connection, campaign: str, design: str) -> tuple[ExperimentOutcome, ...]:
    """The people of one draw, in the order in which they came in."""
    return tuple(outcome for _, outcome in by_token(conn, campaign, design))


def by_token(
    conn: sqlite3.Connection, campaign: str, design: str
) -> tuple[tuple[Token, ExperimentOutcome], ...]:
    """The same with the token of each, for whoever may know it."""
    # BETWEEN includes both ends, hence the one microsecond less: `pay` counts up to the end and not at it.
    rows = conn.execute(
        "SELECT token, arm, segments, past_trips, first_us, visit_items, month_trips,"
        " visit_cents - (SELECT coalesce(sum(r.cents), 0) FROM redemptions AS r"
        "  WHERE r.token = o.token AND r.at_us - o.first_us BETWEEN 0 AND ?3 - 1),"
        " month_cents - (SELECT coalesce(sum(r.cents), 0) FROM redemptions AS r"
        "  WHERE r.token = o.token AND r.at_us - o.first_us BETWEEN 0 AND ?4 - 1),"
        " (SELECT count(*) FROM redemptions AS r WHERE r.token = o.token"
        "  AND r.campaign = o.campaign AND r.at_us - o.first_us BETWEEN 0 AND ?4 - 1)"
        " FROM outcomes AS o WHERE campaign = ?1 AND design = ?2 ORDER BY first_us, seq",
        (campaign, design, VISIT // _US, MONTH // _US),
    )
    return tuple(
        (
            Token(token),
            ExperimentOutcome(
                arm=arm,
                segments=tuple(json.loads(segments)),
                past_trips=past_trips,
                first_at=from_us(first_us),
                visit_cents=visit_cents,
                visit_items=visit_items,
                month_cents=month_cents,
                month_trips=month_trips,
                redeemed=redeemed,
            ),
        )
        for (
            token, arm, segments, past_trips, first_us, visit_items, month_trips, visit_cents,
            month_cents, redeemed,
        ) in rows
    )  # fmt: skip


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase what became of the person."""
    return conn.execute("DELETE FROM outcomes WHERE token = ?", (token,)).rowcount


def withdraw(conn: sqlite3.Connection, entries: Iterable[ConsentEntry]) -> int:
    """Who takes back the consent to be measured leaves every test, with all that was counted; returns the rows."""
    return sum(forget(conn, token) for token in taken_back(entries, Purpose.MEASURE))


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` people who came in before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM outcomes WHERE seq IN"
        " (SELECT seq FROM outcomes WHERE first_us < ? ORDER BY first_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="outcomes",
    steps=(MigrationStep(release="0007-measuring", sql=SCHEMA),),
    erasure=Erasure(forget=forget, before="responses"),
    # The four weeks that a test counts, and two months of reading it.
    retention=Retention(data_class="outcomes", days=90, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT campaign, arm, first_us, visit_cents, visit_items, month_cents, month_trips"
            " FROM outcomes WHERE token = ? ORDER BY seq"
        )
    ),
)
