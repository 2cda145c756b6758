"""What the tables tell of broken promises: caps, one-time offers, conflicts, consent, showings, receipts.

``invariants`` calls it at the end, beside what it saw on the line itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations
from sqlite3 import Connection

from edge.domain.catalogue import Tuning
from edge.domain.placement import PLACEMENTS
from edge.lab.simulate.portfolio import SimulatedPortfolio
from edge.storage.timestamps import to_us

_WEEK_US = 7 * 86_400 * 1_000_000
# A device's clock may be so far ahead when it brings a consent.
_TOLERANCE_US = 120 * 1_000_000
# What replaces a screen's content is on its way while the next decision is made.
_ON_THE_WAY = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedShowing:
    """One message on one screen from ``at`` until it is over, by true time."""

    device: str
    surface: str
    decision: str
    personal: bool
    offers: tuple[str, ...]
    at: datetime
    until: datetime

    def ending(self, at: datetime) -> AuditedShowing:
        """The same, gone from the screen at ``at`` at the latest."""
        return replace(self, until=min(self.until, at))


Cases = Mapping[str, Sequence[str]]
"""Kind -> the decisions, or the persons' offers, with which it was broken."""


def audit(
    conn: Connection,
    portfolio: SimulatedPortfolio,
    showings: Iterable[AuditedShowing],
    promised: Iterable[tuple[str, str]],
) -> Cases:
    """What is broken. ``promised``: source and id of each event of which a device was told that it is on disk."""
    shown = list(showings)
    return {
        "cap": _over_cap(conn, portfolio),
        "one-time": _twice(conn, portfolio),
        "conflict": _conflicts(conn, portfolio, shown),
        "consent": _unconsented(conn, shown),
        "uncounted": _uncounted(conn, shown),
        "lost": _lost(conn, promised),
    }


def _over_cap(conn: Connection, portfolio: SimulatedPortfolio) -> list[str]:
    """Touches beyond a cap: of the offer, its campaign, its category, or all of one person's, in seven days.

    An offer touches a person once a visit, on however many screens; what an associate alone sees does not.
    """
    tuning, broken = Tuning(), list[str]()
    offers = {o.id: o for o in portfolio.offers}
    campaigns = {c.id: c for c in portfolio.campaigns}
    seen = defaultdict[tuple[str, str, str], list[int]](list)
    # Ghosts are showings that a holdout withheld; nobody saw them, so they fill no cap.
    rows = conn.execute(
        "SELECT token, offer, min(at_us), decision FROM exposures"
        " WHERE ghost = 0 AND surface <> 'tablet'"
        " GROUP BY token, offer, coalesce(visit, decision) ORDER BY 3, seq"
    )
    for token, offer, at_us, decision in rows:
        known = offers[offer]
        weekly = campaigns[known.campaign].weekly_cap
        limits = (
            ("offer", offer, known.weekly_cap),
            # No cap of its own counts as one that nobody reaches.
            ("campaign", known.campaign, 10**9 if weekly is None else weekly),
            ("category", known.category, tuning.category_cap),
            ("person", "", tuning.person_cap),
        )
        for kind, name, limit in limits:
            before = seen[token, kind, name]
            # Seven days back from this instant, not calendar days.
            if sum(at > at_us - _WEEK_US for at in before) >= limit:
                broken.append(decision)
            before.append(at_us)
    return broken


def _twice(conn: Connection, portfolio: SimulatedPortfolio) -> list[str]:
    """Offers given to one person more often than they may be, or by the store."""
    broken = list[str]()
    for offer in portfolio.offers:
        rows = conn.execute(
            "SELECT token, count(*) FROM redemptions WHERE offer = ? GROUP BY token",
            (offer.id,),
        ).fetchall()
        if offer.per_person is not None:
            # What nobody known redeemed has no person whose limit it could pass.
            broken += [offer.id for token, n in rows if token and n > offer.per_person]
        if offer.per_store is not None and sum(n for _, n in rows) > offer.per_store:
            broken.append(offer.id)
    return broken


def _conflicts(
    conn: Connection, portfolio: SimulatedPortfolio, shown: Iterable[AuditedShowing]
) -> list[str]:
    """Two offers of one category before one person on two kinds of screen at the same time."""
    category = {str(o.id): o.category for o in portfolio.offers}
    by_visit = defaultdict[str, list[AuditedShowing]](list)
    for showing in shown:
        visit = _visit(conn, showing.decision) if showing.offers else None
        if visit is not None:
            by_visit[visit].append(showing)
    return [
        f"{one.decision} {two.decision}"
        for found in by_visit.values()
        for one, two in combinations(sorted(found, key=lambda s: s.at), 2)
        if one.surface != two.surface
        and two.at + _ON_THE_WAY < one.until
        and any(a != b and category[a] == category[b] for a in one.offers for b in two.offers)
    ]


def _visit(conn: Connection, decision: str) -> str | None:
    row = conn.execute("SELECT visit FROM decisions WHERE id = ?", (decision,)).fetchone()
    return None if row is None else row[0]


def _unconsented(conn: Connection, shown: Iterable[AuditedShowing]) -> list[str]:
    """Decisions made, or shown, with a person's data without a yes that held at that instant."""
    moments = defaultdict[str, list[int]](list)
    for showing in shown:
        if showing.personal:
            moments[showing.decision].append(to_us(showing.at))
    rows = conn.execute(
        "SELECT id, token, placement, at_us FROM decisions WHERE token IS NOT NULL"
    )
    return [
        id_
        for id_, token, placement, at_us in rows.fetchall()
        # When it was shown as well: a yes may have been taken back in between.
        for instant in (at_us, *moments.get(id_, ()))
        if not _agreed(conn, token, PLACEMENTS[placement].purpose.value, instant)
    ]


def _agreed(conn: Connection, token: str, purpose: str, at_us: int) -> bool:
    row = conn.execute(
        "SELECT state, expires_us FROM consents WHERE token = ? AND purpose = ?"
        " AND given_us <= CASE state WHEN 'given' THEN ? ELSE ? END"
        # At one instant the no wins.
        " ORDER BY given_us DESC, state = 'given' LIMIT 1",
        (token, purpose, at_us + _TOLERANCE_US, at_us),
    ).fetchone()
    return row is not None and row[0] == "given" and (row[1] is None or at_us < row[1])


def _uncounted(conn: Connection, shown: Iterable[AuditedShowing]) -> list[str]:
    """Offers before a known person that no cap will ever count."""
    return [
        showing.decision
        for showing in shown
        if showing.personal
        for offer in showing.offers
        if not conn.execute(
            "SELECT 1 FROM exposures WHERE decision = ? AND offer = ? AND ghost = 0",
            (showing.decision, offer),
        ).fetchone()
    ]


def _lost(conn: Connection, promised: Iterable[tuple[str, str]]) -> list[str]:
    """Events that devices were told of as kept, and that are nowhere."""
    return [
        id_
        for source, id_ in promised
        if not conn.execute(
            "SELECT 1 FROM seen WHERE source = ? AND id = ?", (source, id_)
        ).fetchone()
    ]
