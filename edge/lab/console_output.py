"""What demo and benchmark say to whoever watches, on standard error: standard output is for the document alone.

``demo.run`` and ``bench.suite`` make one and hand it down; what is told here is counted nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)


def error_console() -> Console:
    """Standard error, with no colours guessed from the words."""
    return Console(stderr=True, highlight=False)


class DemoOutput:
    """Tells people what happens: steps of the opening, the pages' addresses, shoppers coming and going."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or error_console()
        self._bar = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total} visits"),
            TextColumn("{task.fields[clock]}"),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._task: TaskID | None = None

    def step(self, text: str) -> None:
        """One step of the opening or closing is being done."""
        self._console.print(f"[dim]·[/dim] {text}", soft_wrap=True)

    def warn(self, text: str) -> None:
        """Something went wrong and was mended."""
        self._console.print(f"[yellow]![/yellow] {text}", soft_wrap=True)

    def open(self, name: str, links: Mapping[str, str]) -> None:
        """The store is open; where to look."""
        self._console.print(f"\n[bold green]{name} is open.[/bold green] Look at it here:")
        for title, url in links.items():
            # Not wrapped: an address cut in two cannot be opened by a click.
            self._console.print(f"  {title:<24}{url}", soft_wrap=True)
        self._console.print("Ctrl-C closes the store.\n", style="dim")

    def begin(self, visits: int) -> None:
        """The replay begins."""
        self._task = self._bar.add_task("Shoppers", total=visits, clock="")
        self._bar.start()

    def arrived(self, at: datetime) -> None:
        """One more shopper came in at business time ``at``, in the store's own zone."""
        if self._task is not None:
            self._bar.update(self._task, advance=1, clock=f"{at:%a %d %b %Y %H:%M}")

    def end(self) -> None:
        """The replay is over."""
        if self._task is not None:
            self._bar.stop()
            self._task = None


class BenchOutput:
    """Tells people what is measured at this moment, inside ``with``."""

    def __init__(self, console: Console | None = None) -> None:
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console or error_console(),
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
