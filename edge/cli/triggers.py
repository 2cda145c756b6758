"""``storeside triggers``: rules of signal -> message, tried on made-up people and on kept days, and published.

``program`` loads it for this command alone. Rules are read and tried by ``campaigns.triggers``; a published
one the running service takes over at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from edge.app.provisioning import read_policy_of
from edge.campaigns.triggers.cases_runner import CaseResult, try_cases
from edge.campaigns.triggers.dryrun import DryRun, StoredDays, dry_run
from edge.campaigns.triggers.library import SHIPPED, TriggerFile, TriggerLibrary, read_library
from edge.cli.local_change import OpenedStore, open_store
from edge.cli.output import AsJson, note, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.domain.errors import SettingsInvalid
from edge.storage.catalogue import campaigns, offers, triggers
from edge.storage.connection import transaction
from edge.storage.people import messages
from models.errors import ModelsError
from models.features.customer_value import CustomerBase
from models.serving.ranker import Ranker
from models.serving.registry import BundleRegistry

File = Annotated[Path, typer.Argument(metavar="FILE", help="Triggers, YAML or JSON.")]
_WEEK = timedelta(days=7)


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside triggers shipped > triggers.yaml")(shipped)
    group.command("test", epilog="Example: storeside triggers test triggers.yaml")(run_tests)
    group.command(epilog="Example: storeside triggers check triggers.yaml")(check)
    group.command(
        "dry-run", epilog="Example: storeside triggers dry-run triggers.yaml --since 2026-11-01"
    )(rehearse)
    group.command(epilog="Example: storeside triggers publish triggers.yaml")(publish)
    group.command(epilog="Example: storeside triggers withdraw due-again")(withdraw)
    group.command("list", epilog="Example: storeside triggers list --dir .storeside-demo")(
        list_all
    )
    program.add_typer(group, name=name)


def shipped() -> None:
    """Print the triggers that come with the product, with their tests, to start from."""
    say(SHIPPED.read_text(encoding="utf-8").rstrip())


def run_tests(file: File, *, as_json: AsJson = False) -> None:
    """Run the tests that stand in a file of triggers; exit 1 if one does not give what it expects."""
    outcomes = list(try_cases(read_library(file)))
    failed = [one for one in outcomes if not one.passed]
    if as_json:
        print_document({"passed": len(outcomes) - len(failed), "failed": [*map(_row, failed)]})
    else:
        for one in failed:
            note(f"{one.trigger}: {one.case}: expected {one.expected}, got {one.got}")
        say(f"{len(outcomes) - len(failed)} of {len(outcomes)} tests give what they expect")
    # A file without tests proves nothing, so it does not pass.
    if failed or not outcomes:
        raise typer.Exit(1)


def check(
    file: File, config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Say what is wrong with a file of triggers: words, offers, campaigns, versions, tests; exit 1 if anything is."""
    with open_store(config, folder) as store:
        found = list(_problems(store, read_library(file)))
    _answer(found, as_json=as_json, published=0, done="nothing is wrong with these triggers")


