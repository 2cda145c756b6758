"""What a benchmark can be told.

``edge.cli.bench`` fills it in, ``suite`` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchOptions:
    """The command line of ``storeside bench``. ``quick``: short blocks, to see that it works; ``out``: its files."""

    quick: bool = False
    out: Path = Path()

    @property
    def turns(self) -> int:
        """How often each kind has its turn at a rate."""
        return 2 if self.quick else 5

    @property
    def seconds(self) -> float:
        """Length of a block."""
        return 0.5 if self.quick else 3.0

    @property
    def starts(self) -> int:
        """How often the service is started, and killed."""
        return 1 if self.quick else 5
