"""Every stored decision made again under a change: exactly those that would have shown somebody something else.

``storeside decisions diff`` calls it; `slot_diff` says what differs in each.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import JsonValue

from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.recomputed import RecomputedDecision
from edge.campaigns.whatif.slot_diff import ChangedDecision, flip_of
from edge.decision.codec import decode_decision
from edge.domain.decision import Decision, Slot
from edge.domain.errors import NotReplayable
from edge.domain.ids import DecisionId
from edge.state.replay import Progress, Sources, ids_since, open_copy, stored_as
from models.serving.registry import BundleRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffReport:
    """What came out. ``reworded``: the same things in other words; ``failed``: decision -> why it cannot be made."""

    compared: int
    flips: tuple[ChangedDecision, ...]
    reworded: int
    failed: Mapping[DecisionId, str] = field(default_factory=dict[DecisionId, str])

    @property
    def unchanged(self) -> int:
        """Decisions that would have shown the very same."""
        return self.compared - len(self.flips) - self.reworded

    @property
    def rules(self) -> Mapping[str, int]:
        """How often each ``before -> after`` happened to a product or an offer, most often first.

        What kept its place on a screen, but not which, is ``moved``.
        """
        pairs = (shift.because for flip in self.flips for shift in flip.shifts)
        counts = Counter("moved" if was == now else f"{was} -> {now}" for was, now in pairs)
        # Equal counts by name, so that one diff is always told in the same order.
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

    def as_json(self) -> dict[str, JsonValue]:
        """For programs."""
        return {
            "compared": self.compared,
            "flipped": len(self.flips),
            "reworded": self.reworded,
            "unchanged": self.unchanged,
            "failed": {str(id_): reason for id_, reason in self.failed.items()},
            "rules": dict(self.rules),
            "flips": [flip.as_json() for flip in self.flips],
        }


def diff(
    database: Path,
    bundles: BundleRegistry,
    change: WhatIfChange,
    since: datetime | None = None,
    *,
    limit: int | None = None,
    progress: Progress = lambda _done, _of: None,
) -> DiffReport:
    """Hold what was decided against what would have been decided; each decision by itself, from its own inputs.

    Args:
        database: The store's file or a copy of it; it is only read.
        bundles: Where the model bundles lie.
        change: What is different.
        since: Leave out decisions made before (business time).
        limit: Look at so many only, the oldest first.
        progress: Told after each decision.

    Raises:
        StorageFailed: the file cannot be read.
    """
    flips, words, failed = list[ChangedDecision](), 0, dict[DecisionId, str]()
    compared = 0
    with closing(open_copy(database)) as conn:
        remade = RecomputedDecision(Sources(conn, bundles, change.ranker), change)
        ids = ids_since(conn, since)[:limit]
        for done, id_ in enumerate(ids, start=1):
            progress(done, len(ids))
            try:
                pair = _pair(conn, id_, remade)
            except NotReplayable as reason:
                failed[id_] = str(reason)
                continue
            if pair is None:
                continue
            compared += 1
            flip = flip_of(*pair)
            if flip is not None:
                flips.append(flip)
            elif _words(pair[0]) != _words(pair[1]):
                words += 1
    return DiffReport(compared=compared, flips=tuple(flips), reworded=words, failed=failed)


def _pair(
    conn: sqlite3.Connection, id_: DecisionId, remade: RecomputedDecision
) -> tuple[Decision, Decision] | None:
    """The decision before and after, if it was not let go meanwhile. Raises ``NotReplayable``."""
    stored = stored_as(conn, id_)
    return None if stored is None else (decode_decision(stored.output), remade(stored))


def _words(decision: Decision) -> tuple[str, tuple[Slot, ...]]:
    return decision.title, decision.slots
