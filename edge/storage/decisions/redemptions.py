"""Offers that were redeemed and still are: what one-time offers, stocks and budgets count, each redemption once.

Written when a till gives an offer, or a card is full, and deleted when it is undone; offer rules of later decisions
count what is left of each.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from edge.domain.ids import BasketId, DecisionId, OfferId, Token
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

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

# Later: bound to a till's basket, and one a decision, offer and basket, whoever it is. A full card has no basket, and
# in the key no two NULLs are equal.
BASKETS = """
ALTER TABLE redemptions ADD COLUMN basket TEXT;
CREATE UNIQUE INDEX redemptions_once ON redemptions (basket, decision, offer);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """One offer given away once. Units: ``cents`` off.

    ``basket``: where it was given; a reward has none. ``decision`` is empty where the shopper came with a code.
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
    basket: BasketId | None = None


class UndoneRedemption(NamedTuple):
    """One redemption that stands no more, by what names it."""

    basket: BasketId
    decision: DecisionId
    offer: OfferId


def add(conn: sqlite3.Connection, redemption: Redemption) -> bool:
    """Count it; False where that person or basket has had this one before. An erased person's counts as nobody's."""
    token, nth = redemption.token, redemption.nth
    if erased_people.holds(conn, token):
        # Still counted for stock and budget; in the key no two NULLs are equal, so nobody's rows never collide.
        token = nth = None
    return (
        conn.execute(
            "INSERT OR IGNORE INTO redemptions"
            " (offer, campaign, token, nth, cents, decision, at_us, basket)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                redemption.offer,
                redemption.campaign,
                token,
                nth,
                redemption.cents,
                redemption.decision,
                to_us(redemption.at),
                redemption.basket,
            ),
        ).rowcount
        == 1
    )


def undo(conn: sqlite3.Connection, gone: UndoneRedemption) -> bool:
    """It was not given after all; False where it does not stand. The person's later ones move up by one."""
    row = conn.execute(
        "DELETE FROM redemptions WHERE basket = ? AND decision = ? AND offer = ?"
        " RETURNING token, nth",
        (gone.basket, gone.decision, gone.offer),
    ).fetchone()
    if row is None:
        return False
    token, nth = row
    if token is not None:
        # By way of the negative numbers: on the way no two may be equal.
        conn.execute(
            "UPDATE redemptions SET nth = -nth WHERE token = ? AND offer = ? AND nth > ?",
            (token, gone.offer, nth),
        )
        conn.execute(
            "UPDATE redemptions SET nth = -nth - 1 WHERE token = ? AND offer = ? AND nth < 0",
            (token, gone.offer),
        )
    return True


def in_basket(conn: sqlite3.Connection, basket: BasketId) -> tuple[Redemption, ...]:
    """What stands in one basket, oldest first."""
    rows = conn.execute(
        "SELECT offer, campaign, token, nth, cents, decision, at_us FROM redemptions"
        " WHERE basket = ? ORDER BY seq",
        (basket,),
    )
    return tuple(
        Redemption(
            offer=OfferId(offer),
            campaign=campaign,
            token=None if token is None else Token(token),
            nth=nth,
            cents=cents,
            decision=DecisionId(decision),
            at=from_us(us),
            basket=basket,
        )
        for offer, campaign, token, nth, cents, decision, us in rows
    )


def sales_with(
    conn: sqlite3.Connection, order: str, offers: Iterable[OfferId]
) -> tuple[BasketId, ...]:
    """Paid baskets of that number or id in which one of ``offers`` stands, the latest first."""
    rows = conn.execute(
        "SELECT DISTINCT b.id, b.seq FROM redemptions AS r JOIN baskets AS b ON b.id = r.basket"
        " WHERE r.offer IN (SELECT value FROM json_each(?)) AND b.state = 'complete'"
        " AND (b.number = ? OR b.id = ?) ORDER BY b.seq DESC",
        (json.dumps(list(offers)), order, order),
    )
    return tuple(BasketId(id_) for id_, _ in rows)


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
    steps=(
        MigrationStep(release="0005-touches", sql=SCHEMA),
        MigrationStep(release="0009-the-till", sql=BASKETS),
    ),
    erasure=Erasure(forget=forget),
    # They outlive every offer: a one-time right and a budget count as long as it runs.
    retention=Retention(data_class="redemptions", days=395, least_days=90, sweep=sweep),
    export=ExportQuery(
        sql="SELECT offer, campaign, cents, decision, basket, at_us FROM redemptions WHERE token = ? ORDER BY seq"
    ),
)
