"""The draw behind a test: its name, and how likely each arm is, from the campaign alone.

`enrolment` names tests by it, `results` reads the chances.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from edge.domain.campaign import Campaign
from edge.domain.experiment import Arm, SwitchbackSchedule

EVERYTHING = "everything"
"""Stands for a campaign where all personal offers together are held against the global holdout."""


def design_of(campaign: Campaign) -> str:
    """The name of the campaign's draw, 12 hexadecimal digits: people of two draws are never compared."""
    rota, layer = campaign.rota, campaign.layer
    return _named(
        [
            campaign.design.value,
            campaign.salt,
            campaign.holdout_pct,
            None if layer is None else [layer.name, layer.first, layer.last],
            # What an arm shows is not in it: that draws nobody anew.
            [[variant.name, variant.weight] for variant in campaign.variants],
            None if rota is None else [rota.period_minutes, rota.washout_minutes],
        ]
    )


def global_design(salt: str, holdout_pct: int) -> str:
    """The name of the global holdout's draw."""
    return _named([EVERYTHING, salt, holdout_pct])


def shares_of(campaign: Campaign) -> Mapping[str, float]:
    """Arm -> its chance, for people of the campaign's layer; they sum to 1."""
    return _shares(
        campaign.holdout_pct, {v.name: v.weight for v in campaign.variants if v.weight}
    )


def global_shares(holdout_pct: int) -> Mapping[str, float]:
    """The same for the global holdout."""
    return _shares(holdout_pct, {})


def rota_of(campaign: Campaign) -> SwitchbackSchedule:
    """When a switchback is on."""
    return campaign.rota or SwitchbackSchedule()


def begins(rota: SwitchbackSchedule, stretch: int) -> datetime:
    """When a stretch begins."""
    return datetime.fromtimestamp(stretch * rota.period_minutes * 60, UTC)


def _shares(holdout_pct: int, weights: Mapping[str, int]) -> Mapping[str, float]:
    held = holdout_pct / 100
    total = sum(weights.values())
    arms = {Arm.TREATED.value: 1.0} if not total else {n: w / total for n, w in weights.items()}
    shares = {Arm.HELD_OUT.value: held, **{n: (1 - held) * s for n, s in arms.items()}}
    # With an arm of nobody nothing can be compared.
    return {name: share for name, share in shares.items() if share > 0}


def _named(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
