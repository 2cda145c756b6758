"""Tests that could not be read: who is held out, how layers are cut, salts that draw two campaigns alike.

`check` calls it; `offer_conflicts` asks it which tests can meet in one person.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from edge.campaigns.checks.findings import Fault, Finding, error, warning
from edge.campaigns.checks.prepared_portfolio import PreparedPortfolio
from edge.domain.campaign import Campaign
from edge.domain.experiment import POINTS, Design, Layer, SwitchbackSchedule

LEAST_PCT, MOST_PCT = 10, 20
"""Of the people of a campaign so many are held out: fewer prove nothing, more cost sales."""


def experiments(study: PreparedPortfolio) -> Iterator[Finding]:
    """Each campaign by itself, then every two that run at one time."""
    for campaign in study.going:
        # A switchback draws time: no share of people and no part of a layer has a say in it.
        if campaign.design is Design.SWITCHBACK:
            yield from _rota(campaign)
        else:
            yield from _holdout(study, campaign)
            yield from _layer(campaign)
    for one, other in combinations(study.running, 2):
        if one.starts_at < other.ends_at and other.starts_at < one.ends_at:
            yield from _two(one, other)


def exclusive(one: Campaign, other: Campaign) -> bool:
    """Whether nobody in particular is in both: their parts of one layer do not overlap."""
    # Stretches of time keep nobody apart: who comes in both is in both.
    if Design.SWITCHBACK in (one.design, other.design):
        return False
    return _share_a_layer(one, other) and not _overlap(one, other)


def _share_a_layer(one: Campaign, other: Campaign) -> bool:
    return bool(one.layer and other.layer and one.layer.name == other.layer.name)


def _overlap(one: Campaign, other: Campaign) -> bool:
    """Whether they have people in common, as far as their parts of layers tell."""
    # Without a layer a campaign is for everybody.
    parts = [campaign.layer or Layer(name="") for campaign in (one, other)]
    return max(part.first for part in parts) < min(part.last for part in parts)


def _rota(campaign: Campaign) -> Iterator[Finding]:
    rota = campaign.rota or SwitchbackSchedule()
    if rota.washout_minutes >= rota.period_minutes:
        yield error(
            Fault.WASHED_OUT,
            campaign.id,
            says=f"campaign {campaign.id}: of {rota.period_minutes} minutes {rota.washout_minutes} are not measured",
            mend="let washout_minutes be a small part of period_minutes",
        )


def _holdout(study: PreparedPortfolio, campaign: Campaign) -> Iterator[Finding]:
    pct = campaign.holdout_pct
    if not LEAST_PCT <= pct <= MOST_PCT:
        tell = error if pct < LEAST_PCT else warning
        yield tell(
            Fault.HOLDOUT_SIZE,
            campaign.id,
            says=f"campaign {campaign.id} holds out {pct} % of its people; {LEAST_PCT} to {MOST_PCT} can be read",
            mend=f"set holdout_pct to {LEAST_PCT} at least and {MOST_PCT} at most",
        )
    if campaign.salt == study.portfolio.tuning.holdout_salt:
        yield error(
            Fault.SALT_SHARED,
            campaign.id,
            "holdout_salt",
            says=f"campaign {campaign.id} has the salt of the global holdout: it holds out the very same people",
            mend="give the campaign a salt of its own",
        )


def _layer(campaign: Campaign) -> Iterator[Finding]:
    layer = campaign.layer
    if layer is not None and not 0 <= layer.first < layer.last <= POINTS:
        yield error(
            Fault.LAYER_EMPTY,
            campaign.id,
            says=f"campaign {campaign.id}: nobody is in {layer.first} to {layer.last} of the layer {layer.name}",
            mend=f"let its part begin at 0 or later and end after that, at {POINTS} at most",
        )


def _two(one: Campaign, other: Campaign) -> Iterator[Finding]:
    apart = exclusive(one, other)
    both = f"campaigns {one.id} and {other.id}"
    # Under one salt people and stretches are still drawn apart.
    if one.salt == other.salt and one.design is other.design and not apart:
        yield error(
            Fault.SALT_SHARED,
            one.id,
            other.id,
            says=f"{both} have one salt: the same people are held out of both, and their effects cannot be told apart",
            mend="give each a salt of its own",
        )
    if apart:
        return
    if one.design is other.design is Design.PERSON and _share_a_layer(one, other):
        yield error(
            Fault.LAYERS_OVERLAP,
            one.id,
            other.id,
            says=f"{both} have people in common in the layer that is there to keep them apart",
            mend="let the part of one begin where the other's ends, or move it to another layer",
        )
    for placement in sorted(_ordered(one) & _ordered(other)):
        yield error(
            Fault.STRATEGIES_CLASH,
            one.id,
            other.id,
            says=f"{both} both test which strategy orders {placement}, and only the first is ever asked",
            mend="run one after the other, or put them into two parts of one layer",
        )


def _ordered(campaign: Campaign) -> set[str]:
    """The placements of which its variants name the strategy."""
    return {row[0] for variant in campaign.variants for row in variant.strategies}
