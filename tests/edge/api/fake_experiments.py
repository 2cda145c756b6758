"""Tests that somebody else has measured."""

from __future__ import annotations

from collections.abc import Sequence

from edge.api.http.errors import CannotPromote
from edge.api.services.experiments import StoredExperiments
from edge.api.views.experiments import (
    ComparedView,
    ExperimentReport,
    ExperimentView,
    IntervalView,
)

COMPARED = ComparedView(
    metric="visit-spend-cents",
    arm="b",
    against="a",
    told=True,
    stands=True,
    difference=IntervalView(value=1.5, low=0.5, high=2.5),
    relative=IntervalView(value=0.1),
    people=500,
    control=480,
    settling=3,
    least=400,
    words="b does more than a.",
)
JUNE = ExperimentView(
    id="june",
    name="June",
    state="live",
    design="person",
    iteration=1,
    lineage=("june",),
    people={"a": 480, "b": 500},
    alarm=False,
    headline=COMPARED,
)


class FakeExperiments(StoredExperiments):
    """One test, whose arm ``b`` has won."""

    def __init__(self) -> None:
        self.promoted: list[tuple[str, str, bool]] = []

    async def all(self) -> Sequence[ExperimentView]:
        return [JUNE]

    async def one(self, id_: str) -> ExperimentReport | None:
        return (
            ExperimentReport(experiment=JUNE, compared=(COMPARED,)) if id_ == "june" else None
        )

    async def promote(self, id_: str, arm: str, *, anyway: bool) -> ExperimentReport | None:
        if arm != "b" and not anyway:
            raise CannotPromote("the figures do not say that it is better")
        self.promoted.append((id_, arm, anyway))
        return await self.one(id_)
