"""``storeside models wrap``: a model that you trained yourself, as ONNX, becomes a bundle.

``models`` adds this command to its group. ``models.training.wrap`` checks and writes it; from there on it is
verified, judged and activated like any other.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.cli import model_signing
from edge.cli.model_signing import KeyFile
from edge.cli.model_source import Columns, Offset, open_source
from edge.cli.model_training import Until, day_of, described, telling
from edge.cli.output import AsJson, Progress, print_document, say
from models.bundle.signature import sign
from models.features.features import FEATURES
from models.features.raw_history import RAW_HISTORY
from models.sources.journey import read_journey
from models.training.own_graph import OwnContract
from models.training.train import window_end
from models.training.wrap import (
    TablesOfOwn,
    WrapReport,
    tables_counted,
    tables_of,
)
from models.training.wrap import (
    wrap as made_of,
)


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command(
        epilog="Example: storeside models wrap own.onnx --out bundle --data FOLDER --logits"
    )(wrap)
    group.command(epilog="Example: storeside models features")(features)


def features(*, as_json: AsJson = False) -> None:
    """Name what a model of your own may take of a candidate: features in their order, then the raw past."""
    if as_json:
        print_document({"features": FEATURES, "raw_history": RAW_HISTORY})
        return
    for name in (*FEATURES, *RAW_HISTORY):
        say(name)


def wrap(  # noqa: PLR0913, PLR0917  # the options of one command
    model: Annotated[
        Path, typer.Argument(metavar="MODEL.onnx", help="The file that the export wrote.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the bundle goes.")],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="SOURCE", help="Sales to count the tables from."),
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", metavar="DIR", help="Or a bundle to take the tables from."),
    ] = None,
    names: Annotated[
        str,
        typer.Option(
            "--features", metavar="A,B,…", help="The columns of its one matrix, in their order."
        ),
    ] = "",
    output: Annotated[
        str,
        typer.Option("--output", metavar="NAME", help="Which of its outputs is the answer."),
    ] = "",
    name: Annotated[str, typer.Option("--name", help="What the bundle is called.")] = "own",
    until: Until = None,
    columns: Columns = None,
    utc_offset: Offset = None,
    key: KeyFile = None,
    *,
    logits: Annotated[
        bool, typer.Option("--logits", help="Its answers are logits, and no chances yet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a bundle of a model of your own, and sign it.

    The model takes features of a candidate (``models features`` names them): inputs of these names, each of
    shape (n,) or (n, 1), or one matrix (n, k); or the raw past as tables ``bought`` and ``days_ago``. It gives
    the chance that the candidate is bought: (n,), (n, 1), or (n, 2) with the chance second. Chances must be the
    same as before to 0.00001, and a decision must take less than 50 ms.
    """
    private = model_signing.key_of(key)
    with Progress("reading") as progress:
        own = _tables(data, bundle, until, columns, utc_offset, progress)
    contract = OwnContract(
        features=tuple(filter(None, names.split(","))), output=output, logits=logits
    )
    report = made_of(model, out, contract, own, name)
    _answer(report, out, sign(out, private), as_json=as_json)


def _tables(  # the options of one command
    data: str | None,
    bundle: Path | None,
    until: datetime | None,
    columns: str | None,
    utc_offset: float | None,
    progress: Progress,
) -> TablesOfOwn:
    if bundle is not None and data is None:
        return tables_of(bundle)
    if data is None or bundle is not None:
        raise typer.BadParameter("give one of --data and --bundle: where the tables come from")
    with open_source(data, columns, utc_offset, telling(progress)) as source:
        journey = read_journey(source.data, source.utc_offset_hours)
        until_day = window_end(journey, data, day_of(until))
        return tables_counted(journey, until_day, Path(data).name)


def _answer(report: WrapReport, out: Path, signer: str, *, as_json: bool) -> None:
    if as_json:
        print_document(
            {
                "bundle": str(out),
                "signed_by": signer,
                **described(report.manifest),
                "parity": report.parity,
                "rows": report.rows,
                "candidates": report.candidates,
                "p50_ms": round(report.p50_ms, 3),
                "p99_ms": round(report.p99_ms, 3),
            }
        )
        return
    say(f"{report.manifest.label} is in {out}, signed by {signer[:12]}")
    say(f"chances differ by {report.parity:.2g} at most on {report.rows} rows")
    say(
        f"a decision of {report.candidates} candidates takes {report.p50_ms:.2f} ms,"
        f" {report.p99_ms:.2f} ms at the 99th percentile"
    )
    for figure, value in report.manifest.metrics.items():
        say(f"  {figure:28} {value:.4f}")
