"""``storeside models learn``: the store makes its own bundle of what its till sold, every night.

``models`` adds the command to its group; ``edge.app.night_learning`` makes, judges and activates. The timer
``storeside-learn`` calls it, and the running service changes over between two decisions.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from edge.app.night_learning import (
    NightOutcome,
    NightPlan,
    learn_tonight,
)
from edge.app.settings import Settings
from edge.app.store_key import store_key
from edge.app.till_sales import TillSales, till_sales
from edge.cli.output import AsJson, Progress, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, need_data, settings_at
from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.decisions import decisions
from edge.storage.measurement import audit_log
from edge.storage.measurement.audit_log import AuditEntry
from edge.storage.operations import command_notifications, withdrawn_models
from edge.storage.operations.command_notifications import CommandNotification
from edge.storage.operations.night_note import NightNote, keep_note
from models.evaluation.gate import Comparison
from models.serving.registry import STARTER_BUNDLE, BundleRegistry

_EPOCH = date(1970, 1, 1)
_CHANGED = frozenset({"activated", "centre"})
_SAYS = {
    "activated": "{label} is in use from now on",
    "would-activate": "{label} would be put in use",
    "kept-back": "{label} was kept back: {beaten} did better on the last days",
    "centre": "the bundle from outside did better than the store's own, and is in use from now on",
    "too-little": "too little was sold to learn from: {baskets} baskets",
}


def add_to(group: typer.Typer) -> None:
    """Add the command."""
    group.command(epilog="Example: storeside models learn --dir .storeside-demo --dry-run")(
        learn
    )


def learn(
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make and judge it, and change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the store's own bundle of what its till sold, judge it on the last days, and use it if it is not worse.

    For every night; the service may run. What is kept back is told here, by doctor and on the console.
    """
    settings = settings_at(config, folder)
    need_data(settings)
    with Progress("night") as progress:
        outcome = learn_tonight(
            _sales(settings),
            _plan(settings, dry_run=dry_run),
            lambda stage, part: progress.at(part, stage),
        )
        progress.at(1.0, "done")
    if not dry_run:
        _write_down(settings, outcome)
    if as_json:
        print_document(_document(outcome))
    else:
        _tell(outcome)


def _sales(settings: Settings) -> TillSales:
    with closing(open_reader(settings.database)) as conn:
        return till_sales(conn, datetime.now(UTC))


def _plan(settings: Settings, *, dry_run: bool) -> NightPlan:
    # First, since the shelf trusts what lies in the folder by then.
    key = store_key(settings)
    with closing(open_reader(settings.database)) as conn:
        named, withdrawn = decisions.models_named(conn), withdrawn_models.every(conn)
    shelf = BundleRegistry(settings.bundles, settings.model_keys)
    # A service that does not run has not told the shelf.
    shelf.withdraw(withdrawn)
    return NightPlan(
        shelf=shelf,
        starter=STARTER_BUNDLE,
        name=settings.store.id,
        key=key,
        named=named,
        dry_run=dry_run,
    )


def _write_down(settings: Settings, outcome: NightOutcome) -> None:
    """For doctor and console, for the audit, and for a running service."""
    at = datetime.now(UTC)
    note = NightNote(
        at=at,
        verdict=outcome.verdict,
        label=outcome.label,
        beaten_by=outcome.beaten_by,
        left_out=len(outcome.left_out),
        baskets=outcome.baskets,
        seconds=outcome.seconds,
        peak_mb=outcome.peak_mb,
    )
    with closing(open_connection(settings.database)) as conn, transaction(conn):
        keep_note(conn, note)
        audit_log.add(
            conn,
            AuditEntry(
                at=at,
                who="night",
                act=outcome.verdict,
                object=f"model/{outcome.label}",
                before="",
                after=outcome.digest,
            ),
        )
        if outcome.verdict in _CHANGED:
            command_notifications.notify(conn, CommandNotification.MODEL)


def _tell(outcome: NightOutcome) -> None:
    say(
        _SAYS[outcome.verdict].format(
            label=outcome.label, beaten=", ".join(outcome.beaten_by), baskets=outcome.baskets
        )
    )
    for judged in (outcome.trial, outcome.fresh):
        if judged is not None:
            _tell_judged(judged)
    for day, why in sorted(outcome.left_out.items()):
        say(f"  left out: {_EPOCH + timedelta(days=day)}, {why}")
    say(
        f"  {outcome.baskets} baskets, {outcome.personal} of people who agreed to train; "
        f"{outcome.items} products; {outcome.seconds} s, {outcome.peak_mb} MB at most"
    )


def _tell_judged(judged: Comparison) -> None:
    first, last = (_EPOCH + timedelta(days=d) for d in (judged.first_day, judged.last_day))
    say(f"  on {judged.trips} trips, {first} to {last}, NDCG@10 and its 95 % interval:")
    for name, figures in judged.rankers.items():
        ndcg = figures.ndcg
        say(f"    {name:9} {ndcg['mean']:.4f} ({ndcg['low']:.4f} to {ndcg['high']:.4f})")


def _document(outcome: NightOutcome) -> dict[str, object]:
    days = {str(_EPOCH + timedelta(days=d)): why for d, why in outcome.left_out.items()}
    return {**asdict(outcome), "left_out": days}
