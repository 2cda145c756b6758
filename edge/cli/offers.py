"""``storeside offers``: a file of campaigns and offers is checked and published as a whole, or not at all.

``program`` loads it for this command alone; ``campaigns`` exports with it. Files are read by
``campaigns.authoring`` and pass ``campaign_checks``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from edge.campaigns.authoring.document import PortfolioBody, read_portfolio, written
from edge.campaigns.authoring.pending_change import PendingChange, whole
from edge.cli.campaign_checks import By, hand_of, judge, tell
from edge.cli.campaign_checks import publish as publish_if_sound
from edge.cli.local_change import open_store
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.storage.catalogue import offers

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Campaigns and offers: YAML, JSON, or CSV by its name."
    ),
]
Form = Annotated[
    Literal["yaml", "csv"], typer.Option("--form", help="csv is for a spreadsheet.")
]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside offers check june.yaml --dir .storeside-demo")(
        check
    )
    group.command(epilog="Example: storeside offers publish june.yaml --by anna")(publish)
    group.command("list", epilog="Example: storeside offers list --dir .storeside-demo")(told)
    group.command(epilog="Example: storeside offers export --form csv > all.csv")(export)
    program.add_typer(group, name=name)


def check(
    file: File, config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Hold a file against what stands in the store and say what is wrong; exit 1 if it may not be published."""
    with open_store(config, folder) as store:
        verdict = judge(store, PendingChange(coming=read_portfolio(file)))
    tell(verdict, "nothing forbids these offers", as_json=as_json, published=0)


def publish(
    file: File,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Check a file and put it over what stands; a running service proposes it at once, and what is left out stays."""
    with open_store(config, folder) as store:
        coming = read_portfolio(file)
        hand = hand_of(store, by)
        verdict = publish_if_sound(store, PendingChange(coming=coming), hand, "published")
    # What was counted in the file has not been published where the tower forbids it.
    count = len(coming.offers) if verdict.published else 0
    running = len(coming.campaigns) if verdict.published else 0
    done = f"{count} offers and {running} campaigns published"
    tell(verdict, done, as_json=as_json, published=count, campaigns=running)


def told(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Every offer that stands, with its tags."""
    with open_store(config, folder) as store:
        rows = [
            {
                "id": offer.id,
                "headline": offer.headline,
                "live": offer.is_live(store.at),
                "segment": offer.segment,
                "offer_type": offer.offer_type,
                "channels": offer.channels,
                "placements": offer.placements,
                "category": offer.category,
                "campaign": offer.campaign,
                "ends_at": offer.ends_at.isoformat(),
            }
            for offer in offers.every(store.conn)
        ]
    if as_json:
        print_document({"offers": rows})
        return
    for row in rows:
        state = "live" if row["live"] else "not live"
        say(f"{row['id']:24}  {state:8}  {row['campaign']:20}  {row['headline']}")


def export(
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    form: Form = "yaml",
    as_json: AsJson = False,
) -> None:
    """All campaigns and offers that stand, as a file that can be published again."""
    with open_store(config, folder) as store:
        write_out(whole(store.conn), form, as_json=as_json)


def write_out(portfolio: PortfolioBody, form: Literal["yaml", "csv"], *, as_json: bool) -> None:
    """Print a portfolio in the form that was asked for."""
    if as_json:
        # Defaults are left out, so that the file stays as short as somebody would write it.
        print_document(portfolio.model_dump(mode="json", exclude_defaults=True))
    else:
        say(written(portfolio, form).rstrip("\n"))
