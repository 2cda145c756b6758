"""The price of privacy: what each weight of it costs in relevance, and how much less screens then give away.

``storeside decisions frontier`` calls it; `frontier_svg` draws what it found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.recomputed import RecomputedDecision
from edge.campaigns.whatif.slot_diff import Seat, seats
from edge.domain.decision import Choice, Decision
from edge.domain.errors import NotReplayable
from edge.domain.ids import DecisionId
from edge.domain.placement import PLACEMENTS, surface_of
from edge.domain.value import TELLS, WHOLE
from edge.state.replay import Progress, Sources, ids_since, open_copy, stored_as
from models.serving.registry import BundleRegistry

WEIGHTS = tuple(range(0, 101, 10))
"""The slider's positions that are compared, in per cent; the first is the one without a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierPoint:
    """All decisions under one weight.

    ``relevance``: the worth of what is shown, before privacy has its price, in expected purchases. ``given_away``:
    how telling it is times how many may see it, summed over all places. ``flipped``: decisions that show something
    else than without a price.
    """

    weight_pct: int
    relevance: float
    given_away: int
    flipped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyFrontier:
    """A position for each of ``WEIGHTS``. ``failed``: decision -> why it cannot be made."""

    decisions: int
    positions: tuple[FrontierPoint, ...]
    failed: Mapping[DecisionId, str]

    def lost_pct(self, position: FrontierPoint) -> float:
        """The value lost against no price at all, in per cent of it."""
        return _less_pct(self.positions[0].relevance, position.relevance)

    def saved_pct(self, position: FrontierPoint) -> float:
        """The privacy saved against no price at all, in per cent of what is then given away."""
        return _less_pct(self.positions[0].given_away, position.given_away)

    def as_json(self) -> dict[str, JsonValue]:
        """For programs."""
        return {
            "decisions": self.decisions,
            "failed": {str(id_): reason for id_, reason in self.failed.items()},
            "positions": [
                {
                    "privacy_weight_pct": one.weight_pct,
                    "relevance": round(one.relevance, 4),
                    "given_away": one.given_away,
                    "flipped": one.flipped,
                    "value_lost_pct": round(self.lost_pct(one), 3),
                    "privacy_saved_pct": round(self.saved_pct(one), 3),
                }
                for one in self.positions
            ],
        }


def frontier(
    database: Path,
    bundles: BundleRegistry,
    since: datetime | None = None,
    *,
    limit: int | None = None,
    progress: Progress = lambda _done, _of: None,
) -> PrivacyFrontier:
    """Make the stored decisions again under every weight. Raises ``StorageFailed``: the file cannot be read.

    Args:
        database: The store's file or a copy of it; it is only read.
        bundles: Where the model bundles lie.
        since: Leave out decisions made before (business time).
        limit: Look at so many only, the oldest first.
        progress: Told after each decision.
    """
    columns = tuple(_Column(weight_pct=weight) for weight in WEIGHTS)
    made, failed = 0, dict[DecisionId, str]()
    with closing(open_copy(database)) as conn:
        sources = Sources(conn, bundles)
        remade = [
            RecomputedDecision(sources, WhatIfChange(tuning={"privacy_weight_pct": w}))
            for w in WEIGHTS
        ]
        ids = ids_since(conn, since)[:limit]
        for done, id_ in enumerate(ids, start=1):
            progress(done, len(ids))
            try:
                stored = stored_as(conn, id_)
                if stored is None:
                    continue
                # All weights before any is added: a decision missing under one of them would tilt the comparison.
                row = [again(stored) for again in remade]
            except NotReplayable as reason:
                failed[id_] = str(reason)
                continue
            made += 1
            # The first weight is nought: its decision is the one without a price.
            worths = _worths(row)
            for column, decision in zip(columns, row, strict=True):
                column.add(decision, row[0], worths)
    positions = tuple(column.position() for column in columns)
    return PrivacyFrontier(decisions=made, positions=positions, failed=failed)


def given_away(decision: Decision) -> int:
    """What a decision's places tell of the person, times how many may see it there; nought on the list of no screen."""
    seen_by = surface_of(PLACEMENTS[decision.placement].surface).seen_by
    return seen_by * sum(_telling(choice) for choice in decision.choices)


@dataclass(slots=True, kw_only=True)
class _Column:
    """What was summed up under one weight so far."""

    weight_pct: int
    relevance: float = 0.0
    given_away: int = 0
    flipped: int = 0

    def add(self, now: Decision, free: Decision, worths: Mapping[Seat, float]) -> None:
        """One more decision, beside what it is without a price."""
        self.relevance += sum(worths[seat] for seat in seats(now))
        self.given_away += given_away(now)
        self.flipped += seats(now) != seats(free)

    def position(self) -> FrontierPoint:
        return FrontierPoint(
            weight_pct=self.weight_pct,
            relevance=self.relevance,
            given_away=self.given_away,
            flipped=self.flipped,
        )


def _worths(row: Sequence[Decision]) -> Mapping[Seat, float]:
    """What each seat of one situation is worth were nothing lost by it, in purchases.

    Worth is kept in whole ten-thousandths, so it is read where the least of it was rounded away: at the lowest
    weight under which it is shown.
    """
    worths = dict[Seat, float]()
    for decision in row:
        for seat, choice in zip(seats(decision), decision.choices, strict=True):
            # Weights go up, so the first one that shows a seat is the lowest.
            worths.setdefault(seat, choice.worth * choice.loss / WHOLE / 10_000)
    return worths


def _telling(choice: Choice) -> int:
    return max((TELLS.get(source, 0) for source in choice.sources), default=0)


def _less_pct(free: float, now: float) -> float:
    return 100 * (free - now) / free if free else 0.0
