"""The board of key figures, read aside from the loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path

from edge.campaigns.experiments.results import GlobalHoldout, incremental
from edge.campaigns.kpis.board import read_board
from edge.campaigns.kpis.board_document import BoardView, view_of
from edge.domain.clock import Clock
from edge.domain.kpi import DAYS, MeasuredLift
from edge.state.decider import Decider
from edge.storage.connection import open_reader
from edge.storage.database import Database
from edge.storage.measurement import day_counts


class StoredFigures:
    """Reads the board from the store's file, by a connection of its own; fits ``kpis.KeyFigures``."""

    def __init__(self, database: Database, path: Path, decider: Decider, clock: Clock) -> None:
        self._database = database
        self._path = path
        self._decider = decider
        self._clock = clock

    async def board(self) -> BoardView:
        """The board of the last four weeks of business time."""
        return await asyncio.to_thread(self._read, self._day())

    def today(self) -> Mapping[str, int]:
        """What was counted this local day."""
        day = self._day()
        found = self._database.read(partial(day_counts.between, first=day, last=day))
        return {count.value: value for count, value in found.items()}

    def _day(self) -> int:
        return self._decider.moment(self._clock.business(self._clock.now()))[0]

    def _read(self, day: int) -> BoardView:
        since = self._decider.begins(day - DAYS + 1)
        with closing(open_reader(self._path)) as conn:
            return view_of(read_board(conn, day, since, lift=self._lift(conn)))

    def _lift(self, conn: sqlite3.Connection) -> MeasuredLift | None:
        """What personal offers add to a visit, by the global holdout."""
        catalogue = self._decider.catalogue
        if catalogue is None:
            return None
        tuning = catalogue.tuning
        holdout = GlobalHoldout(salt=tuning.holdout_salt, pct=tuning.holdout_pct)
        return incremental(conn, holdout, self._clock.business(self._clock.now()))
