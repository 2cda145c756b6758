"""The control tower at the command line: by which rules a store judges, and how a verdict is told.

``campaigns`` and ``offers`` publish through it: ``campaigns.checks`` judges first, and ``local_change``
writes only what passed.
"""

from __future__ import annotations

import getpass
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from edge.app.provisioning import read_policy_of
from edge.campaigns.authoring.check_change import ChangeVerdict, StoreRules, judged
from edge.campaigns.authoring.pending_change import PendingChange
from edge.campaigns.authoring.publishing import put
from edge.campaigns.checks.findings import render
from edge.cli.local_change import OpenedStore
from edge.cli.output import note, print_document, say
from edge.domain.catalogue import Tuning
from edge.storage.catalogue.campaign_versions import Edition, Hand
from edge.storage.connection import transaction
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from models.features.customer_value import CustomerBase

By = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="NAME", help="Who does it, for the record; your login if not given."
    ),
]


def rules_of(store: OpenedStore) -> StoreRules:
    """The settings and the policy of the store, as far as the tower reads them."""
    settings = store.settings
    return StoreRules(
        tuning=Tuning(
            **settings.decision.model_dump(),
            customers=CustomerBase(**settings.customers.model_dump()),
            strategies=settings.strategies.by_placement(),
            arrival_by_chance=True,
        ),
        sensitive_categories=read_policy_of(settings).sensitive_categories,
        zone=ZoneInfo(settings.store.time_zone),
    )


def hand_of(store: OpenedStore, by: str | None) -> Hand:
    """Who acts, and the real instant."""
    if by is None:
        # The record of a change must have a name, even where the system knows none.
        try:
            by = getpass.getuser()
        except (KeyError, OSError):  # an account without a name, as in a container
            by = "command line"
    return Hand(by[:64], store.now)


def judge(store: OpenedStore, proposal: PendingChange) -> ChangeVerdict:
    """What the tower says of a change, which is not made."""
    return ChangeVerdict(findings=judged(store.conn, rules_of(store), proposal, store.at))


def publish(
    store: OpenedStore,
    proposal: PendingChange,
    hand: Hand,
    why: str,
    edition: Edition | None = None,
) -> ChangeVerdict:
    """Make a change unless the tower forbids it; a running service follows at once.

    It is judged before the file is locked, so that the service need not wait.
    """
    verdict = judge(store, proposal)
    if verdict.forbidden:
        return verdict
    enforce(store, proposal, hand, why, edition)
    return ChangeVerdict(findings=verdict.findings, published=True)


def enforce(
    store: OpenedStore,
    proposal: PendingChange,
    hand: Hand,
    why: str,
    edition: Edition | None = None,
) -> None:
    """Make a change without asking anybody."""
    with transaction(store.conn):
        put(store.conn, proposal, hand, why, edition)
        command_notifications.notify(store.conn, CommandNotification.SHELVES)


def tell(verdict: ChangeVerdict, done: str, *, as_json: bool, **counts: object) -> None:
    """Tell every finding with its mend, and what was done; exit 1 where an error forbids it."""
    for found in verdict.findings:
        # Findings go to standard error in either form, so that the document stays alone on standard output.
        note(f"{found.grade}: {found.says}\n  mend: {found.mend}")
    if as_json:
        print_document({**counts, "problems": render(verdict.findings)})
    elif not verdict.forbidden:
        say(done)
    # For a build: what the tower forbids must fail it.
    if verdict.forbidden:
        raise typer.Exit(1)
