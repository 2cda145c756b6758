"""The console's pause of personal content: one switch for the whole store.

``POST /v1/pause`` turns it; the composer obeys from the next decision on, and what is personal is cleared at once.
"""

from __future__ import annotations

from edge.pipeline.takedown import ContentTakedown


class PersonalContentPause:
    """Stops everything personal, or lets it go on."""

    def __init__(self, takedown: ContentTakedown) -> None:
        self._takedown = takedown

    def turn(self, *, paused: bool) -> None:
        """Stop all personal content at once, or go on with the next decision."""
        self._takedown.pause(on=paused)
