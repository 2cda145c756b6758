"""Experiments as the console and the command line see them: worked out aside from the loop, in figures and words.

The experiments' routes and ``storeside experiments`` call it; a promoted arm is written as a campaign's next version.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from edge.api.http.errors import CannotPromote, CannotTell
from edge.api.services.experiment_text import report_of, view_of
from edge.api.services.uplift_text import uplift_view
from edge.api.views.experiments import ExperimentReport, ExperimentView
from edge.campaigns.experiments.campaign_uplift import campaign_uplift
from edge.campaigns.experiments.errors import NoSuchTest, TestRefused
from edge.campaigns.experiments.promote_winner import promote
from edge.campaigns.experiments.randomised import Metric
from edge.campaigns.experiments.results import (
    ExperimentEvidence,
    GlobalHoldout,
    Result,
    gather,
    iterations,
    judge,
)
from edge.domain.catalogue import Tuning
from edge.domain.clock import Clock
from edge.domain.currency import StoreCurrency
from edge.storage.catalogue.campaign_versions import Hand
from edge.storage.database import Database
from models.errors import StatisticsMissing

_HEADLINE = (Metric.VISIT_SPEND,)


class StoredExperiments:
    """Every experiment of the store's file; one question at a time, for each takes a core for a while."""

    def __init__(
        self, database: Database, tuning: Tuning, clock: Clock, currency: StoreCurrency
    ) -> None:
        """``tuning`` names the global holdout, which every experiment is held against; money is in ``currency``."""
        self._database = database
        self._holdout = GlobalHoldout(salt=tuning.holdout_salt, pct=tuning.holdout_pct)
        self._clock = clock
        self._currency = currency
        self._one_at_a_time = asyncio.Lock()

    async def all(self) -> Sequence[ExperimentView]:
        """Every test with its first figure."""
        async with self._one_at_a_time:
            now = self._business()
            found = await self._gathered()
            return await asyncio.to_thread(
                lambda: [
                    view_of(_judged(one, now, _HEADLINE), now, self._currency) for one in found
                ]
            )

    async def one(self, id_: str) -> ExperimentReport | None:
        """One test in full."""
        async with self._one_at_a_time:
            now = self._business()
            found = await self._gathered()
            return await asyncio.to_thread(full_report, found, id_, now, self._currency)

    async def promote(self, id_: str, arm: str, *, anyway: bool) -> ExperimentReport | None:
        """Let an arm be the rule; a running service decides by it at once.

        Raises:
            CannotPromote: there is no such arm, or it has not won.
        """
        async with self._one_at_a_time:
            found = await self._gathered()
            test = next((evidence for evidence in found if evidence.id == id_), None)
            if test is None:
                return None
            # Judged anew: what the page has shown may be old by now.
            result = await asyncio.to_thread(_judged, test, self._business(), _HEADLINE)
            hand = Hand("console", self._clock.now())

            def work(conn: sqlite3.Connection) -> None:
                promote(conn, result, arm, hand, anyway=anyway)

            try:
                await self._database.write(work)
            except NoSuchTest:
                return None
            except TestRefused as error:
                raise CannotPromote(f"{error}; {error.hint}") from error
        # Behind the lock, which `one` takes itself: it cannot be taken twice.
        return await self.one(id_)

    def _business(self) -> datetime:
        return self._clock.business(self._clock.now())

    async def _gathered(self) -> tuple[ExperimentEvidence, ...]:
        return await self._database.read_aside(partial(gather, holdout=self._holdout))


def evidence(
    conn: sqlite3.Connection, holdout: GlobalHoldout
) -> tuple[ExperimentEvidence, ...]:
    """What was counted, of one state of the file."""
    conn.execute("BEGIN")
    try:
        return gather(conn, holdout)
    finally:
        conn.execute("COMMIT")


def full_report(
    found: Sequence[ExperimentEvidence], id_: str, now: datetime, currency: StoreCurrency
) -> ExperimentReport | None:
    """One test in full, with its iterations; None where there is none of that name."""
    known: Mapping[str, ExperimentEvidence] = {one.id: one for one in found}
    if id_ not in known:
        return None
    # Of earlier iterations the first figure only: each further one takes a core for a while.
    earlier = [_judged(one, now, _HEADLINE) for one in iterations(found, id_) if one.id != id_]
    judged = _judged(known[id_], now, tuple(Metric))
    # What moves whom is asked of people: of hours on and off there is nobody.
    uplift = None if judged.people is None else uplift_view(campaign_uplift(known[id_], now))
    return report_of(judged, earlier, uplift, now, currency)


def _judged(one: ExperimentEvidence, now: datetime, metrics: Sequence[Metric]) -> Result:
    try:
        return judge(one, now, metrics=metrics)
    except StatisticsMissing as error:
        raise CannotTell(str(error)) from error
