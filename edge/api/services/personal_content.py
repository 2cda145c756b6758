"""The console's pause of personal content: one switch for the whole store.

``POST /v1/pause`` turns it; the executor obeys from the next decision on and clears what is personal at once.
"""

from __future__ import annotations

from edge.pipeline.executor import Executor


class PersonalContentPause:
    """Stops everything personal, or lets it go on."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def turn(self, *, paused: bool) -> None:
        """Stop all personal content at once, or go on with the next decision."""
        self._executor.pause(on=paused)
