"""``storeside experiments``: what each test has shown, who is in which arm, and the winner made the rule.

``program`` loads it for this command alone. Figures come from ``campaigns.experiments``; ``promote_winner``
makes a winner the rule for everybody.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.api.services.experiment_text import view_of
from edge.api.services.experiments import evidence, full_report
from edge.api.services.uplift_text import uplift_view
from edge.api.views.experiments import (
    ComparedView,
    ExperimentReport,
    ExperimentView,
    IntervalView,
    UpliftView,
)
from edge.campaigns.experiments.campaign_uplift import (
    PersonUplift,
    campaign_uplift,
    scores_of,
)
from edge.campaigns.experiments.design import EVERYTHING, design_of
from edge.campaigns.experiments.errors import NoSuchTest
from edge.campaigns.experiments.promote_winner import promote as promote_arm
from edge.campaigns.experiments.randomised import Metric
from edge.campaigns.experiments.results import ExperimentEvidence, GlobalHoldout, judge
from edge.cli.local_change import TOKEN_PATTERN, OpenedStore, TokenArgument, open_store
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.domain.currency import StoreCurrency, currency
from edge.domain.errors import SettingsInvalid
from edge.domain.experiment import Arm, Design, held_out
from edge.storage.catalogue import campaigns
from edge.storage.catalogue.campaign_versions import Hand
from edge.storage.connection import transaction
from edge.storage.measurement import experiment_outcomes
from models.items import item_key, place_number

Test = Annotated[
    str | None, typer.Argument(metavar="[CAMPAIGN]", help="One campaign in full; else all.")
]
Arms = Annotated[str, typer.Argument(metavar="ARM", help="A variant, or held-out.")]
Named = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign.")]
Scores = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Write both chances of everybody in the test, as CSV."
    ),
]
By = Annotated[str, typer.Option("--by", help="Who decides it, for the audit.")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Also where the figures do not say so.")]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside experiments results --dir .storeside-demo")(
        results
    )
    group.command(epilog="Example: storeside experiments uplift spring-milk --out people.csv")(
        uplift
    )
    group.command(epilog="Example: storeside experiments assign c-7m2x --json")(assign)
    group.command(epilog="Example: storeside experiments promote spring-milk b --by maria")(
        promote
    )
    program.add_typer(group, name=name)


def results(
    campaign: Test = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say what the tests have shown so far; intervals hold however often one looks."""
    with open_store(config, folder) as store:
        found, now = evidence(store.conn, _holdout(store)), store.at
        money = currency(store.settings.store.currency)
    if campaign is None:
        _all_of_them([_in_brief(one, now, money) for one in found], money, as_json=as_json)
        return
    report = full_report(found, campaign, now, money)
    if report is None:
        raise NoSuchTest(
            f"no campaign {campaign} is known", hint="storeside experiments results"
        )
    _in_full(report, money, as_json=as_json)


def uplift(
    campaign: Named,
    out: Scores = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say whom a campaign moves to buy: two chances of everybody, learnt of those shown and those held out.

    Closed until people were drawn to go without it, and until enough of them have bought. Exit 1 where ``--out`` is
    asked for and people cannot be told apart.
    """
    with open_store(config, folder) as store:
        test = _named(evidence(store.conn, _holdout(store)), campaign)
        found = campaign_uplift(test, store.at)
        if out is not None and test.campaign is not None:
            people = experiment_outcomes.by_token(
                store.conn, campaign, design_of(test.campaign)
            )
            _write(out, scores_of(found, people))
    view = uplift_view(found)
    if as_json:
        print_document(view.model_dump(mode="json"))
        return
    for line in _uplift_lines(view):
        say(line)


def assign(
    token: TokenArgument,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say which arm of every campaign a token is in: the same in every store, drawn from the token alone."""
    # The pattern is asked first, and what is no token is not repeated: it may be somebody's number.
    if re.fullmatch(TOKEN_PATTERN, token) is None:
        raise SettingsInvalid("that is no token", hint="a token is c- and 4 to 64 characters")
    with open_store(config, folder) as store:
        arms = _arms(store, token)
    if as_json:
        print_document({"arms": arms})
        return
    for name, arm in arms.items():
        say(f"{name}: {arm}")


def promote(  # noqa: PLR0913 - a command's options
    campaign: Named,
    arm: Arms,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    by: By = "operator",
    anyway: Anyway = False,
    as_json: AsJson = False,
) -> None:
    """Let the winning arm be all that a campaign does; exit 1 where the figures do not say that it has won."""
    with open_store(config, folder) as store:
        found = evidence(store.conn, _holdout(store))
        test = _named(found, campaign)
        result = judge(test, store.at, metrics=(Metric.VISIT_SPEND,))
        # Evidence is read outside the transaction; writing takes a moment only.
        with transaction(store.conn) as conn:
            # Real time, since the record says when somebody decided, also in a demo.
            hand = Hand(by, datetime.now(UTC))
            edition = promote_arm(conn, result, arm, hand, anyway=anyway)
    if as_json:
        print_document({"campaign": campaign, "arm": arm, "version": edition.version})
    else:
        say(f"{arm} is the rule of {campaign} from version {edition.version} on")


def _named(found: Sequence[ExperimentEvidence], campaign: str) -> ExperimentEvidence:
    test = next((one for one in found if one.id == campaign), None)
    if test is None:
        raise NoSuchTest(
            f"no campaign {campaign} is known", hint="storeside experiments results"
        )
    return test


def _write(out: Path, scores: Iterable[PersonUplift]) -> None:
    # A new file is ours alone from its first instant: it says something of people.
    handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("token", "if_shown", "if_held_out", "uplift"))
        for one in scores:
            chances = (one.if_shown, one.if_held_out, one.if_shown - one.if_held_out)
            rows.writerow((one.token, *(f"{chance:.6f}" for chance in chances)))


