"""Every version of every campaign: drafted, approved, live, ended – by whom and when. Nothing is written over.

Publishing (`edge.campaigns.authoring`) moves a version on from state to state; what is live it also writes to the
tables of campaigns and offers, which decisions read.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from edge.storage.table import MigrationStep, Table, Unlimited
from edge.storage.timestamps import from_us, from_us_or_none, to_us

SCHEMA = """
CREATE TABLE editions (
    campaign     TEXT NOT NULL,
    version      INTEGER NOT NULL,
    state        TEXT NOT NULL,
    body         TEXT NOT NULL,
    why          TEXT NOT NULL,
    drafted_by   TEXT NOT NULL,
    drafted_us   INTEGER NOT NULL,
    approved_by  TEXT,
    approved_us  INTEGER,
    published_by TEXT,
    published_us INTEGER,
    ended_us     INTEGER,
    PRIMARY KEY (campaign, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX editions_live ON editions (campaign) WHERE state = 'live';
"""

# Versions of one campaign that are kept; older ones that have ended go.
KEPT = 100

_SELECT = (
    "SELECT campaign, version, state, body, why, drafted_by, drafted_us, approved_by, approved_us,"
    " published_by, published_us, ended_us FROM editions"
)


class VersionState(StrEnum):
    """How far a version has come; it only goes on, never back."""

    DRAFT = "draft"
    APPROVED = "approved"
    LIVE = "live"
    ENDED = "ended"


class Hand(NamedTuple):
    """Who does something, and the real instant."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One version of a campaign with its offers; ``body`` is their JSON, ``why`` it was made, in a word."""

    campaign: str
    version: int
    state: VersionState
    body: str
    why: str
    drafted: Hand
    approved: Hand | None = None
    published: Hand | None = None
    ended_at: datetime | None = None


def add(conn: sqlite3.Connection, campaign: str, body: str, why: str, hand: Hand) -> Edition:
    """A new draft under the campaign's next number."""
    # Numbers never come again: the sweep below takes ended versions only, and never the newest.
    last = conn.execute(
        "SELECT max(version) FROM editions WHERE campaign = ?", (campaign,)
    ).fetchone()[0]
    version = (last or 0) + 1
    conn.execute(
        "INSERT INTO editions (campaign, version, state, body, why, drafted_by, drafted_us)"
        " VALUES (?, ?, 'draft', ?, ?, ?, ?)",
        (campaign, version, body, why, hand.by, to_us(hand.at)),
    )
    conn.execute(
        # A draft or an approval may wait for however long; only what has ended is let go.
        "DELETE FROM editions WHERE campaign = ? AND state = 'ended' AND version <= ?",
        (campaign, version - KEPT),
    )
    return Edition(
        campaign=campaign,
        version=version,
        state=VersionState.DRAFT,
        body=body,
        why=why,
        drafted=hand,
    )


def approve(conn: sqlite3.Connection, campaign: str, version: int, hand: Hand) -> bool:
    """A draft is approved; False where it is none."""
    return bool(
        conn.execute(
            "UPDATE editions SET state = 'approved', approved_by = ?3, approved_us = ?4"
            " WHERE campaign = ?1 AND version = ?2 AND state = 'draft'",
            (campaign, version, hand.by, to_us(hand.at)),
        ).rowcount
    )


def go_live(conn: sqlite3.Connection, campaign: str, version: int, hand: Hand) -> bool:
    """An approved version goes live, and the one that was live ends; False where it is not approved."""
    if not conn.execute(
        "SELECT 1 FROM editions WHERE campaign = ? AND version = ? AND state = 'approved'",
        (campaign, version),
    ).fetchone():
        return False
    # First: the index lets one version of a campaign be live, and no second for a moment.
    end(conn, campaign, hand.at)
    conn.execute(
        "UPDATE editions SET state = 'live', published_by = ?3, published_us = ?4"
        " WHERE campaign = ?1 AND version = ?2",
        (campaign, version, hand.by, to_us(hand.at)),
    )
    return True


def end(conn: sqlite3.Connection, campaign: str, at: datetime) -> bool:
    """What is live of the campaign has ended; False where nothing was."""
    return bool(
        conn.execute(
            "UPDATE editions SET state = 'ended', ended_us = ?2"
            " WHERE campaign = ?1 AND state = 'live'",
            (campaign, to_us(at)),
        ).rowcount
    )


def of(conn: sqlite3.Connection, campaign: str) -> tuple[Edition, ...]:
    """All versions of one campaign, newest first."""
    rows = conn.execute(f"{_SELECT} WHERE campaign = ? ORDER BY version DESC", (campaign,))
    return _read(rows)


def newest(conn: sqlite3.Connection) -> tuple[Edition, ...]:
    """The newest version of each campaign, in the order of their ids."""
    last = "(SELECT campaign, max(version) FROM editions GROUP BY campaign)"
    rows = conn.execute(f"{_SELECT} WHERE (campaign, version) IN {last} ORDER BY campaign")
    return _read(rows)


def live(conn: sqlite3.Connection) -> tuple[Edition, ...]:
    """What is live of each campaign, in the order of their ids."""
    return _read(conn.execute(f"{_SELECT} WHERE state = 'live' ORDER BY campaign"))


def _read(rows: sqlite3.Cursor) -> tuple[Edition, ...]:
    return tuple(
        Edition(
            campaign=campaign,
            version=version,
            state=VersionState(state),
            body=body,
            why=why,
            drafted=Hand(drafted_by, from_us(drafted_us)),
            approved=_hand(approved_by, approved_us),
            published=_hand(published_by, published_us),
            ended_at=from_us_or_none(ended_us),
        )
        for (
            campaign, version, state, body, why, drafted_by, drafted_us, approved_by, approved_us,
            published_by, published_us, ended_us,
        ) in rows
    )  # fmt: skip


def _hand(by: str | None, us: int | None) -> Hand | None:
    return None if by is None or us is None else Hand(by, from_us(us))


TABLE = Table(
    name="editions",
    steps=(MigrationStep(release="0004-campaigns", sql=SCHEMA),),
    retention=Unlimited(note="`KEPT` versions of each campaign, by number and not by age"),
)
