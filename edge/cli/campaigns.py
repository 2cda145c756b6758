"""``storeside campaigns``: from draft to live and back, each step with the name of whoever took it.

``program`` loads it for this command alone. Editions lie in ``campaigns.authoring``; what goes live passes
``campaign_checks`` first.
"""

from __future__ import annotations

from typing import Annotated

import typer

from edge.campaigns.authoring import publishing
from edge.campaigns.authoring.document import read_portfolio
from edge.campaigns.authoring.errors import NoSuchCampaign
from edge.campaigns.authoring.overview import listed
from edge.campaigns.authoring.pending_change import PendingChange, of_campaign, whole
from edge.cli.campaign_checks import By, enforce, hand_of, judge, tell
from edge.cli.campaign_checks import publish as publish_if_sound
from edge.cli.local_change import open_store
from edge.cli.offers import File, Form, write_out
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.storage.catalogue import campaign_versions
from edge.storage.catalogue.campaign_versions import Edition, Hand
from edge.storage.connection import transaction

Name = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Its id.")]
Version = Annotated[
    int | None, typer.Option("--version", metavar="N", help="Which; the newest if not given.")
]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside campaigns draft june.yaml --by anna")(draft)
    group.command(epilog="Example: storeside campaigns approve june --by bo")(approve)
    group.command(epilog="Example: storeside campaigns publish june")(publish)
    group.command(epilog="Example: storeside campaigns pause june")(pause)
    group.command(epilog="Example: storeside campaigns versions june --json")(versions)
    group.command(epilog="Example: storeside campaigns rollback june --to 3")(rollback)
    group.command("list", epilog="Example: storeside campaigns list --dir .storeside-demo")(
        told
    )
    group.command(epilog="Example: storeside campaigns export june > june.yaml")(export)
    program.add_typer(group, name=name)


def draft(
    file: File,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Keep each campaign of a file with its offers as a new version that is not live, and say what the tower finds."""
    # A file that cannot be read is refused before a store is looked for.
    coming = read_portfolio(file)
    with open_store(config, folder) as store:
        # A draft with a fault is kept all the same: only going live is forbidden.
        verdict = judge(store, PendingChange(coming=coming))
        with transaction(store.conn):
            made = publishing.draft(store.conn, coming, hand_of(store, by))
    words = "; ".join(f"{one.campaign} is version {one.version}" for one in made)
    tell(verdict, f"kept as a draft: {words}", as_json=as_json, drafts=[*map(_row, made)])


def approve(
    campaign: Name,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    version: Version = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Approve a draft, so that it can be published."""
    with open_store(config, folder) as store, transaction(store.conn):
        made = publishing.approve(store.conn, campaign, version, hand_of(store, by))
    _tell_edition(made, as_json=as_json)


def publish(
    campaign: Name,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    version: Version = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Put an approved version live in the place of the one before, unless the tower forbids it."""
    with open_store(config, folder) as store:
        # Only an approved version may go live; the tower is asked again, for the store may have changed.
        edition, proposal = publishing.approved(store.conn, campaign, version)
        verdict = publish_if_sound(store, proposal, hand_of(store, by), "published", edition)
    done = f"{campaign} is live in version {edition.version}"
    tell(verdict, done, as_json=as_json, published=verdict.published, version=edition.version)


def pause(
    campaign: Name,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Stop all offers of a campaign at once; the tower is asked only when it is to go on."""
    with open_store(config, folder) as store:
        proposal = publishing.with_pause(store.conn, campaign, paused=not resume)
        hand = hand_of(store, by)
        if resume:
            verdict = publish_if_sound(store, proposal, hand, "resumed")
            tell(verdict, f"{campaign} goes on", as_json=as_json, paused=verdict.forbidden)
            return
        # Stopping must work at once, above all when something is wrong.
        enforce(store, proposal, hand, "paused")
    if as_json:
        print_document({"paused": True})
    else:
        say(f"{campaign} is paused")


def versions(
    campaign: Name,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Every version of a campaign, newest first: its state, and whose hands it went through."""
    with open_store(config, folder) as store:
        rows = [_row(one) for one in campaign_versions.of(store.conn, campaign)]
    if not rows:
        raise NoSuchCampaign(
            f"no version of {campaign} was kept here", hint="storeside campaigns list"
        )
    if as_json:
        print_document({"versions": rows})
        return
    for row in rows:
        say(f"{row['version']:4}  {row['state']:8}  {row['why']:20}  {row['drafted']}")


def rollback(
    campaign: Name,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="N", help="Which; the one that was live before."),
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Make an earlier version the newest again, unless the tower forbids it."""
    with open_store(config, folder) as store:
        # An earlier version may collide with what stands today, so it passes the tower like a new one.
        edition, proposal = publishing.earlier(store.conn, campaign, to)
        why = f"back to {edition.version}"
        verdict = publish_if_sound(store, proposal, hand_of(store, by), why)
    done = f"{campaign} is as it was in version {edition.version}"
    tell(verdict, done, as_json=as_json, published=verdict.published, version=edition.version)


def told(
    config: ConfigFile = None, folder: DataFolder = None, *, as_json: AsJson = False
) -> None:
    """Every campaign: its state, its version, its offers, who is held out and until when."""
    with open_store(config, folder) as store:
        rows = listed(store.conn, store.at)
    if as_json:
        print_document({"campaigns": [row.model_dump(mode="json") for row in rows]})
        return
    for row in rows:
        version = "-" if row.version is None else row.version
        say(
            f"{row.id:24}  {row.state:9}  version {version:>3}  {row.offers:3} offers"
            f"  {row.holdout_pct:3} % held out  until {row.ends_at:%Y-%m-%d}  {row.name}"
        )


def export(
    campaign: Annotated[str | None, typer.Argument(metavar="[CAMPAIGN]")] = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    form: Form = "yaml",
    as_json: AsJson = False,
) -> None:
    """One campaign with its offers, or all of them, as a file that can be published again."""
    with open_store(config, folder) as store:
        found = whole(store.conn) if campaign is None else of_campaign(store.conn, campaign)
    # An empty file could be published again and would say nothing.
    if campaign is not None and not (found.campaigns or found.offers):
        raise NoSuchCampaign(f"no campaign {campaign} stands", hint="storeside campaigns list")
    write_out(found, form, as_json=as_json)


def _tell_edition(made: Edition, *, as_json: bool) -> None:
    if as_json:
        print_document(_row(made))
    else:
        say(f"version {made.version} of {made.campaign} is {made.state.value}")


def _row(one: Edition) -> dict[str, object]:
    return {
        "campaign": one.campaign,
        "version": one.version,
        "state": one.state.value,
        "why": one.why,
        "drafted": _words(one.drafted),
        "approved": one.approved and _words(one.approved),
        "published": one.published and _words(one.published),
        "ended_at": one.ended_at and one.ended_at.isoformat(),
    }


def _words(hand: Hand) -> str:
    return f"{hand.at:%Y-%m-%d %H:%M} UTC by {hand.by}"
