"""Offers that were redeemed: what one-time offers, stocks and budgets count, each redemption once.

Written when a till or a screen tells that an offer was used, or a card is full; offer rules of later decisions count
what is left of each.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from edge.domain.ids import DecisionId, OfferId, Token
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import to_us

SCHEMA = """
CREATE TABLE redemptions (
    seq      INTEGER PRIMARY KEY,
    offer    TEXT NOT NULL,
    campaign TEXT NOT NULL,
    token    TEXT,
    nth      INTEGER,
    cents    INTEGER NOT NULL,
    decision TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    UNIQUE (token, offer, nth)
) STRICT;
CREATE INDEX redemptions_offer ON redemptions (offer);
CREATE INDEX redemptions_at ON redemptions (at_us);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """One offer given away once. Units: ``cents`` off.

    ``nth``: which of that person's redemptions of the offer it is, from 1; the table takes each number once.
    Nobody in particular has no numbers.
    """

    offer: OfferId
    campaign: str
    cents: int
    decision: DecisionId
    at: datetime
    token: Token | None = None
    nth: int | None = None


def add(conn: sqlite3.Connection, redemption: Redemption) -> bool:
    """Count it; False where that person has had this one before. An erased person's counts as nobody's."""
    token, nth = redemption.token, redemption.nth
    if erased_people.holds(conn, token):
        # Still counted for stock and budget; in the key no two NULLs are equal, so nobody's rows never collide.
        token = nth = None
    return (
        conn.execute(
            "INSERT OR IGNORE INTO redemptions (offer, campaign, token, nth, cents, decision, at_us)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                redemption.offer,
                redemption.campaign,
                token,
                nth,
                redemption.cents,
                redemption.decision,
                to_us(redemption.at),
            ),
        ).rowcount
        == 1
    )


def take_back_reward(
    conn: sqlite3.Connection, token: Token, decision: DecisionId, offer: OfferId
) -> bool:
    """The reward of a card was not earned after all; False where none was given. Later ones move up by one."""
    row = conn.execute(
        "DELETE FROM redemptions WHERE seq = (SELECT max(seq) FROM redemptions"
        " WHERE token = ? AND decision = ? AND offer = ?) RETURNING nth",
        (token, decision, offer),
    ).fetchone()
    if row is None:
        return False
    # By way of the negative numbers: on the way no two may be equal.
    conn.execute(
        "UPDATE redemptions SET nth = -nth WHERE token = ? AND offer = ? AND nth > ?",
        (token, offer, row[0]),
    )
    conn.execute(
        "UPDATE redemptions SET nth = -nth - 1 WHERE token = ? AND offer = ? AND nth < 0",
        (token, offer),
    )
    return True


def given_to(conn: sqlite3.Connection, token: Token) -> Counter[OfferId]:
    """How often the person redeemed each offer, ever: the latest number tells it when the first are let go."""
    rows = conn.execute(
        "SELECT offer, max(nth) FROM redemptions WHERE token = ? GROUP BY offer", (token,)
    )
    return Counter({OfferId(offer): count for offer, count in rows})


def given(conn: sqlite3.Connection) -> Counter[OfferId]:
    """How often each offer was redeemed in this store, by anybody."""
    rows = conn.execute("SELECT offer, count(*) FROM redemptions GROUP BY offer")
    return Counter({OfferId(offer): count for offer, count in rows})


def spent_cents(conn: sqlite3.Connection) -> Counter[str]:
    """What each campaign has given away in this store, in cents."""
    rows = conn.execute("SELECT campaign, sum(cents) FROM redemptions GROUP BY campaign")
    return Counter({campaign: int(cents) for campaign, cents in rows})


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Make the person's redemptions nobody's: stocks and budgets stay right."""
    return conn.execute(
        "UPDATE redemptions SET token = NULL, nth = NULL WHERE token = ?", (token,)
    ).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` redemptions before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM redemptions WHERE seq IN"
        " (SELECT seq FROM redemptions WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="redemptions",
    steps=(MigrationStep(release="0005-touches", sql=SCHEMA),),
    erasure=Erasure(forget=forget),
    # They outlive every offer: a one-time right and a budget count as long as it runs.
    retention=Retention(data_class="redemptions", days=395, least_days=90, sweep=sweep),
    export=ExportQuery(
        sql="SELECT offer, campaign, cents, decision, at_us FROM redemptions WHERE token = ? ORDER BY seq"
    ),
)
