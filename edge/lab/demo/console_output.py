"""What the demo says while it runs, on standard error: standard output is for the summary alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from edge.lab.demo.shop import TIME_ZONE


class DemoOutput:
    """Tells people what happens: steps of the opening, the pages' addresses, shoppers coming and going."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
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
            self._console.print(f"  {title:<24}{url}", soft_wrap=True)
        self._console.print("Ctrl-C closes the store.\n", style="dim")

    def begin(self, visits: int) -> None:
        """The replay begins."""
        self._task = self._bar.add_task("Shoppers", total=visits, clock="")
        self._bar.start()

    def arrived(self, at: datetime) -> None:
        """One more shopper came in at business time ``at``."""
        if self._task is not None:
            clock = f"{at.astimezone(TIME_ZONE):%a %d %b %Y %H:%M}"
            self._bar.update(self._task, advance=1, clock=clock)

    def end(self) -> None:
        """The replay is over."""
        if self._task is not None:
            self._bar.stop()
            self._task = None
