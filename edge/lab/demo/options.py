"""What a demo can be told.

``edge.cli.demo`` fills it in; ``run``, ``opening`` and ``replaying`` read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """The command line of ``storeside demo``.

    Units: ``speed`` store seconds a second, None for some 54 visits a minute; ``run_for_s`` seconds of
    replay, None for all of it. ``store`` None is the busiest, ``all`` pours every store into one; ``port`` 0
    is any free one. ``headless`` ends by itself when the replay is over; without it the store stays open.
    ``offline`` cuts the line to the centre from the first shopper to the last.
    """

    store: str | None = None
    speed: float | None = None
    run_for_s: float | None = None
    port: int = 8080
    folder: Path | None = None
    headless: bool = False
    offline: bool = False
    source: str = "completejourney"
