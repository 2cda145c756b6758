"""A person goes: every row that tells of them, and the certainty that none comes back."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from cloud_sync import cursors, outbox
from edge.domain.ids import Token
from edge.storage import erased_people as tombstones
from edge.storage.catalogue import challenges
from edge.storage.decisions import decisions, exposures, redemptions, responses, snapshots
from edge.storage.decisions import feedback as replies
from edge.storage.decisions import proof_of_play as plays
from edge.storage.measurement import driver_credits as bounties
from edge.storage.measurement import experiment_outcomes as outcomes
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
from edge.storage.people import visit_days as trips
from edge.storage.visits import associate_tips as tips
from edge.storage.visits import baskets, visits

# What hangs on a visit or a decision goes before it.
_TABLES = {
    "customers": customers.forget,
    "links": links.forget,
    "beacon_keys": beacon_keys.forget,
    "app_keys": app_keys.forget,
    "consents": consents.forget,
    "baskets": baskets.forget,
    "tips": tips.forget,
    "visits": visits.forget,
    "plays": plays.forget,
    "replies": replies.forget,
    "decisions": decisions.forget,
    "snapshots": snapshots.forget,
    "exposures": exposures.forget,
    "outcomes": outcomes.forget,
    "responses": responses.forget,
    "redemptions": redemptions.forget,
    "profiles": profiles.forget,
    "trips": trips.forget,
    "cards": challenges.forget,
    "bounties": bounties.forget,
    "messages": messages.forget,
    "reminders": reminders.forget,
    "coupons": coupons.forget,
    "bells": bells.forget,
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
    tombstones.add(conn, token, at)
    return {name: erase(conn, token) for name, erase in _TABLES.items()}
