"""What one signal adds to the key figures, written with the signal itself: it counts once or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from edge.domain.associate_tip import AssociateTip
from edge.domain.basket import BasketLine
from edge.domain.challenge import ChallengeCard
from edge.domain.driver_credit import DriverCredit
from edge.domain.ids import VisitId
from edge.domain.kpi import DayCount
from edge.storage.catalogue import challenges
from edge.storage.measurement import day_counts, driver_credits
from edge.storage.people import visit_days
from edge.storage.people.visit_days import PaidTrip
from edge.storage.visits import associate_tips


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiUpdates:
    """The changes. ``day``: the local day (since 1970) that ``counts`` go to; ``paid``: what a visit paid for."""

    day: int = 0
    counts: Mapping[DayCount, int] = field(default_factory=dict[DayCount, int])
    bounties: tuple[DriverCredit, ...] = ()
    tips: tuple[AssociateTip, ...] = ()
    paid: tuple[VisitId, tuple[BasketLine, ...]] | None = None
    trips: tuple[PaidTrip, ...] = ()
    cards: tuple[ChallengeCard, ...] = ()


NOTHING = KpiUpdates()


def save(conn: sqlite3.Connection, gains: KpiUpdates, at: datetime) -> None:
    """Write them in the caller's transaction. ``at`` is business time."""
    for bounty in gains.bounties:
        driver_credits.credit(conn, bounty)
    for tip in gains.tips:
        associate_tips.add(conn, tip)
    if gains.paid is not None:
        associate_tips.settle(conn, *gains.paid, at)
    for trip in gains.trips:
        visit_days.add(conn, trip)
    for card in gains.cards:
        challenges.save(conn, card)
    day_counts.add(conn, gains.day, gains.counts, at)
