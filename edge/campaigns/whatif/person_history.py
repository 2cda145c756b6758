"""What one person was shown, and every way in which chance could have let it be shown, as it was and as changed.

`trial` asks it of each person; the odds before and after become the weight of what they earned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from edge.campaigns.whatif.assignments import EVERYWHERE, Assignments, concerned
from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.recomputed import RecomputedDecision
from edge.campaigns.whatif.visible_slots import PossibleList, SeenList, seen, sight
from edge.decision.codec import decode_decision
from edge.domain.decision import Decision, Inputs
from edge.domain.errors import NotReplayable
from edge.domain.ids import DecisionId, Token, VisitId
from edge.state.replay import OpenedCache, Sources, inputs_of
from edge.storage.decisions.decisions import StoredDecision

Mixture = Mapping[tuple[PossibleList, ...], float]
"""What is seen, showing by showing, and how likely all of it comes together."""

Ways = Sequence[tuple[float, tuple[PossibleList, ...]]]
"""The ways in which draws can fall: the chance of each, and what is then seen in each showing."""


# Chances are sums of products of floats; so far apart, two are still one.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class PastShowing:
    """One stored decision that somebody could see."""

    id: DecisionId
    visit: VisitId | None
    token: Token | None
    inputs: Inputs
    decision: Decision

    @property
    def person(self) -> str:
        """Whom it was for: the person, or nobody known by their visit."""
        return self.token or self.visit or self.id

    @classmethod
    def of(cls, stored: StoredDecision) -> PastShowing:
        """The decision with its inputs, read. Raises ``NotReplayable``."""
        return cls(
            id=stored.id,
            visit=stored.visit,
            token=stored.token,
            inputs=inputs_of(stored),
            # Hundreds of losers a decision, and nobody could see them.
            decision=replace(decode_decision(stored.output), losers=()),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowingOdds:
    """How likely showings were to be seen as they were seen, all together, and would be after the change.

    ``touched``: whether the change draws differently here at all. ``supported``: whether all that it can draw could
    be drawn before.
    """

    logged: float
    target: float
    touched: bool
    supported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowingHistory:
    """Showings of one person under one configuration, oldest first, with all that could have been shown instead."""

    showings: tuple[PastShowing, ...]
    seen: tuple[SeenList, ...]
    before: Ways
    after: Ways

    def whole(self) -> ShowingOdds:
        """The odds of all showings together."""
        return self._odds(slice(None))

    def one_by_one(self) -> Iterator[tuple[PastShowing, ShowingOdds]]:
        """Each showing with its own odds."""
        for place, showing in enumerate(self.showings):
            yield showing, self._odds(slice(place, place + 1))

    def _odds(self, part: slice) -> ShowingOdds:
        before, after = _mixed(self.before, part), _mixed(self.after, part)
        shown = self.seen[part]
        return ShowingOdds(
            logged=_chance(before, shown),
            target=_chance(after, shown),
            touched=not _alike(before, after),
            supported=all(any(_within(way, known) for known in before) for way in after),
        )


class ShowingHistories:
    """The way from showings to lives under one change; each catalogue is opened and changed once."""

    def __init__(self, sources: Sources, change: WhatIfChange) -> None:
        remade = RecomputedDecision(sources, change)
        self._sources = sources
        self._change = change
        self._before = OpenedCache[str, Assignments](
            lambda digest: Assignments(sources.catalogues(digest))
        )
        self._after = OpenedCache[str, Assignments](
            lambda digest: Assignments(remade.catalogues(digest))
        )

    def life(self, showings: Sequence[PastShowing]) -> ShowingHistory:
        """Everything that could have been shown in the place of ``showings``: one person's, of one catalogue.

        Raises:
            NotReplayable: one of them cannot be made again, or not to what it was.
        """
        digest = showings[0].inputs.catalogue
        before, after = self._before(digest), self._after(digest)
        given = [one.inputs for one in showings]
        changed = [self._change.scored(inputs) for inputs in given]
        speaking = self._speaking(showings, before, after)
        life = ShowingHistory(
            showings=tuple(showings),
            seen=tuple(seen(one.decision, one.inputs, before.catalogue) for one in showings),
            before=self._ways(before, speaking, showings[0].token, given),
            after=self._ways(after, speaking, showings[0].token, changed),
        )
        # What was seen must be possible under its own configuration.
        if not life.whole().logged:
            raise NotReplayable("made again it is not what it was")
        return life

    def _speaking(
        self, showings: Sequence[PastShowing], before: Assignments, after: Assignments
    ) -> tuple[str, ...]:
        """The campaigns that the change concerns and that had, or would have, a say in these showings."""
        names = concerned(before.catalogue, after.catalogue)
        if not names:
            return ()
        # The global holdout has a say in every showing.
        said = {EVERYWHERE}
        for draws in (before, after):
            # A test of strategies needs no offer on a candidate, so it may stand in no decision's arms.
            said |= {campaign.id for campaign in draws.catalogue.strategy_tests}
        for one in showings:
            said |= one.decision.arms.keys()
            inputs = self._change.scored(one.inputs)
            # What only the change brings speaks in no stored decision.
            said |= self._sources.decided(inputs, after.catalogue, "").arms.keys()
        return tuple(name for name in names if name in said)

    def _ways(
        self,
        draws: Assignments,
        names: Sequence[str],
        token: Token | None,
        given: Sequence[Inputs],
    ) -> Ways:
        return [
            (chance, tuple(sight(self._sources, inputs, catalogue) for inputs in given))
            for chance, catalogue in draws.falls(names, token)
        ]


def _mixed(ways: Ways, part: slice) -> Mixture:
    """Ways in which the same is seen, together."""
    mixed = dict[tuple[PossibleList, ...], float]()
    for chance, sights in ways:
        mixed[sights[part]] = mixed.get(sights[part], 0.0) + chance
    return mixed


def _chance(mixture: Mixture, shown: Sequence[SeenList]) -> float:
    return sum(
        chance * prod(one.chance(seen) for one, seen in zip(sights, shown, strict=True))
        for sights, chance in mixture.items()
    )


def _alike(before: Mixture, after: Mixture) -> bool:
    """Whether two mixtures are equal but for the rounding of sums."""
    return before.keys() == after.keys() and all(
        abs(before[sights] - after[sights]) < _ROUNDING for sights in before
    )


def _within(way: Sequence[PossibleList], other: Sequence[PossibleList]) -> bool:
    return all(one.within(known) for one, known in zip(way, other, strict=True))