def _uplift_lines(view: UpliftView) -> Iterable[str]:
    yield view.words
    if view.average is None or view.ranking is None:
        return
    yield f"more buy for being shown it: {_between(view.average)}, of {view.people:,} people"
    yield f"order by uplift beside a random one (Qini): {_between(view.ranking)}"
    for one in view.groups:
        yield f"  {one.people:,} people: {one.foretold:+.2%} foretold, {_between(one.seen)} seen"


def _between(one: IntervalView) -> str:
    if one.low is None or one.high is None:
        return f"{one.value:+.2%}"
    return f"{one.value:+.2%}, between {one.low:+.2%} and {one.high:+.2%}"


def _arms(store: OpenedStore, token: str) -> dict[str, str]:
    holdout = _holdout(store)
    out = held_out(holdout.salt, token, holdout.pct)
    arms = {EVERYTHING: (Arm.HELD_OUT if out else Arm.TREATED).value}
    # As the service draws it: switchbacks turn by place.
    place = str(place_number(item_key(store.settings.store.id)))
    for campaign in campaigns.every(store.conn):
        arm, variant = campaign.arm(token, place, store.at), campaign.variant(token)
        given = arm is Arm.TREATED and variant is not None
        shared = " (this stretch of time)" if campaign.design is Design.SWITCHBACK else ""
        arms[campaign.id] = f"{variant.name if given and variant else arm.value}{shared}"
    return arms


def _holdout(store: OpenedStore) -> GlobalHoldout:
    decision = store.settings.decision
    return GlobalHoldout(salt=decision.holdout_salt, pct=decision.holdout_pct)


def _in_brief(one: ExperimentEvidence, now: datetime, money: StoreCurrency) -> ExperimentView:
    return view_of(judge(one, now, metrics=(Metric.VISIT_SPEND,)), now, money)


def _all_of_them(found: list[ExperimentView], money: StoreCurrency, *, as_json: bool) -> None:
    if as_json:
        print_document({"experiments": [one.model_dump(mode="json") for one in found]})
        return
    for one in found:
        say(f"{one.id} ({one.state}): {_first(one, money)}")


def _first(one: ExperimentView, money: StoreCurrency) -> str:
    # First of all: where the draw failed no figure means anything.
    if one.alarm:
        return "people did not fall into the arms as meant; no figure is to be believed"
    if one.switched is not None:
        running = one.switched.running
        said = f"{money.mean(running.value)} {money.code} a basket"
        ends = (
            ""
            if running.low is None or running.high is None
            else f", between {money.mean(running.low)} and {money.mean(running.high)}"
        )
        return f"{said} from {one.switched.pairs} pairs{ends}"
    return "nothing to compare with" if one.headline is None else one.headline.words


def _in_full(report: ExperimentReport, money: StoreCurrency, *, as_json: bool) -> None:
    if as_json:
        print_document(report.model_dump(mode="json"))
        return
    one = report.experiment
    say(f"{one.name} ({one.id}), {one.state}, iteration {one.iteration}")
    if report.ratio is not None:
        told = "ALARM: not as meant" if report.ratio.alarm else "as meant"
        say(f"people: {', '.join(f'{n} {arm}' for arm, n in one.people.items())}; {told}")
    for line in (*report.compared, *report.segments):
        say(_line(line))
    # The last is the one that runs, told above.
    for part in report.iterations[:-1]:
        say(f"before: {part.id}: {_first(part, money)}")


def _line(one: ComparedView) -> str:
    among = "" if one.segment is None else f" among {one.segment}"
    return f"{one.metric}{among}, {one.arm} beside {one.against}: {one.words}"
