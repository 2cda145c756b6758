"""The board of key figures: read from what the store has counted, over the last four weeks.

Console and ``storeside kpis`` ask it; `board_document` puts it into words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.domain.driver_credit import Driver
from edge.domain.kpi import DAYS, KpiCounts, KpiFigure, MeasuredLift, RatingCounts, figures
from edge.storage.catalogue import challenges
from edge.storage.catalogue.challenges import ChallengeProgress
from edge.storage.decisions import feedback
from edge.storage.measurement import day_counts, driver_credits
from edge.storage.people import visit_days
from edge.storage.visits import associate_tips
from edge.storage.visits.associate_tips import TabletRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverTotals:
    """One driver: how many ``people`` were credited, at ``cents`` in sum; ``value_cents`` is what one is worth now."""

    driver: Driver
    people: int
    cents: int
    value_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiBoard:
    """Everything of one period. ``since`` is business time; nobody is named, a tablet's record is a device's."""

    since: datetime
    days: int
    figures: tuple[KpiFigure, ...]
    drivers: tuple[DriverTotals, ...]
    tablets: tuple[TabletRecord, ...]
    challenges: tuple[ChallengeProgress, ...]


def read_board(
    conn: sqlite3.Connection, day: int, since: datetime, lift: MeasuredLift | None = None
) -> KpiBoard:
    """The board of the ``DAYS`` days up to ``day``.

    Args:
        conn: Any connection to the store's file; it is only read.
        day: The last local day (since 1970) that counts.
        since: The instant at which the first of them began.
        lift: What measuring says of the treated; incremental sales are told only with it.
    """
    counts = day_counts.between(conn, day - DAYS + 1, day)
    credited, values = driver_credits.credited(conn, since), driver_credits.values(conn)
    counted = KpiCounts(
        counts=counts,
        comers=visit_days.comers(conn, day),
        ratings=_ratings(conn, since),
        bounties=sum(people for people, _ in credited.values()),
        bounties_cents=sum(cents for _, cents in credited.values()),
        lift=lift,
    )
    return KpiBoard(
        since=since,
        days=DAYS,
        figures=figures(counted),
        drivers=tuple(_brought(driver, credited, values) for driver in Driver),
        tablets=associate_tips.records(conn, since),
        challenges=challenges.progress(conn, since),
    )


def _brought(
    driver: Driver, credited: Mapping[Driver, tuple[int, int]], values: Mapping[Driver, int]
) -> DriverTotals:
    people, cents = credited.get(driver, (0, 0))
    return DriverTotals(
        driver=driver, people=people, cents=cents, value_cents=values.get(driver, 0)
    )


def _ratings(conn: sqlite3.Connection, since: datetime) -> RatingCounts:
    answers, total, content = feedback.ratings(conn, since)
    return RatingCounts(answers=answers, total=total, content=content)