def publish(
    file: File, config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Check the triggers of a file and put them in force; a running service listens within seconds."""
    with open_store(config, folder) as store:
        library = read_library(file)
        # Judged as a whole: one faulty trigger keeps all out.
        found = list(_problems(store, library))
        if not found:
            with transaction(store.conn):
                for entry in library.triggers:
                    triggers.publish(store.conn, entry.row(), store.now)
    count = 0 if found else len(library.triggers)
    _answer(found, as_json=as_json, published=count, done=f"{count} triggers published")


def withdraw(
    name: Annotated[str, typer.Argument(metavar="TRIGGER", help="Its id.")],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Put a trigger out of force; what it has queued and not sent is never sent."""
    with open_store(config, folder) as store, transaction(store.conn):
        gone = triggers.withdraw(store.conn, name)
    if not gone:
        raise SettingsInvalid(
            f"no trigger {name!r} is in force", hint="storeside triggers list shows which are"
        )
    if as_json:
        print_document({"withdrawn": name})
    else:
        say(f"{name} is out of force")


def rehearse(
    file: File,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="From this day on; seven days without it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how often each trigger would have fired on the days that the store has kept, and for how many people."""
    library = TriggerLibrary.of(entry.trigger() for entry in read_library(file).triggers)
    with open_store(config, folder) as store:
        zone = ZoneInfo(store.settings.store.time_zone)
        # A day begins at the store's own midnight.
        first = store.at - _WEEK if since is None else since.replace(tzinfo=zone)
        kept = StoredDays(
            conn=store.conn,
            policy=read_policy_of(store.settings),
            zone=zone,
            now=store.now,
            ranker=_ranker(store),
            customers=CustomerBase(**store.settings.customers.model_dump()),
        )
        found = dry_run(library, kept, first)
    if as_json:
        print_document(found.as_json())
    else:
        for line in _told(found):
            say(line)


def list_all(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Show every trigger with its versions, and what became of what it said."""
    with open_store(config, folder) as store:
        versions, counts = triggers.history(store.conn), messages.counts(store.conn)
    rows = [
        {
            "id": row.id,
            "version": row.version,
            "published_at": at,
            "in_force": in_force,
            "messages": counts.get((row.id, row.version), {}),
        }
        for row, at, in_force in versions
    ]
    if as_json:
        print_document({"triggers": rows})
        return
    for row in rows:
        state = "in force" if row["in_force"] else "out of force"
        say(f"{row['id']}, version {row['version']}: {state} {row['messages'] or ''}".rstrip())
    if not rows:
        say("no triggers; storeside triggers shipped prints some to start from")


def _problems(store: OpenedStore, library: TriggerFile) -> Iterator[str]:
    """Why these triggers may not be published; nothing where they may."""
    offered = {str(one.id) for one in offers.every(store.conn)}
    running = {one.id for one in campaigns.every(store.conn)}
    for entry in library.triggers:
        offer = None if entry.message is None else entry.message.offer
        if offer is not None and offer not in offered:
            yield f"trigger {entry.id}: there is no offer {offer}"
        if entry.campaign is not None and entry.campaign not in running:
            yield f"trigger {entry.id}: there is no campaign {entry.campaign}"
        if not entry.tests:
            yield f"trigger {entry.id}: it has no test"
        # Published versions never change: what was sent names its version as the reason.
        body = triggers.body_of(store.conn, entry.id, entry.version)
        if body is not None and body != entry.row():
            latest = triggers.latest(store.conn, entry.id)
            yield (
                f"trigger {entry.id}: version {entry.version} was published before and says"
                f" something else; give it version {latest + 1}"
            )
    for one in try_cases(library):
        if not one.passed:
            yield f"trigger {one.trigger}: test {one.case!r}: expected {one.expected}, got {one.got}"


def _ranker(store: OpenedStore) -> Ranker | None:
    """The active model, which says who was due for what; without one nobody was."""
    try:
        return BundleRegistry(store.settings.bundles, store.settings.model_keys).open_active()
    except ModelsError:
        return None


def _row(outcome: CaseResult) -> dict[str, str]:
    return {
        "trigger": outcome.trigger,
        "test": outcome.case,
        "expected": outcome.expected,
        "got": outcome.got,
    }


def _told(found: DryRun) -> Iterator[str]:
    yield f"{found.visits} recognised visits"
    for id_, one in found.triggers.items():
        if id_ in found.unseen:
            yield f"{id_}: no kept day tells of its signal"
            continue
        why = ", ".join(f"{name} {n}" for name, n in sorted(one.silent.items()))
        yield f"{id_}: fires {one.fires} times for {len(one.people)} people" + (
            f"; silent: {why}" if why else ""
        )


def _answer(found: list[str], *, as_json: bool, published: int, done: str) -> None:
    for problem in found:
        note(problem)
    if as_json:
        print_document({"published": published, "problems": found})
    elif not found:
        say(done)
    if found:
        raise typer.Exit(1)
