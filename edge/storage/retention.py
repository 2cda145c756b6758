"""What is old goes: each class of data after its own number of days."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud_sync import outbox
from edge.domain.errors import SettingsInvalid
from edge.storage import erased_people, other_channel_sales
from edge.storage.catalogue import challenges, promotions
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
from edge.storage.operations import box_facts
from edge.storage.people import coupons, messages, reminders, used_claims, visit_days
from edge.storage.visits import associate_tips, baskets, processed_events, visits

# Days by class of data; `events` are those the centre has, all others wait as long as they must.
# 72 hours of what tells how somebody shopped, a month of what must not count twice.
# Exposures and responses outlive the five weeks that caps and back-off look back, redemptions every offer,
# outcomes the four weeks that a test counts and two months of reading it, tombstones every copy that could still
# come back, messages the longest rest of a trigger (90 days).
DEFAULT_DAYS: Mapping[str, int] = {
    "seen": 31,
    "claims": 1,
    "visits": 3,
    "baskets": 3,
    "decisions": 3,
    "exposures": 36,
    "responses": 36,
    "redemptions": 395,
    "outcomes": 90,
    "stretches": 395,
    "audit": 395,
    "messages": 93,
    "reminders": 180,
    "tips": 31,
    "trips": 92,
    "counts": 395,
    "cards": 31,
    "bounties": 395,
    "plays": 31,
    "promotions": 31,
    "replies": 31,
    "coupons": 365,
    "events": 3,
    "tombstones": 400,
}

# One call deletes so many rows of a class at most: the writer is then held for milliseconds.
LIMIT = 5_000

# After a gap this long the clock is not believed: it may have jumped, or the box was off.
_GAP = timedelta(days=1)

_LAST, _DOUBTED = "swept-at", "sweep-doubted-at"

_Sweep = Callable[[sqlite3.Connection, datetime, int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep did: rows removed by class; whether it was ``held``; whether ``more`` is waiting."""

    removed: Mapping[str, int]
    held: bool = False
    more: bool = False


def sweep(
    conn: sqlite3.Connection, now: datetime, days: Mapping[str, int], *, limit: int = LIMIT
) -> Swept:
    """Delete what is older than ``days`` of its class (`DEFAULT_DAYS` where not said), in the caller's transaction.

    To be called hourly, and again at once while there is ``more``. When the clock has moved on by more than a
    day since the last sweep, everything is held for a day: a clock that jumped for an hour deletes nothing.

    Raises:
        SettingsInvalid: ``days`` names a class of data that is not kept here.
    """
    unknown = set(days) - set(DEFAULT_DAYS)
    if unknown:
        raise SettingsInvalid(
            f"no class of data is called {', '.join(sorted(unknown))}",
            hint=f"the classes are {', '.join(DEFAULT_DAYS)}",
        )
    if _held(conn, now):
        return Swept(removed={}, held=True)
    kept = {**DEFAULT_DAYS, **days}
    removed = {
        name: step(conn, now - timedelta(days=kept[of]), limit)
        for name, (of, step) in _SWEEPS.items()
    }
    return Swept(removed=removed, more=any(rows >= limit for rows in removed.values()))


def _held(conn: sqlite3.Connection, now: datetime) -> bool:
    last = _instant(conn, _LAST)
    box_facts.put(conn, _LAST, now.isoformat())
    if last is not None and abs(now - last) > _GAP:
        box_facts.put(conn, _DOUBTED, now.isoformat())
        return True
    doubted = _instant(conn, _DOUBTED)
    return doubted is not None and now - doubted < _GAP


def _instant(conn: sqlite3.Connection, name: str) -> datetime | None:
    note = box_facts.find(conn, name)
    return None if note is None else datetime.fromisoformat(note)


def _sweep_events(conn: sqlite3.Connection, before: datetime, limit: int) -> int:
    return outbox.sweep(conn, before, limit=limit)


def _sweep_tombstones(conn: sqlite3.Connection, before: datetime, _limit: int) -> int:
    return erased_people.sweep(conn, before)


# Each sweep with the class whose days it follows: a snapshot lives as long as the decisions that read it.
_SWEEPS: Mapping[str, tuple[str, _Sweep]] = {
    "seen": ("seen", processed_events.sweep),
    "claims": ("claims", used_claims.sweep),
    "baskets": ("baskets", baskets.sweep),
    "visits": ("visits", visits.sweep),
    "decisions": ("decisions", decisions.sweep),
    "snapshots": ("decisions", snapshots.sweep),
    "exposures": ("exposures", exposures.sweep),
    "responses": ("responses", responses.sweep),
    "redemptions": ("redemptions", redemptions.sweep),
    "outcomes": ("outcomes", experiment_outcomes.sweep),
    "distant_sales": ("outcomes", other_channel_sales.sweep),
    "stretches": ("stretches", switchback_sums.sweep),
    "audit": ("audit", audit_log.sweep),
    "messages": ("messages", messages.sweep),
    "reminders": ("reminders", reminders.sweep),
    "tips": ("tips", associate_tips.sweep),
    "trips": ("trips", visit_days.sweep),
    "counts": ("counts", day_counts.sweep),
    "cards": ("cards", challenges.sweep),
    "bounties": ("bounties", driver_credits.sweep),
    "plays": ("plays", proof_of_play.sweep),
    "promotions": ("promotions", promotions.sweep),
    "replies": ("replies", feedback.sweep),
    "coupons": ("coupons", coupons.sweep),
    "events": ("events", _sweep_events),
    "tombstones": ("tombstones", _sweep_tombstones),
}
