"""What a simulation ends with: one document for programs, a few lines for people.

``edge.cli.simulate`` prints one of the two forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from edge.lab.simulate.findings import SimulatedEffect
from edge.lab.simulate.run import SimulatedRun


def document(played: SimulatedRun, found: Sequence[SimulatedEffect]) -> dict[str, object]:
    """``planted`` is the truth, ``estimated`` what the store's own tables tell of it.

    ``estimated``: campaign -> arm -> lift in per cent with its 95 % interval for one look at the end; null
    where there are too few people to tell. ``violations``: promise -> how often it was broken.
    """
    estimated: dict[str, dict[str, object]] = {c.id: {} for c in played.portfolio.current}
    for finding in found:
        estimated[finding.campaign][finding.arm] = finding.as_json()
    return {
        "seed": played.options.seed,
        "days": round(played.options.hours / 24, 4),
        "events": played.events,
        "log_sha256": played.log_sha256,
        "visits": played.visits,
        "decisions": played.decisions,
        "events_at_centre": played.at_centre,
        "planted": played.options.plant.told(),
        "estimated": estimated,
        "violations": dict(played.verdict.violations),
        "cases": list(played.verdict.cases),
    }


def lines(told: Mapping[str, object]) -> Iterator[str]:
    """The same document for people."""
    yield (
        f"{told['days']} days, seed {told['seed']}: {told['visits']} visits,"
        f" {told['decisions']} decisions, {told['events']} messages"
    )
    yield f"event log sha256 {told['log_sha256']}"
    yield ""
    yield f"{'campaign':14} {'arm':9} {'true':>7} {'found':>7}   95 % interval        people"
    estimated = cast("Mapping[str, Mapping[str, Mapping[str, object]]]", told["estimated"])
    for campaign, arms in estimated.items():
        for arm, one in arms.items():
            yield _row(campaign, arm, one)
    broken = cast("Mapping[str, int]", told["violations"])
    yield ""
    yield "promises broken: " + (
        ", ".join(f"{kind} {n}" for kind, n in broken.items() if n) or "none"
    )


def _row(campaign: str, arm: str, one: Mapping[str, object]) -> str:
    told = one["low_pct"] is not None and one["high_pct"] is not None
    interval = f"{one['low_pct']} … {one['high_pct']} %" if told else "not enough yet"
    units = cast("Sequence[int]", one["units"])
    true = "-" if one["true_pct"] is None else f"{one['true_pct']} %"
    return (
        f"{campaign:14} {arm:9} {true:>7} {one['lift_pct']!s:>5} %   {interval:20}"
        f" {units[0]} / {units[1]}"
    )
