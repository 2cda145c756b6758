"""The portfolio at a glance: how many campaigns are where, how old, how fast, what is next, and in which lines.

`authoring.overview` fills it from what is stored; the console draws it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from edge.domain.campaign import Campaign


class State(StrEnum):
    """Where a campaign is on its way; a closed list."""

    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    LIVE = "live"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioEntry:
    """One campaign in its newest version: when it was first written, whether approved, and when published."""

    campaign: Campaign
    written_at: datetime
    is_approved: bool = False
    published_at: datetime | None = None

    def state(self, at: datetime) -> State:
        """Where it is at ``at``; what is published goes by its dates."""
        if self.published_at is None or self.published_at > at:
            return State.APPROVED if self.is_approved else State.DRAFT
        if self.campaign.ends_at <= at:
            return State.ENDED
        if self.campaign.paused:
            return State.PAUSED
        return State.LIVE if self.campaign.starts_at <= at else State.SCHEDULED


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioFigures:
    """Figures of a portfolio.

    ``counts``: state -> campaigns, every state. ``age_days``: live or paused campaign -> whole days since its
    start, the oldest first. ``published_a_day``: in the last ``OVER``. ``backlog``: what is not published, by
    impact × ease.
    ``lines``: every line of iterations, the first version first; a version with two successors is in two.
    """

    counts: Mapping[State, int]
    age_days: Mapping[str, int]
    published_a_day: float
    backlog: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]


OVER = timedelta(days=28)
"""Throughput is counted over four weeks, so that every day of the week counts alike."""

_RUNNING = frozenset({State.LIVE, State.PAUSED})
_WAITING = frozenset({State.DRAFT, State.APPROVED})


def view(entries: Iterable[PortfolioEntry], at: datetime) -> PortfolioFigures:
    """The portfolio at business time ``at``."""
    ordered = sorted(entries, key=lambda entry: entry.campaign.id)
    states = {entry.campaign.id: entry.state(at) for entry in ordered}
    count = Counter(states.values())
    campaigns = [entry.campaign for entry in ordered]
    running = [c for c in campaigns if states[c.id] in _RUNNING]
    published = [e for e in ordered if e.published_at and at - OVER < e.published_at <= at]
    return PortfolioFigures(
        counts={state: count[state] for state in State},
        age_days={
            # A campaign may be paused before it has begun.
            c.id: max(0, (at - c.starts_at).days)
            for c in sorted(running, key=lambda c: (c.starts_at, c.id))
        },
        published_a_day=len(published) / OVER.days,
        backlog=_backlog([e for e in ordered if states[e.campaign.id] in _WAITING]),
        lines=lines(campaigns),
    )


def _backlog(waiting: Iterable[PortfolioEntry]) -> tuple[str, ...]:
    """Impact × ease, the largest first; of equals the one that has waited longest."""
    ranked = sorted(waiting, key=lambda e: (-e.campaign.impact * e.campaign.ease, e.written_at))
    return tuple(entry.campaign.id for entry in ranked)


def lines(campaigns: Sequence[Campaign]) -> tuple[tuple[str, ...], ...]:
    """The lines of iterations with two versions or more; whoever is in a circle is in none."""
    parents = {campaign.id: campaign.parent for campaign in campaigns}
    # A line is told from its last: nobody goes on from that one.
    last = parents.keys() - set(parents.values())
    found = (_line(parents, id_) for id_ in sorted(last))
    return tuple(line for line in found if len(line) > 1)


def _line(parents: Mapping[str, str | None], last: str) -> tuple[str, ...]:
    line = [last]
    parent = parents[last]
    while parent is not None and parent in parents and parent not in line:
        line.append(parent)
        parent = parents[parent]
    return tuple(reversed(line)) if parent is None or parent not in parents else ()
