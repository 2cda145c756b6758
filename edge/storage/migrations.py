"""The schema's history: steps that bring an older file to the tables of today, each applied once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from cloud_sync import cursors, deadlines, outbox
from edge.storage import erased_people as tombstones
from edge.storage import other_channel_sales as distant_sales
from edge.storage.catalogue import (
    assets,
    campaigns,
    challenges,
    offers,
    products,
    promotions,
    stock,
    trend,
    triggers,
)
from edge.storage.catalogue import campaign_versions as editions
from edge.storage.decisions import decisions, exposures, redemptions, responses, snapshots
from edge.storage.decisions import feedback as replies
from edge.storage.decisions import proof_of_play as plays
from edge.storage.measurement import audit_log as audit
from edge.storage.measurement import day_counts
from edge.storage.measurement import driver_credits as bounties
from edge.storage.measurement import experiment_outcomes as outcomes
from edge.storage.measurement import switchback_sums as stretches
from edge.storage.operations import box_facts as notes
from edge.storage.operations import command_notifications as bells
from edge.storage.people import (
    app_keys,
    beacon_keys,
    consents,
    coupons,
    customers,
    messages,
    profiles,
    reminders,
)
from edge.storage.people import identifier_links as links
from edge.storage.people import used_claims as claims
from edge.storage.people import visit_days as trips
from edge.storage.visits import associate_tips as tips
from edge.storage.visits import baskets, visits
from edge.storage.visits import processed_events as seen

# One text a step, oldest first; a released step is never changed, only followed by another.
STEPS: tuple[tuple[str, str], ...] = (
    (
        "0001-first",
        "".join(
            table.SCHEMA
            for table in (
                notes,
                bells,
                seen,
                tombstones,
                customers,
                links,
                beacon_keys,
                app_keys,
                claims,
                consents,
                visits,
                baskets,
                decisions,
                snapshots,
                exposures,
                profiles,
                trend,
                plays,
                replies,
                products,
                offers,
                stock,
                outbox,
                cursors,
            )
        ),
    ),
    ("0002-promotions", promotions.SCHEMA),
    ("0003-coupons", coupons.SCHEMA),
    ("0004-campaigns", offers.TAGS + campaigns.SCHEMA + editions.SCHEMA + assets.SCHEMA),
    ("0005-touches", exposures.TESTS + responses.SCHEMA + redemptions.SCHEMA + products.KINDS),
    (
        "0006-triggers",
        triggers.SCHEMA + messages.SCHEMA + reminders.SCHEMA + deadlines.SCHEMA,
    ),
    (
        "0007-measuring",
        outcomes.SCHEMA + stretches.SCHEMA + audit.SCHEMA + distant_sales.SCHEMA,
    ),
    (
        "0008-kpis",
        bounties.SCHEMA + tips.SCHEMA + trips.SCHEMA + day_counts.SCHEMA + challenges.SCHEMA,
    ),
)


def migrate(conn: sqlite3.Connection) -> None:
    """Bring the file up to date, race-free between processes; all pending steps or none.

    The migration library is loaded only when there is something to do: it costs a fifth of a second.
    """
    if _version(conn) >= len(STEPS):
        return
    conn.execute("BEGIN EXCLUSIVE")
    try:
        if _version(conn) < len(STEPS):
            _apply(conn)
            conn.execute(f"PRAGMA user_version = {len(STEPS)}")
        conn.execute("COMMIT")
    finally:
        if conn.in_transaction:
            conn.execute("ROLLBACK")


def statements(script: str) -> Iterator[str]:
    """The single statements of a script, triggers kept whole (``executescript`` would commit first)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _apply(conn: sqlite3.Connection) -> None:
    from sqlite_utils import Database  # noqa: PLC0415 - loaded only when needed, see `migrate`
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415

    history = Migrations("storeside")
    for name, script in STEPS:

        @history(name=name)
        def step(database: Database, script: str = script) -> None:
            for statement in statements(script):
                database.conn.execute(statement)

    history.apply(Database(conn, recursive_triggers=False, execute_plugins=False))


def _version(conn: sqlite3.Connection) -> int:
    version: int = conn.execute("PRAGMA user_version").fetchone()[0]
    return version
