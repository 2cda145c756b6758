"""``storeside models``: the life of the model, from raw baskets to the one in use and back to the one before."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.answer import AsJson, Progress, print_document, say
from edge.cli.place import ConfigFile, DataFolder, settings_at
from edge.settings import Settings
from edge.storage import bells
from edge.storage.bells import Bell
from edge.storage.connection import open_connection, transaction
from models.evaluate import evaluate as judge
from models.manifest import Manifest, read_manifest
from models.shelf import Shelf
from models.train import train as learn
from models.verify import verify_bundle

_SEED = 7

Source = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="completejourney, or a folder with transactions.parquet and products.parquet.",
    ),
]
Bundle = Annotated[Path, typer.Argument(metavar="DIR", help="A bundle's folder.")]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside models train --data completejourney --out bundle")(
        train
    )
    group.command(
        epilog="Example: storeside models evaluate --data completejourney --bundle bundle --json"
    )(evaluate)
    group.command("list", epilog="Example: storeside models list --dir .storeside-demo")(
        show_all
    )
    group.command(epilog="Example: storeside models verify bundle")(verify)
    group.command(epilog="Example: storeside models activate bundle --dir .storeside-demo")(
        activate
    )
    group.command(epilog="Example: storeside models rollback --dir .storeside-demo")(rollback)
    program.add_typer(group, name=name)


def train(
    data: Source,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the bundle goes.")],
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="The last day to learn from."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="The same seed gives the same bundle.")
    ] = _SEED,
    *,
    as_json: AsJson = False,
) -> None:
    """Learn a bundle from raw baskets."""
    day = None if until is None else until.replace(tzinfo=UTC).date()
    with Progress("reading") as progress:
        manifest = learn(data, out, day, seed, lambda stage, part: progress.at(part, stage))
    if as_json:
        print_document({"bundle": str(out), **_described(manifest)})
        return
    say(f"{manifest.label} is in {out}")
    for name, value in manifest.metrics.items():
        say(f"  {name:24} {value:.4f}")


def evaluate(
    data: Source,
    bundle: Annotated[
        Path, typer.Option("--bundle", metavar="DIR", help="The bundle to judge.")
    ],
    targets: Annotated[
        Path | None,
        typer.Option(
            "--targets", metavar="FILE", help="Parquet of household_id, as_of to predict for."
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            "--predictions", metavar="OUT", help="Parquet to write the lists of ten to."
        ),
    ] = None,
    weeks: Annotated[
        tuple[int, int], typer.Option("--weeks", help="First and last week to judge on.")
    ] = (45, 48),
    *,
    as_json: AsJson = False,
) -> None:
    """Judge a bundle against published baselines on trips it has not seen, or predict for given trips."""
    report = judge(data, bundle, weeks, targets, predictions)
    if as_json:
        print_document(report)
        return
    for name, value in report.items():
        say(f"{name:24} {value}")


def show_all(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """List the bundles of the store; the one in use is marked."""
    stored = Shelf(settings_at(config, folder).shelf).list()
    if as_json:
        rows = [
            {
                "digest": s.digest,
                "active": s.active,
                "path": str(s.path),
                **_described(s.manifest),
            }
            for s in stored
        ]
        print_document({"models": rows})
        return
    for one in stored:
        say(f"{'*' if one.active else ' '} {one.manifest.label:32} {one.digest[:12]}")


def verify(bundle: Bundle, *, as_json: AsJson = False) -> None:
    """Check every promise of a bundle: seals, graph, operators, golden scores."""
    manifest = verify_bundle(bundle)
    if as_json:
        print_document({"verified": True, **_described(manifest)})
    else:
        say(f"{manifest.label} holds all its promises")


def activate(
    bundle: Bundle,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Verify a bundle and put it in use; a running service changes over between two decisions."""
    settings = settings_at(config, folder)
    _answer(settings, Shelf(settings.shelf).activate(bundle), as_json=as_json)


def rollback(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Put the bundle that was used before back in use."""
    settings = settings_at(config, folder)
    _answer(settings, Shelf(settings.shelf).rollback(), as_json=as_json)


def _answer(settings: Settings, active: Path, *, as_json: bool) -> None:
    """Tell a running service, and say what is in use."""
    if settings.database.is_file():
        with closing(open_connection(settings.database)) as conn, transaction(conn):
            bells.ring(conn, Bell.MODEL)
    manifest = read_manifest(active)[0]
    if as_json:
        print_document({"active": active.name, **_described(manifest)})
    else:
        say(f"{manifest.label} is in use")


def _described(manifest: Manifest) -> dict[str, object]:
    return {
        "model": manifest.label,
        "trained_from": manifest.trained_from.isoformat(),
        "trained_until": manifest.trained_until.isoformat(),
        "items": manifest.items,
        "metrics": manifest.metrics,
    }
