"""The board of key figures, read aside from the loop, and what was counted today.

``GET /v1/kpis`` asks for the board; ``/metrics`` tells what was counted today.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial

from edge.campaigns.experiments.results import GlobalHoldout, incremental
from edge.campaigns.kpis.board import read_board
from edge.campaigns.kpis.board_document import BoardView, view_of
from edge.domain.clock import Clock
from edge.domain.kpi import DAYS, MeasuredLift
from edge.domain.store_site import StoreSite
from edge.state.catalogue import CurrentCatalogue
from edge.storage.database import Database
from edge.storage.measurement import day_counts


class StoredFigures:
    """The board of four weeks, and the counts of today."""

    def __init__(
        self, database: Database, catalogue: CurrentCatalogue, site: StoreSite, clock: Clock
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._site = site
        self._clock = clock

    async def board(self) -> BoardView:
        """The board of the last four weeks of business time."""
        day = self._day()
        # Today is the last of the days.
        since = self._site.begins(day - DAYS + 1)
        return await self._database.read_aside(
            lambda conn: view_of(read_board(conn, day, since, lift=self._lift(conn)))
        )

    def today(self) -> Mapping[str, int]:
        """What was counted this local day."""
        day = self._day()
        # A row for each thing counted: quick enough for the loop.
        found = self._database.read(partial(day_counts.between, first=day, last=day))
        return {count.value: value for count, value in found.items()}

    def _day(self) -> int:
        return self._site.moment(self._clock.business(self._clock.now()))[0]

    def _lift(self, conn: sqlite3.Connection) -> MeasuredLift | None:
        """What personal offers add to a visit, by the global holdout."""
        catalogue = self._catalogue.in_force
        if catalogue is None:
            return None
        tuning = catalogue.tuning
        holdout = GlobalHoldout(salt=tuning.holdout_salt, pct=tuning.holdout_pct)
        return incremental(conn, holdout, self._clock.business(self._clock.now()))
