"""``storeside models rehearse``: how soon a new shop would be good, by its own receipts or somebody else's.

``models`` adds the command to its group; ``models.rehearsal.rehearse`` lets the shop live.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.model_source import Columns, Offset, open_source
from edge.cli.model_training import Source, telling
from edge.cli.output import AsJson, Progress, print_document, say
from models.bundle.signature import OWN_WORK
from models.rehearsal.rehearse import RehearsalPeriod, RehearsalPlan, rehearse
from models.serving.open_bundle import open_bundle
from models.serving.registry import STARTER_BUNDLE
from models.sources.journey import read_journey

Given = Annotated[
    Path | None,
    typer.Option("--bundle", metavar="DIR", help="A bundle learnt elsewhere, to stand beside."),
]
Store = Annotated[
    int | None, typer.Option("--store", help="Whose receipts. Default: all, as one shop.")
]
Every = Annotated[
    int,
    typer.Option("--every", metavar="DAYS", min=1, help="Days between two nights of learning."),
]
Untold = Annotated[bool, typer.Option("--untold", help="As if nobody told what is promoted.")]


def add_to(group: typer.Typer) -> None:
    """Add the command to ``storeside models``."""
    group.command(
        name="rehearse",
        epilog="Example: storeside models rehearse --data completejourney --store 367",
    )(rehearse_shop)


def rehearse_shop(  # noqa: PLR0913  # the options of one command
    data: Source,
    store: Store = None,
    bundle: Given = None,
    every: Every = 1,
    utc_offset: Offset = None,
    *,
    columns: Columns = None,
    untold: Untold = False,
    as_json: AsJson = False,
) -> None:
    """Open a shop with an empty database, let it live through its receipts, and say how good its lists were.

    Each trip is foreseen from what the shop knew then; every night it learns by itself.
    """
    given = None if bundle is None else open_bundle(bundle, OWN_WORK)
    plan = RehearsalPlan(starter=STARTER_BUNDLE, store=store, every=every, untold=untold)
    with (
        Progress("reading") as progress,
        open_source(data, columns, utc_offset, telling(progress)) as source,
    ):
        journey = read_journey(source.data, source.utc_offset_hours)
        found = rehearse(journey, plan, given, lambda part: progress.at(part, "living"))
    if as_json:
        print_document(asdict(found))
        return
    say(
        f"{found.trips:,} trips, {found.items:,} products; {found.empty_lists} lists were empty"
    )
    for title, periods in (
        ("at arrival, after so many baskets", found.arrival),
        ("at the till, after so many baskets", found.till),
        ("at arrival, by week", found.weeks),
    ):
        for line in _table(title, periods):
            say(line)


def _table(title: str, periods: list[RehearsalPeriod]) -> Iterator[str]:
    """NDCG@10 of everybody who lists, a line a period."""
    names = [*periods[0].figures] if periods else []
    if names:
        yield ""
        yield f"NDCG@10 {title}"
        yield f"{'from':>7} {'trips':>7}  " + " ".join(f"{name:>13}" for name in names)
    for one in periods:
        figures = [one.figures[name]["ndcg_at_10"] for name in names]
        yield f"{one.begins:7,} {one.trips:7,}  " + " ".join(f"{it:13.3f}" for it in figures)
