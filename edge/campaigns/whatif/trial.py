"""A recorded stretch of the store's life under another configuration: what it would have earned, before it is live.

Who was held out, who got which variant and which creative was drawn by known chances. So the log holds what the
other configuration would have shown, as often as chance let it, and each showing is weighed by how likely it would
have been, over how likely it was: `models.causal.offpolicy`. Showings that would be drawn just as they were are
left out of the estimate, for nothing would change; so are those where the log could never show what the change
would, and of too many such it says that it cannot tell.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.campaigns.whatif.answers import TrialReport, WhatIfAnswer
from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.estimate import LoggedRow, reckon
from edge.campaigns.whatif.outcomes import DecisionOutcomes, OutcomeMeasure
from edge.campaigns.whatif.person_history import (
    PastShowing,
    ShowingHistories,
    ShowingHistory,
    ShowingOdds,
)
from edge.domain.consent import Purpose
from edge.domain.errors import NotReplayable
from edge.domain.placement import PLACEMENTS
from edge.state.replay import Progress, Sources, ids_since, open_copy, stored_as
from edge.storage.decisions import decisions
from edge.storage.people import consents
from models.serving.registry import BundleRegistry

NO_LEAVE = "no leave to be measured"
"""Why somebody is left out who did not agree to it, or no longer does."""


def trial(
    database: Path,
    bundles: BundleRegistry,
    change: WhatIfChange,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    progress: Progress = lambda _done, _of: None,
) -> TrialReport:
    """Estimate what ``change`` would have earned from ``since`` (included) until ``until`` (not; business times).

    What everybody sees, and lists that stand on no screen, are left aside: nobody's answer can be laid to them.

    Args:
        database: The store's file or a copy of it; it is only read.
        bundles: Where the model bundles lie.
        change: What would be different.
        since: From the first decision on where absent.
        until: To the last where absent.
        progress: Told after each person.

    Raises:
        StorageFailed: the file cannot be read.
        StatisticsMissing: the library that intervals come from is not installed.
    """
    with closing(open_copy(database)) as conn:
        ledger = _Ledger(conn, ShowingHistories(Sources(conn, bundles, change.ranker), change))
        people = _people(_showings(conn, since, until, ledger.left_out))
        for done, showings in enumerate(people, start=1):
            ledger.enter(done, showings)
            progress(done, len(people))
    return TrialReport(
        since=since,
        until=until,
        showings=sum(map(len, people)),
        people=len(people),
        answers=tuple(sheet.answer(measure) for measure, sheet in ledger.sheets.items()),
        left_out=dict(ledger.left_out),
    )


def last_day(database: Path, zone: ZoneInfo) -> datetime | None:
    """When the latest day on which something was decided began, on the store's wall clock; None without any.

    Raises ``StorageFailed``: the file cannot be read.
    """
    with closing(open_copy(database)) as conn:
        latest = decisions.recent(conn, 1)
    if not latest:
        return None
    local = latest[0].at.astimezone(zone)
    return datetime.combine(local.date(), time.min, zone)


@dataclass(slots=True)
class _Sheet:
    """The rows of one measure so far."""

    rows: int = 0
    touched: int = 0
    unsupported: int = 0
    kept: list[LoggedRow] = field(default_factory=list[LoggedRow])

    def add(self, person: int, earned: float, odds: ShowingOdds) -> None:
        """One more row."""
        self.rows += 1
        self.touched += odds.touched
        if odds.touched and not odds.supported:
            self.unsupported += 1
        elif odds.touched:
            self.kept.append(LoggedRow(person, earned, odds.logged, odds.target))

    def answer(self, measure: OutcomeMeasure) -> WhatIfAnswer:
        return WhatIfAnswer(
            measure=measure,
            rows=self.rows,
            touched=self.touched,
            unsupported=self.unsupported,
            found=reckon(self.kept),
        )


class _Ledger:
    """Takes people in, one after the other; ``left_out`` counts showings by the reason."""

    def __init__(self, conn: sqlite3.Connection, past: ShowingHistories) -> None:
        self._conn = conn
        self._past = past
        self._outcomes = DecisionOutcomes(conn)
        self.sheets = {measure: _Sheet() for measure in OutcomeMeasure}
        self.left_out = Counter[str]()

    def enter(self, person: int, showings: Sequence[PastShowing]) -> None:
        """All showings of one person, oldest first."""
        if not self._may_be_measured(showings[-1]):
            self.left_out[NO_LEAVE] += len(showings)
            return
        lives = list(self._lives(showings))
        for life in lives:
            self._enter_showings(person, life)
        # Spending is the whole person's: in two configurations, or with a part left out, no one weight speaks for it.
        if len(lives) == 1 and len(lives[0].showings) == len(showings):
            visits = dict.fromkeys(s.visit for s in showings if s.visit is not None)
            spent = self._outcomes.spent_cents(visits)
            self.sheets[OutcomeMeasure.SPENT].add(person, spent, lives[0].whole())

    def _enter_showings(self, person: int, life: ShowingHistory) -> None:
        for showing, odds in life.one_by_one():
            for measure in OutcomeMeasure:
                if measure.of_a_showing:
                    earned = self._outcomes.of_showing(measure, showing.id)
                    self.sheets[measure].add(person, earned, odds)

    def _lives(self, showings: Sequence[PastShowing]) -> Iterator[ShowingHistory]:
        """A person's showings under each configuration that was in force."""
        # Draws can be weighed only against those of the same catalogue.
        for digest in dict.fromkeys(one.inputs.catalogue for one in showings):
            part = [one for one in showings if one.inputs.catalogue == digest]
            try:
                yield self._past.life(part)
            except NotReplayable as reason:
                self.left_out[str(reason)] += len(part)

    def _may_be_measured(self, latest: PastShowing) -> bool:
        """Nobody in particular may; somebody only where they agreed to it and did not take it back since."""
        token, at = latest.token, latest.inputs.at
        return token is None or consents.of(self._conn, token).covers(Purpose.MEASURE, at)


def _showings(
    conn: sqlite3.Connection,
    since: datetime | None,
    until: datetime | None,
    left_out: Counter[str],
) -> Iterator[PastShowing]:
    """What was decided for somebody's eyes alone, oldest first."""
    for id_ in ids_since(conn, since):
        try:
            stored = stored_as(conn, id_)
            if stored is None or (until is not None and stored.at >= until):
                continue
            placement = PLACEMENTS.get(stored.placement)
            if placement and placement.can_be_overlooked and not placement.public:
                yield PastShowing.of(stored)
        except NotReplayable as reason:
            left_out[str(reason)] += 1


def _people(showings: Iterable[PastShowing]) -> list[list[PastShowing]]:
    """Showings by whom they were for, in the order in which they came."""
    people = dict[str, list[PastShowing]]()
    for showing in showings:
        people.setdefault(showing.person, []).append(showing)
    return list(people.values())
