"""What a store needs before it is of use, each part checked anew when somebody asks.

``/readyz`` asks, and answers 503 with the names of what is missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from edge.domain.clock import is_doubtful
from edge.pipeline.runtime import Runtime
from edge.pipeline.supervisor import Supervisor


class ReadinessChecks:
    """The parts of a running store, with whether each is there."""

    def __init__(self, runtime: Runtime, supervisor: Supervisor) -> None:
        self._runtime = runtime
        self._supervisor = supervisor

    def checks(self) -> Mapping[str, bool]:
        """Each part with whether it is there; the fallback counts as a model."""
        runtime = self._runtime
        return {
            "database": self._reads(),
            "broker": runtime.devices.bus.connected,
            "model": runtime.state.catalogue.in_force is not None,
            # A policy without a cell allows nothing to anybody.
            "policy": bool(runtime.facts.market.cells),
            "parts": self._supervisor.healthy,
            # It works on by its own count, and somebody has to set the machine's clock right.
            "clock": not is_doubtful(runtime.clock),
        }

    def _reads(self) -> bool:
        try:
            # Of a real table: SQLite answers a bare SELECT 1 without looking at the file.
            self._runtime.database.read(
                lambda conn: conn.execute("SELECT 1 FROM notes LIMIT 1")
            )
        except sqlite3.Error:
            return False
        return True
