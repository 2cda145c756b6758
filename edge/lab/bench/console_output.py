"""What the benchmark says while it runs, on standard error: standard output is for the document alone."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class BenchOutput:
    """Tells people what is measured at this moment, inside ``with``."""

    def __init__(self, console: Console | None = None) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console or Console(stderr=True, highlight=False),
        )
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def step(self, text: str) -> None:
        """One step is being done; a line stays of each where nobody watches a terminal."""
        self._bar.update(self._task, description=text)
        if not self._bar.console.is_terminal:
            self._bar.console.print(f"· {text}", soft_wrap=True)
