"""``storeside models activate|rollback``: which bundle answers in a store.

``models`` adds these commands to its group. ``edge.app.model_gate`` judges what is to come into use;
``models.serving.registry`` keeps it, and the running service is told.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.app.model_gate import ModelGate, answering, own_sales, worded
from edge.app.settings import Settings
from edge.cli import model_signing
from edge.cli.model_training import described
from edge.cli.output import AsJson, note, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, settings_at
from edge.domain.errors import NotProvisioned
from edge.storage.connection import open_connection, transaction
from edge.storage.measurement import audit_log
from edge.storage.measurement.audit_log import AuditEntry
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from models.bundle.manifest import read_manifest
from models.errors import ActivationRefused
from models.evaluation.activation import ActivationJudgement, QualityFault
from models.serving.open_bundle import Bundle
from models.serving.registry import BundleRegistry


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    group.command(epilog="Example: storeside models activate bundle --dir .storeside-demo")(
        activate
    )
    group.command(epilog="Example: storeside models rollback --dir .storeside-demo")(rollback)


def activate(
    bundle: Annotated[Path, typer.Argument(metavar="DIR", help="A bundle's folder.")],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    older: Annotated[
        bool,
        typer.Option(
            "--older", help="Even if it was trained up to an earlier day than the one in use."
        ),
    ] = False,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway", help="Even if it is judged not good enough; the audit keeps that."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Verify and judge a bundle and put it in use; a running service changes over between two decisions.

    It is judged on the baskets of this store's last days beside what answers now; where the store has sold
    too little, by made-up shoppers. Worse, no better than chance, or with chances far from what is bought:
    it is not activated, and the exit code is 3. What you trained yourself is trusted at once; anybody else's
    key needs ``models trust`` first.
    """
    settings = settings_at(config, folder)
    # Before the activation, which would refuse a key that the store does not know.
    model_signing.trust_own(bundle, settings)
    shelf = shelf_of(settings)
    least = settings.model.least_known_pct / 100
    gate = ModelGate(
        lambda: answering(shelf, settings.database, least),
        lambda: own_sales(settings.database, datetime.now(UTC)),
        _overruling(settings) if anyway else None,
    )
    try:
        active = shelf.activate(bundle, older=older, gate=gate)
    except ActivationRefused as refused:
        if as_json and gate.judgement is not None:
            print_document({"active": None, "refused": refused.fault, **gate.judgement.told()})
        raise
    _answer(settings, active, gate.judgement, as_json=as_json)


def rollback(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Put the bundle that was used before back in use; it was judged when it came."""
    settings = settings_at(config, folder)
    _answer(settings, shelf_of(settings).rollback(), None, as_json=as_json)


def shelf_of(settings: Settings) -> BundleRegistry:
    """The store's bundles."""
    return BundleRegistry(settings.bundles, settings.model_keys)


def _overruling(settings: Settings) -> Callable[[Bundle, QualityFault], None]:
    """Writes the audit's line of a bundle that comes into use in spite of a fault."""
    # Asked before anything is judged: without a database there is no audit to write to.
    if not settings.database.is_file():
        raise NotProvisioned(
            f"there is no audit to write to: {settings.database} is not there",
            hint="storeside init, then activate --anyway",
        )

    def overrule(bundle: Bundle, fault: QualityFault) -> None:
        before = shelf_of(settings).active()
        entry = AuditEntry(
            at=datetime.now(UTC),
            who="operator",
            act=f"activated-anyway:{fault}",
            object=f"model/{bundle.label}",
            before=before.name if before else "",
            after=bundle.digest,
        )
        with closing(open_connection(settings.database)) as conn, transaction(conn):
            audit_log.add(conn, entry)
        note(f"not good enough ({fault}), and activated anyway; the audit keeps that")

    return overrule


def _answer(
    settings: Settings, active: Path, judgement: ActivationJudgement | None, *, as_json: bool
) -> None:
    """Tell a running service, and say what is in use."""
    # A shelf may be filled before ``init`` has made the database.
    if settings.database.is_file():
        with closing(open_connection(settings.database)) as conn, transaction(conn):
            command_notifications.notify(conn, CommandNotification.MODEL)
    manifest = read_manifest(active)[0]
    if as_json:
        judged = {} if judgement is None else {"judgement": judgement.told()}
        print_document({"active": active.name, **described(manifest), **judged})
        return
    if judgement is not None:
        say(f"judged {worded(judgement)}")
    say(f"{manifest.label} is in use")
