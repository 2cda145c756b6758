"""``storeside decisions``: stored decisions are made again – to the same bytes, or with something different."""

from __future__ import annotations

import typer

from edge.cli import whatif
from edge.cli.dates import Since, utc
from edge.cli.output import AsJson, Progress, note, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, need_data, settings_at
from edge.state.replay import replay as replay_all
from models.serving.registry import BundleRegistry


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    group.command(epilog="Example: storeside decisions replay --dir .storeside-demo --json")(
        replay
    )
    whatif.add_to(group)
    program.add_typer(group, name=name)


def replay(
    since: Since = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make every stored decision again, also from a copy of the data folder; exit 1 if one differs."""
    settings = settings_at(config, folder)
    need_data(settings)
    with Progress("decisions") as progress:
        report = replay_all(
            settings.database,
            BundleRegistry(settings.bundles, settings.model_keys),
            utc(since),
            progress=lambda done, of: progress.at(done / of),
        )
    for id_, reason in report.different.items():
        note(f"{id_}: {reason}")
    if as_json:
        print_document(report.as_json())
    else:
        say(f"{report.replayed} decisions replayed, {report.identical} identical")
    if report.different:
        raise typer.Exit(1)


def _group() -> None:
    """What was decided, made again: the same, or with something different."""
