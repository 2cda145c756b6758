"""People of a test, made quickly: a few words say who is in which arm and what they spent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from edge.storage.measurement.experiment_outcomes import ExperimentOutcome
from tests.edge.builders import NOW

LATER = NOW + timedelta(days=200)


def outcome(arm: str = "treated", **changed: object) -> ExperimentOutcome:
    plain: dict[str, object] = {
        "arm": arm,
        "segments": (),
        "past_trips": 5,
        "first_at": NOW,
        "visit_cents": 1_000,
        "visit_items": 0,
        "month_cents": 4_000,
        "month_trips": 4,
        "redeemed": 0,
    }
    return ExperimentOutcome(**{**plain, **changed})  # type: ignore[arg-type]  # fields of the test's choice


def crowd(
    shares: Mapping[str, float],
    plus: Mapping[str, int],
    n: int = 3_000,
    segments: tuple[str, ...] = ("all",),
) -> list[ExperimentOutcome]:
    """People drawn by ``shares``, a minute apart; an arm spends ``plus`` cents more, in the first segment only."""
    luck = np.random.default_rng(3)
    arms = luck.choice(list(shares), n, p=list(shares.values()))
    spent = luck.gamma(4.0, 250.0, n)
    return [
        outcome(
            str(arm),
            first_at=NOW + timedelta(minutes=number),
            visit_cents=round(
                spent[number] + plus.get(str(arm), 0) * (number % len(segments) == 0)
            ),
            segments=(segments[number % len(segments)],),
        )
        for number, arm in enumerate(arms)
    ]
