"""The schema's history: steps that bring an older file to the tables of today, each applied once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from cloud_sync import cursors, deadlines, outbox
from edge.storage import erased_people, other_channel_sales
from edge.storage.catalogue import (
    assets,
    campaign_versions,
    campaigns,
    challenges,
    offers,
    products,
    promotions,
    stock,
    trend,
    triggers,
)
from edge.storage.decisions import (
    decisions,
    exposures,
    feedback,
    proof_of_play,
    redemptions,
    responses,
    snapshots,
)
from edge.storage.measurement import (
    audit_log,
    day_counts,
    driver_credits,
    experiment_outcomes,
    switchback_sums,
)
from edge.storage.operations import box_facts, command_notifications
from edge.storage.people import (
    app_keys,
    beacon_keys,
    consents,
    coupons,
    customers,
    identifier_links,
    messages,
    profiles,
    reminders,
    used_claims,
    visit_days,
)
from edge.storage.visits import associate_tips, baskets, processed_events, visits

# One text a step, oldest first; a released step is never changed, only followed by another.
STEPS: tuple[tuple[str, str], ...] = (
    (
        "0001-first",
        "".join(
            table.SCHEMA
            for table in (
                box_facts,
                command_notifications,
                processed_events,
                erased_people,
                customers,
                identifier_links,
                beacon_keys,
                app_keys,
                used_claims,
                consents,
                visits,
                baskets,
                decisions,
                snapshots,
                exposures,
                profiles,
                trend,
                proof_of_play,
                feedback,
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
    (
        "0004-campaigns",
        offers.TAGS + campaigns.SCHEMA + campaign_versions.SCHEMA + assets.SCHEMA,
    ),
    ("0005-touches", exposures.TESTS + responses.SCHEMA + redemptions.SCHEMA + products.KINDS),
    (
        "0006-triggers",
        triggers.SCHEMA + messages.SCHEMA + reminders.SCHEMA + deadlines.SCHEMA,
    ),
    (
        "0007-measuring",
        experiment_outcomes.SCHEMA
        + switchback_sums.SCHEMA
        + audit_log.SCHEMA
        + other_channel_sales.SCHEMA,
    ),
    (
        "0008-kpis",
        driver_credits.SCHEMA
        + associate_tips.SCHEMA
        + visit_days.SCHEMA
        + day_counts.SCHEMA
        + challenges.SCHEMA,
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
