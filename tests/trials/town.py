"""A made-up town: people whose past tells something of what they spend, and outcomes with a planted effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from edge.domain.campaign import Campaign
from edge.domain.experiment import Arm, Variant
from edge.storage.measurement.experiment_outcomes import ExperimentOutcome

OPENS = datetime(2026, 3, 2, 8, tzinfo=UTC)
LONG_AFTER = OPENS + timedelta(days=60)
STORE = "7"


def campaign(salt: str, holdout_pct: int = 10, variants: tuple[Variant, ...] = ()) -> Campaign:
    return Campaign(
        id=f"c-{salt}",
        name="Planted",
        starts_at=OPENS,
        ends_at=LONG_AFTER,
        salt=salt,
        holdout_pct=holdout_pct,
        variants=variants,
    )


def tokens(run: int, n: int) -> list[str]:
    return [f"c-{run}-{number}" for number in range(n)]


def arms_of(test: Campaign, people: list[str]) -> list[str]:
    """By the real assignment: each person's arm, or variant."""
    found = list[str]()
    for token in people:
        variant = test.variant(token)
        arm = test.arm(token, STORE, OPENS)
        found.append(variant.name if variant and arm is Arm.TREATED else arm.value)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """People in the order in which they come in, shapes (n,): trips known of them, and what they spend untouched.

    ``month_cents``: on the other trips of the four weeks, which nothing has touched.
    """

    past_trips: npt.NDArray[np.int64]
    cents: npt.NDArray[np.float64]
    month_cents: npt.NDArray[np.float64]

    @classmethod
    def of(cls, luck: np.random.Generator, n: int) -> Town:
        """Skewed as spend is: three in ten buy nothing, a few buy for the whole week."""
        habit = luck.gamma(2.0, 6.0, n)
        buys = luck.random(n) < 0.7
        basket = np.exp(luck.normal(7.6, 0.9, n)) * np.clip(1 + 0.05 * (habit - 12), 0.2, None)
        trips = luck.poisson(habit / 4).astype(np.float64)
        return cls(
            past_trips=luck.poisson(habit),
            cents=np.where(buys, basket, 0.0).round(),
            month_cents=np.round(trips * np.exp(luck.normal(7.6, 0.3, n))),
        )


def lifted(
    luck: np.random.Generator,
    cents: npt.NDArray[np.float64],
    treated: npt.NDArray[np.bool_],
    plus: float,
) -> npt.NDArray[np.float64]:
    """``plus`` cents more a treated person on average: three in ten take one thing more."""
    takes = luck.random(len(cents)) < 0.3
    return cents + treated * takes * plus / 0.3


def outcomes(
    town: Town,
    arms: list[str],
    cents: npt.NDArray[np.float64],
    segments: Sequence[tuple[str, ...]],
    items: Sequence[int] | None = None,
) -> list[ExperimentOutcome]:
    columns = (
        arms,
        segments,
        town.past_trips.tolist(),
        cents.tolist(),
        town.month_cents.tolist(),
        items or [0] * len(arms),
    )
    return [
        ExperimentOutcome(
            arm=arm,
            segments=segment,
            past_trips=past,
            first_at=OPENS + timedelta(minutes=number),
            visit_cents=round(spent),
            visit_items=pieces,
            month_cents=round(spent + other),
            month_trips=1,
            redeemed=0,
        )
        for number, (arm, segment, past, spent, other, pieces) in enumerate(
            zip(*columns, strict=True)
        )
    ]
