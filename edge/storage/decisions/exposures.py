"""Which offer was shown to whom and when – what caps count – or withheld from whom, to compare with.

Saved with the decision that showed it; the identity lookup reads a person's own at their arrival, and creatives
compete by the sums.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from edge.domain.exposure_memory import Impression
from edge.domain.ids import DecisionId, OfferId, Token, VisitId
from edge.domain.placement import SURFACES
from edge.storage import erased_people
from edge.storage.table import Erasure, ExportQuery, MigrationStep, Retention, Table
from edge.storage.timestamps import from_us, to_us

SCHEMA = """
CREATE TABLE exposures (
    seq      INTEGER PRIMARY KEY,
    token    TEXT NOT NULL,
    offer    TEXT NOT NULL,
    surface  TEXT NOT NULL,
    at_us    INTEGER NOT NULL,
    decision TEXT NOT NULL
) STRICT;
CREATE INDEX exposures_token ON exposures (token, at_us, offer);
CREATE INDEX exposures_at ON exposures (at_us);
"""

# Later: whose offer it was, in which arm, as which creative; and what a holdout has withheld.
TESTS = """
ALTER TABLE exposures ADD COLUMN campaign TEXT NOT NULL DEFAULT '';
ALTER TABLE exposures ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE exposures ADD COLUMN arm TEXT NOT NULL DEFAULT '';
ALTER TABLE exposures ADD COLUMN ghost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE exposures ADD COLUMN creative TEXT;
ALTER TABLE exposures ADD COLUMN propensity INTEGER;
ALTER TABLE exposures ADD COLUMN segment TEXT NOT NULL DEFAULT '';
"""

# Later: in which visit. What is shown to staff stands here too, and is nobody's touch.
VISITS = "ALTER TABLE exposures ADD COLUMN visit TEXT;"

_STAFF = tuple(s.name for s in SURFACES.values() if s.associate)

# Creatives are pooled over so many showings at most: what was long ago says little of today.
_POOLED = 200_000
_A_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One offer in front of one person, once; a ``ghost`` would have been but for a holdout, and no cap counts it.

    ``arm``: what the decision calls it. ``propensity``: the creative's chance, in ten-thousandths. ``segment``:
    the first of the person's.
    """

    token: Token
    offer: OfferId
    surface: str
    at: datetime
    decision: DecisionId
    campaign: str = ""
    category: str = ""
    arm: str = ""
    ghost: bool = False
    creative: str | None = None
    propensity: int | None = None
    segment: str = ""
    visit: VisitId | None = None

    @property
    def touch(self) -> Impression | None:
        """The same as caps count it: not what was withheld, and not what an associate alone has seen."""
        if self.ghost or self.surface in _STAFF:
            return None
        visit = self.visit or VisitId("")
        return Impression(self.at, self.offer, self.campaign, self.category, visit)


def add(conn: sqlite3.Connection, exposure: Exposure) -> bool:
    """Count the showing; False when the person was erased."""
    if erased_people.holds(conn, exposure.token):
        return False
    conn.execute(
        "INSERT INTO exposures (token, offer, surface, at_us, decision, campaign, category, arm,"
        " ghost, creative, propensity, segment, visit)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            exposure.token,
            exposure.offer,
            exposure.surface,
            to_us(exposure.at),
            exposure.decision,
            exposure.campaign,
            exposure.category,
            exposure.arm,
            int(exposure.ghost),
            exposure.creative,
            exposure.propensity,
            exposure.segment,
            exposure.visit,
        ),
    )
    return True


def touches(conn: sqlite3.Connection, token: Token, at: datetime) -> list[Impression]:
    """What the person was shown from ``at`` on, each offer once a visit, oldest first."""
    rows = conn.execute(
        # The bare columns are those of the row with the smallest time, as SQLite promises.
        "SELECT min(at_us), offer, campaign, category, visit FROM exposures"
        " WHERE token = ? AND at_us >= ? AND ghost = 0"
        " AND surface NOT IN (SELECT value FROM json_each(?))"
        " GROUP BY offer, coalesce(visit, seq) ORDER BY 1, seq",
        (token, to_us(at), json.dumps(_STAFF)),
    )
    return [
        Impression(from_us(us), OfferId(offer), c, k, VisitId(v or ""))
        for us, offer, c, k, v in rows
    ]


def showings(conn: sqlite3.Connection, token: Token, at: datetime) -> tuple[Exposure, ...]:
    """What was shown to the person from ``at`` on, oldest first, each with the decision that showed it."""
    rows = conn.execute(
        "SELECT offer, surface, at_us, decision FROM exposures"
        " WHERE token = ? AND at_us >= ? AND ghost = 0 ORDER BY at_us, seq",
        (token, to_us(at)),
    )
    return tuple(
        Exposure(
            token=token,
            offer=OfferId(offer),
            surface=surface,
            at=from_us(us),
            decision=DecisionId(decision),
        )
        for offer, surface, us, decision in rows
    )


def creatives(conn: sqlite3.Connection) -> list[tuple[OfferId, str, str, int, int]]:
    """Offer, segment, creative, how often it was shown, and how often of those the offer was taken up within a day."""
    rows = conn.execute(
        "SELECT offer, segment, creative, count(*), sum(taken) FROM ("
        " SELECT e.offer, e.segment, e.creative, EXISTS (SELECT 1 FROM responses r"
        "  WHERE r.token = e.token AND r.offer = e.offer AND r.liked > 0"
        "  AND r.at_us BETWEEN e.at_us AND e.at_us + ?) AS taken FROM exposures e"
        " WHERE e.ghost = 0 AND e.creative IS NOT NULL ORDER BY e.seq DESC LIMIT ?)"
        " GROUP BY offer, segment, creative ORDER BY offer, segment, creative",
        (_A_DAY_US, _POOLED),
    )
    return [
        (OfferId(offer), segment, name, int(n), int(k)) for offer, segment, name, n, k in rows
    ]


def forget(conn: sqlite3.Connection, token: Token) -> int:
    """Erase what the person was shown."""
    return conn.execute("DELETE FROM exposures WHERE token = ?", (token,)).rowcount


def sweep(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    """Let go of at most ``limit`` showings before ``before``, oldest first."""
    return conn.execute(
        "DELETE FROM exposures WHERE seq IN"
        " (SELECT seq FROM exposures WHERE at_us < ? ORDER BY at_us LIMIT ?)",
        (to_us(before), limit),
    ).rowcount


TABLE = Table(
    name="exposures",
    steps=(
        MigrationStep(release="0001-first", sql=SCHEMA),
        MigrationStep(release="0005-touches", sql=TESTS),
        MigrationStep(release="0009-the-till", sql=VISITS),
    ),
    erasure=Erasure(forget=forget),
    # Caps look back five weeks.
    retention=Retention(data_class="exposures", days=36, least_days=36, sweep=sweep),
    export=ExportQuery(
        sql=(
            "SELECT offer, campaign, arm, ghost, creative, surface, at_us, decision FROM exposures"
            " WHERE token = ? ORDER BY at_us, seq"
        )
    ),
)
