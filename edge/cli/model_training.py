"""``storeside models train|refresh|evaluate|tune``: the analyst's part of a model's life.

``models`` adds these commands to its group. ``models.training`` learns, ``models.evaluation`` judges;
``model_signing`` then lets a store trust what came out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Annotated

import typer

from edge.cli import model_signing
from edge.cli.model_signing import KeyFile
from edge.cli.model_source import Columns, Offset, OpenedSource, open_source
from edge.cli.output import AsJson, Progress, note, print_document, say
from models.bundle.manifest import LEARNT, Manifest, read_manifest
from models.bundle.signature import sign, signer_named
from models.evaluation.checks.window import DateRange
from models.evaluation.evaluate import evaluate as judge
from models.evaluation.report.page import headlines, write_report
from models.evaluation.tune import best_of, tune_methods
from models.sources.row_filter import LEFT_OUT, NO_CARD
from models.statistics.tabulate import TablePlan
from models.training.refresh import refresh as count_anew
from models.training.train import TrainPlan
from models.training.train import train as learn

_MIN_TRIPS = TablePlan().trips_min
# Any will do; one that never changes lets two people make the same bundle.
_SEED = 7

Source = Annotated[
    str,
    typer.Option(
        "--data",
        metavar="SOURCE",
        help="completejourney, ta-feng, or a folder with transactions and products (and promotions, if there"
        " are any) as .parquet, .csv, .tsv or .jsonl.",
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the bundle goes.")]
Learnt = Annotated[Path, typer.Option("--bundle", metavar="DIR", help="The bundle.")]
Until = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="The last day to learn from."),
]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same bundle.")]
MinTrips = Annotated[
    int,
    typer.Option(
        "--min-trips", min=1, help="In so many trips an item must have been to be learnt of."
    ),
]
OwnItems = Annotated[
    int | None,
    typer.Option(
        "--min-trips",
        min=1,
        help="Take the source's own items, those in so many trips, instead of the bundle's:"
        " another grocer's network over these tables.",
    ),
]
Chain = Annotated[
    Path | None,
    typer.Option(
        "--chain",
        metavar="WORK",
        help="Count out of core in this folder, for data beyond memory; needs --until.",
    ),
]
Memory = Annotated[
    int, typer.Option("--memory", metavar="MB", min=256, help="For --chain: of the counting.")
]
Targets = Annotated[
    Path | None,
    typer.Option(
        "--targets", metavar="FILE", help="Parquet of household_id, as_of to predict for."
    ),
]
Predictions = Annotated[
    Path | None,
    typer.Option("--predictions", metavar="OUT", help="Parquet to write the lists to."),
]
Weeks = Annotated[
    tuple[int, int] | None,
    typer.Option(
        "--weeks",
        help="First and last of the source's weeks to judge on. Default: the 28 days after"
        " the bundle's last.",
    ),
]
First = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="The first day to judge on."),
]
Last = Annotated[
    datetime | None,
    typer.Option("--until", formats=["%Y-%m-%d"], help="The last day to judge on."),
]
Page = Annotated[
    Path | None,
    typer.Option("--report", metavar="DIR", help="Write a page with charts there."),
]
Latency = Annotated[
    bool, typer.Option("--latency", help="Also measure how long a decision takes here.")
]
Untold = Annotated[
    bool,
    typer.Option("--untold", help="Judge as if nobody told promotions and the trip's store."),
]

Tuned = Annotated[
    Path | None,
    typer.Option(
        "--tuned",
        metavar="FILE",
        help="What models tune --json printed: settings of the published methods for this source.",
    ),
]

# The bundle is there and signed, and is no model: nothing learnt beat the best named strategy.
_COUNTED = 3


def add_to(group: typer.Typer) -> None:
    """Add the commands to ``storeside models``."""
    group.command(epilog="Example: storeside models train --data completejourney --out bundle")(
        train
    )
    group.command(
        epilog="Example: storeside models refresh --data FOLDER --bundle bundle --out newer"
    )(refresh)
    group.command(
        epilog="Example: storeside models evaluate --data completejourney --bundle bundle --json"
    )(evaluate)
    group.command(
        epilog="Example: storeside models tune --data completejourney --bundle bundle"
    )(tune)


def train(  # noqa: PLR0913  # the options of one command
    data: Source,
    out: Out,
    until: Until = None,
    seed: Seed = _SEED,
    utc_offset: Offset = None,
    key: KeyFile = None,
    *,
    min_trips: MinTrips = _MIN_TRIPS,
    columns: Columns = None,
    chain: Chain = None,
    memory: Memory = 4096,
    as_json: AsJson = False,
) -> None:
    """Learn a bundle from raw baskets, and sign it; exit 3 if counting was better and is what it answers by."""
    # Before the hours of learning: a key that cannot be read must not be found afterwards.
    private = model_signing.key_of(key)
    left_out = dict[str, int]()
    with (
        Progress("reading") as progress,
        open_source(data, columns, utc_offset, telling(progress)) as source,
    ):
        if chain is not None:
            _train_chain(source, out, until, seed, chain, memory, min_trips, telling(progress))
            manifest = read_manifest(out)[0]
            _answer(manifest, out, sign(out, private), as_json=as_json)
            _say_if_counted(manifest)
            return
        manifest = learn(
            source.data,
            out,
            day_of(until),
            seed,
            telling(progress),
            plan=TrainPlan(tables=TablePlan(trips_min=min_trips)),
            utc_offset_hours=source.utc_offset_hours,
            on_left_out=left_out.update,
        )
    for reason, rows in left_out.items():
        of = " of habits" if reason == NO_CARD else ""
        note(f"{rows:,} rows left out{of}: {LEFT_OUT[reason]} ({reason})")
    _answer(manifest, out, sign(out, private), as_json=as_json)
    _say_if_counted(manifest)


def _say_if_counted(manifest: Manifest) -> None:
    """Whoever trains unattended must not take counting for a model. Raises ``typer.Exit``."""
    figures = manifest.metrics
    if "network_ndcg_at_10" not in figures:
        note("no days were left to judge on: nobody knows yet whether it beats counting")
    if manifest.answer == LEARNT:
        return
    note(
        f"what was learnt does not beat counting: NDCG@10 {figures['network_ndcg_at_10']:.4f} against"
        f" {figures['counting_ndcg_at_10']:.4f}; the bundle answers by {manifest.answer}"
    )
    raise typer.Exit(_COUNTED)


def _train_chain(  # noqa: PLR0913, PLR0917  # the options of one command
    source: OpenedSource,
    out: Path,
    until: datetime | None,
    seed: int,
    work: Path,
    memory_mb: int,
    min_trips: int,
    told: Callable[[str, float], None],
) -> None:
    day = day_of(until)
    if day is None:
        raise typer.BadParameter("--chain needs --until: the last day to learn from")
    # DuckDB is in the extra "train" and not needed for anything else.
    training, duck = (
        import_module("models.out_of_core.training"),
        import_module("models.out_of_core.duck"),
    )
    training.train_chain(
        source.data,
        out,
        day,
        seed,
        told,
        work=work,
        limits=duck.DuckLimits(memory_mb=memory_mb),
        utc_offset_hours=source.utc_offset_hours,
        plan=TrainPlan(tables=TablePlan(trips_min=min_trips)),
    )


def refresh(  # noqa: PLR0913  # the options of one command
    data: Source,
    bundle: Learnt,
    out: Out,
    until: Until = None,
    utc_offset: Offset = None,
    key: KeyFile = None,
    *,
    min_trips: OwnItems = None,
    columns: Columns = None,
    as_json: AsJson = False,
) -> None:
    """Count anew for a bundle that has learnt: same network and products, newer sales and promotions."""
    private = model_signing.key_of(key)
    with (
        Progress("reading") as progress,
        open_source(data, columns, utc_offset, telling(progress)) as source,
    ):
        manifest = count_anew(
            source.data,
            bundle,
            out,
            day_of(until),
            telling(progress),
            utc_offset_hours=source.utc_offset_hours,
            own_items=min_trips,
        )
    _answer(manifest, out, sign(out, private), as_json=as_json)


def evaluate(  # noqa: PLR0913, PLR0917  # the options of one command
    data: Source,
    bundle: Learnt,
    targets: Targets = None,
    predictions: Predictions = None,
    weeks: Weeks = None,
    first: First = None,
    until: Last = None,
    report: Page = None,
    utc_offset: Offset = None,
    *,
    tuned: Tuned = None,
    columns: Columns = None,
    latency: Latency = False,
    untold: Untold = False,
    as_json: AsJson = False,
) -> None:
    """Judge a bundle against published methods on trips it has not seen, or predict for given trips."""
    span = DateRange(first=day_of(first), last=day_of(until)) if first or until else None
    with (
        Progress("reading") as progress,
        open_source(data, columns, utc_offset, telling(progress)) as source,
    ):
        found = judge(
            source.data,
            bundle,
            weeks,
            targets,
            predictions,
            span=span,
            utc_offset_hours=source.utc_offset_hours,
            latency=latency,
            tuned=tuned,
            told=not untold,
            on_progress=telling(progress),
        )
    if signer_named(bundle) is None:
        note("the bundle is not signed; a store would refuse it")
    page = None if report is None or targets is not None else write_report(found, report)
    if as_json:
        print_document(found)
        return
    lines = headlines(found) if targets is None else [f"{k:28} {v}" for k, v in found.items()]
    for line in lines:
        say(line)
    if page is not None:
        say(f"the report is in {page}")


def tune(  # noqa: PLR0913  # the options of one command
    data: Source,
    bundle: Learnt,
    weeks: Weeks = None,
    first: First = None,
    until: Last = None,
    utc_offset: Offset = None,
    *,
    columns: Columns = None,
    as_json: AsJson = False,
) -> None:
    """Try the settings of the published methods on trips they have not seen, and say which are best.

    On weeks that nothing else is judged on: what has chosen something tests nothing any more.
    """
    span = DateRange(first=day_of(first), last=day_of(until)) if first or until else None
    with (
        Progress("reading") as progress,
        open_source(data, columns, utc_offset, telling(progress)) as source,
    ):
        trials = tune_methods(
            source.data, bundle, weeks, span, source.utc_offset_hours, telling(progress)
        )
    best = best_of(trials)
    if as_json:
        print_document({"trials": len(trials), "best": [asdict(one) for one in best]})
        return
    for one in best:
        say(f"{one.method:28} NDCG@10 {one.ndcg:.4f}")
        for name, value in one.settings.items():
            say(f"  {name:26} {value:g}")


def telling(progress: Progress) -> Callable[[str, float], None]:
    """What a progress bar is told by whoever works."""
    return lambda stage, part: progress.at(part, stage)


def described(manifest: Manifest) -> dict[str, object]:
    """A bundle as the commands tell of it."""
    return {
        "model": manifest.label,
        "trained_from": manifest.trained_from.isoformat(),
        "trained_until": manifest.trained_until.isoformat(),
        "answer": manifest.answer,
        "items": manifest.items,
        "metrics": manifest.metrics,
    }


def _answer(manifest: Manifest, out: Path, signer: str, *, as_json: bool) -> None:
    usage = getrusage(RUSAGE_SELF)
    seconds, peak_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024
    if as_json:
        spent = {"seconds": round(seconds, 1), "peak_mb": peak_mb}
        print_document(
            {"bundle": str(out), "signed_by": signer, **described(manifest), **spent}
        )
        return
    say(f"{manifest.label} is in {out}, signed by {signer[:12]}")
    say(f"it took {seconds:.0f} s of work and {peak_mb:,} MB at the peak")
    for name, value in manifest.metrics.items():
        say(f"  {name:28} {value:.4f}")


def day_of(moment: datetime | None) -> date | None:
    """The day of an option, which names no time of day."""
    return None if moment is None else moment.replace(tzinfo=UTC).date()
