"""``storeside decisions``: stored decisions are made again – to the same bytes, or with something different.

``program`` loads it for this command alone. ``replay`` asks ``state.replay``; ``diff``, ``what-if`` and
``frontier`` read their change from ``decision_changes`` and ask ``campaigns.whatif``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from edge.app.settings import Settings
from edge.campaigns.whatif.answers import TrialReport, WhatIfAnswer
from edge.campaigns.whatif.diff import DiffReport
from edge.campaigns.whatif.diff import diff as diff_all
from edge.campaigns.whatif.frontier import PrivacyFrontier
from edge.campaigns.whatif.frontier import frontier as frontier_of
from edge.campaigns.whatif.frontier_svg import drawn
from edge.campaigns.whatif.slot_diff import ChangedDecision
from edge.campaigns.whatif.trial import last_day, trial
from edge.cli.decision_changes import ModelFolder, Portfolio, Turned, change_of
from edge.cli.output import AsJson, Progress, note, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder, need_data, settings_at
from edge.state.replay import replay as replay_all
from models.causal.estimate import Estimate
from models.serving.registry import BundleRegistry

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]

Since = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        metavar="T",
        formats=_FORMATS,
        help="Leave out what was decided before this day or instant, UTC.",
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(
        "--until",
        metavar="T",
        formats=_FORMATS,
        help="Leave out what was decided from this day or instant on, UTC.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, help="Look at the first N decisions only."),
]


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.callback()(_group)
    group.command(epilog="Example: storeside decisions replay --dir .storeside-demo --json")(
        replay
    )
    group.command(
        epilog="Example: storeside decisions diff --set offer_boost_pct=20 --dir .storeside-demo"
    )(diff)
    group.command(
        "what-if",
        epilog="Example: storeside decisions what-if --offers june.yaml --dir .storeside-demo",
    )(what_if)
    group.command(
        epilog="Example: storeside decisions frontier --svg privacy.svg --dir .storeside-demo"
    )(frontier)
    program.add_typer(group, name=name)


def replay(
    since: Since = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Make every stored decision again, also from a copy of the data folder; exit 1 if one differs."""
    settings = _store(config, folder)
    with Progress("decisions") as progress:
        report = replay_all(
            settings.database,
            _bundles(settings),
            _instant(since),
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


def diff(  # noqa: PLR0913, PLR0917 - the options of one command
    turned: Turned = None,
    files: Portfolio = None,
    model: ModelFolder = None,
    since: Since = None,
    limit: Limit = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List exactly the stored decisions that would have shown something else, product by product, with the rules."""
    settings = _store(config, folder)
    change = change_of(turned, files, model)
    with Progress("decisions") as progress:
        report = diff_all(
            settings.database,
            _bundles(settings),
            change,
            _instant(since),
            limit=limit,
            progress=lambda done, of: progress.at(done / of),
        )
    if as_json:
        print_document({"change": change.as_json(), **report.as_json()})
    else:
        _tell_diff(report)


def what_if(  # noqa: PLR0913, PLR0917 - the options of one command
    turned: Turned = None,
    files: Portfolio = None,
    model: ModelFolder = None,
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Estimate from the recorded day, or from --since to --until, what a change would have earned, with intervals."""
    settings = _store(config, folder)
    change = change_of(turned, files, model)
    zone = ZoneInfo(settings.store.time_zone)
    # The last recorded day of the store's own zone: a day in UTC would cut an evening in two.
    begin = _instant(since) or last_day(settings.database, zone)
    with Progress("people") as progress:
        report = trial(
            settings.database,
            _bundles(settings),
            change,
            begin,
            _instant(until),
            progress=lambda done, of: progress.at(done / of),
        )
    if as_json:
        print_document({"change": change.as_json(), **report.as_json()})
    else:
        _tell_trial(report)


def frontier(
    since: Since = None,
    limit: Limit = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw it into this file too.")
    ] = None,
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """What each weight of privacy costs in relevance, and how much less screens then give away."""
    settings = _store(config, folder)
    with Progress("decisions") as progress:
        found = frontier_of(
            settings.database,
            _bundles(settings),
            _instant(since),
            limit=limit,
            progress=lambda done, of: progress.at(done / of),
        )
    if svg is not None:
        svg.write_text(drawn(found), encoding="utf-8")
    if as_json:
        print_document(found.as_json())
    else:
        _tell_frontier(found)


def _instant(given: datetime | None) -> datetime | None:
    """What was given, as an instant."""
    # The option says UTC; a date without zone would be read by the machine's own.
    return None if given is None else given.replace(tzinfo=UTC)


def _store(config: Path | None, folder: Path | None) -> Settings:
    settings = settings_at(config, folder)
    need_data(settings)
    return settings


def _bundles(settings: Settings) -> BundleRegistry:
    return BundleRegistry(settings.bundles, settings.model_keys)


def _tell_diff(report: DiffReport) -> None:
    for flip in report.flips:
        _tell_flip(flip)
    for id_, reason in report.failed.items():
        note(f"{id_}: {reason}")
    say(
        f"{report.compared} decisions: {len(report.flips)} would have shown something else,"
        f" {report.reworded} the same in other words, {report.unchanged} the very same"
    )
    for rules, times in report.rules.items():
        say(f"  {times:6} x {rules}")


def _tell_flip(flip: ChangedDecision) -> None:
    say(f"{flip.id} {flip.placement} {flip.at.isoformat(timespec='seconds')}")
    for shift in flip.shifts:
        was, now = ("-" if place is None else str(place) for place in shift.place)
        offers = " -> ".join(offer or "no offer" for offer in shift.offer)
        told = f" ({offers})" if shift.how == "offer" else ""
        say(
            f"  {shift.how:8} {shift.sku:16} {was:>2} -> {now:<2} {' -> '.join(shift.because)}{told}"
        )


def _tell_trial(report: TrialReport) -> None:
    say(f"{report.showings} showings to {report.people} people")
    for reason, showings in report.left_out.items():
        say(f"  {showings} left out: {reason}")
    for answer in report.answers:
        _tell_answer(answer)


def _tell_answer(answer: WhatIfAnswer) -> None:
    found = answer.found
    say(
        f"{answer.measure.value}: {answer.says}\n"
        f"  {answer.rows} rows, {answer.touched} touched, {answer.unsupported} of those without support;"
        f" the log is worth {found.then.effective:.0f} of {found.people} people"
    )
    if answer.told and answer.touched:
        then = found.then
        say(
            f"  was {found.was:.4g}, would be {_figure(then.snips)}"
            f" (IPS {_figure(then.ips)}, DR {_figure(then.dr)})\n"
            f"  change a touched row {_figure(answer.lift)}, a row of all {_figure(answer.overall)}"
        )


def _figure(one: Estimate) -> str:
    return f"{one.value:.4g} [{one.low:.4g}, {one.high:.4g}]"


def _tell_frontier(found: PrivacyFrontier) -> None:
    for id_, reason in found.failed.items():
        note(f"{id_}: {reason}")
    say(f"{found.decisions} decisions")
    say("weight %   value lost %   privacy saved %   flipped")
    for one in found.positions:
        say(
            f"{one.weight_pct:8} {found.lost_pct(one):14.2f} {found.saved_pct(one):17.2f}"
            f" {one.flipped:9}"
        )


def _group() -> None:
    """What was decided, made again: the same, or with something different."""
