"""Figures of an experiment as views, each comparison with one sentence that says what it means.

The experiments' service and ``storeside experiments`` call it with what was worked out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from edge.api.views.experiments import (
    ComparedView,
    ExperimentReport,
    ExperimentView,
    IntervalView,
    RatioView,
    SwitchedView,
    UpliftView,
)
from edge.campaigns.experiments.randomised import ArmComparison, Metric, PeopleResult
from edge.campaigns.experiments.results import Result
from edge.campaigns.experiments.switchback import StretchResult
from edge.domain.campaign import Campaign
from edge.domain.currency import StoreCurrency

# An open store loads the statistics when somebody asks for a result, not when it starts.
if TYPE_CHECKING:
    from models.causal.estimate import Estimate
    from models.causal.switchback import SwitchbackEffect

_UNIT: Mapping[Metric, str] = {
    Metric.VISIT_SPEND: "a visit",
    Metric.VISIT_ITEMS: "of its products a visit",
    Metric.MONTH_SPEND: "in four weeks",
    Metric.MONTH_TRIPS: "trips in four weeks",
    Metric.REDEEMED: "redemptions in four weeks",
}
_SPEND: Final = frozenset({Metric.VISIT_SPEND, Metric.MONTH_SPEND})
# Digits behind the point that a reader can use.
_DIGITS = 4


def view_of(result: Result, now: datetime, currency: StoreCurrency) -> ExperimentView:
    """A test with its first figure; its words tell money in ``currency``, its numbers in smallest units."""
    found, campaign, people = result.evidence, result.evidence.campaign, result.people
    first = None if people is None else people.headline
    return ExperimentView(
        id=found.id,
        name=found.name,
        state=_state(campaign, now),
        design="person" if campaign is None else campaign.design.value,
        iteration=max(len(found.lineage), 1),
        lineage=found.lineage or (found.id,),
        starts_at=None if campaign is None else campaign.starts_at,
        ends_at=None if campaign is None else campaign.ends_at,
        people={} if people is None else dict(people.people),
        alarm=people is not None and people.ratio.alarm,
        elsewhere=found.elsewhere[0],
        elsewhere_cents=found.elsewhere[1],
        headline=None if first is None else _compared(first, currency),
        switched=None if result.switched is None else _switched(result.switched)[0],
    )


def report_of(
    result: Result,
    earlier: Sequence[Result],
    uplift: UpliftView | None,
    now: datetime,
    currency: StoreCurrency,
) -> ExperimentReport:
    """A test in full; ``earlier`` are the iterations before it, first to last."""
    people, itself = result.people, view_of(result, now, currency)
    return ExperimentReport(
        experiment=itself,
        ratio=None if people is None else _ratio(people),
        compared=() if people is None else _all_compared(people.compared, currency),
        segments=() if people is None else _all_compared(people.segments, currency),
        switched=() if result.switched is None else _switched(result.switched),
        iterations=(*(view_of(one, now, currency) for one in earlier), itself),
        uplift=uplift,
    )


def _state(campaign: Campaign | None, now: datetime) -> str:
    # Without a campaign it is the holdout of everything together, which always runs.
    if campaign is None or campaign.is_live(now):
        return "live"
    if campaign.paused:
        return "paused"
    return "planned" if now < campaign.starts_at else "ended"


def _all_compared(
    found: Sequence[ArmComparison], currency: StoreCurrency
) -> tuple[ComparedView, ...]:
    return tuple(_compared(one, currency) for one in found)


def _compared(one: ArmComparison, currency: StoreCurrency) -> ComparedView:
    lift = one.lift
    return ComparedView(
        metric=one.metric.value,
        arm=one.arm,
        against=one.against,
        segment=one.segment,
        told=lift.told,
        stands=lift.stands,
        difference=interval_of(lift.difference),
        relative=interval_of(lift.relative),
        people=lift.treated,
        control=lift.control,
        settling=one.settling,
        least=lift.least,
        words=_words(one, currency),
    )


def _words(one: ArmComparison, currency: StoreCurrency) -> str:
    lift, unit = one.lift, _UNIT[one.metric]
    digits: Callable[[float], str] = "{:+,.2f}".format
    if one.metric in _SPEND:
        digits, unit = currency.mean, f"{currency.code} {unit}"
    counted = lift.treated + lift.control
    if not lift.told:
        return f"Not enough yet: {counted:,} of at least {lift.least:,} people are counted."
    gap = lift.difference
    between = f"{digits(gap.value)} {unit}, between {digits(gap.low)} and {digits(gap.high)}"
    if not lift.stands:
        return f"No difference can be told: {between}."
    # Nought lies outside the interval here, so its lower end tells the sign.
    return f"{one.arm} does {'more' if gap.low > 0 else 'less'} than {one.against}: {between}."


def _ratio(people: PeopleResult) -> RatioView:
    return RatioView(
        alarm=people.ratio.alarm,
        chance=people.ratio.chance,
        seen=dict(people.people),
        meant=dict(zip(people.people, people.ratio.meant, strict=True)),
    )


def _switched(found: StretchResult) -> tuple[SwitchedView, SwitchedView]:
    return (
        _one_switched("basket-spend-cents", found.spend_cents),
        _one_switched("basket-items", found.items),
    )


def _one_switched(metric: str, one: SwitchbackEffect) -> SwitchedView:
    return SwitchedView(
        metric=metric,
        planned=interval_of(one.planned),
        running=interval_of(one.running),
        pairs=one.pairs,
        without=round(one.off_mean, _DIGITS),
    )


def interval_of(one: Estimate) -> IntervalView:
    """A figure with its interval; an open end is null."""
    return IntervalView(value=_told(one.value) or 0.0, low=_told(one.low), high=_told(one.high))


def _told(value: float) -> float | None:
    # JSON has no infinity: an end that is open is null.
    return round(value, _DIGITS) if math.isfinite(value) else None
