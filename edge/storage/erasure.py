"""A person goes: every row that tells of them, and the certainty that none comes back."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from cloud_sync import cursors, outbox
from edge.domain.ids import Token
from edge.storage import erased_people
from edge.storage.catalogue import challenges
from edge.storage.decisions import (
    decisions,
    exposures,
    feedback,
    proof_of_play,
    redemptions,
    responses,
    snapshots,
)
from edge.storage.measurement import driver_credits, experiment_outcomes
from edge.storage.operations import command_notifications
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
    visit_days,
)
from edge.storage.visits import associate_tips, baskets, visits

# What hangs on a visit or a decision goes before it.
_TABLES = {
    "customers": customers.forget,
    "links": identifier_links.forget,
    "beacon_keys": beacon_keys.forget,
    "app_keys": app_keys.forget,
    "consents": consents.forget,
    "baskets": baskets.forget,
    "tips": associate_tips.forget,
    "visits": visits.forget,
    "plays": proof_of_play.forget,
    "replies": feedback.forget,
    "decisions": decisions.forget,
    "snapshots": snapshots.forget,
    "exposures": exposures.forget,
    "outcomes": experiment_outcomes.forget,
    "responses": responses.forget,
    "redemptions": redemptions.forget,
    "profiles": profiles.forget,
    "trips": visit_days.forget,
    "cards": challenges.forget,
    "bounties": driver_credits.forget,
    "messages": messages.forget,
    "reminders": reminders.forget,
    "coupons": coupons.forget,
    "bells": command_notifications.forget,
    "outbox": outbox.forget,
    "sync_refused": cursors.forget,
}


def forget(conn: sqlite3.Connection, token: Token, at: datetime) -> dict[str, int]:
    """Erase the person in the caller's transaction, and keep them out from now on.

    The bytes are gone from the disk only after a checkpoint (`Database.checkpoint`). Doing it again
    changes nothing.

    Returns:
        Rows erased, by table: the receipt. Consent lines stay in the ledger as nobody's.
    """
    erased_people.add(conn, token, at)
    return {name: erase(conn, token) for name, erase in _TABLES.items()}
