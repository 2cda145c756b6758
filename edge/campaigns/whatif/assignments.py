"""How chance could have fallen for one person: arms of the campaigns that a change concerns, each with its chance.

`person_history` asks it before and after the change, and multiplies the chances.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from math import prod
from typing import TypeVar

from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue
from edge.domain.errors import NotReplayable
from edge.domain.experiment import Arm, Design, within
from edge.domain.ids import Token
from edge.state.replay import OpenedCache

EVERYWHERE = ""
"""Stands for the global holdout among the names of campaigns."""

AS_IT_FELL = "as-it-fell"
"""The name of what is left to the draw that really happened."""

# So many ways of falling are gone through for one person; beyond, a day's decisions take too long.
_MOST = 256

K = TypeVar("K")
V = TypeVar("V")

Outcome = tuple[str, float]
"""One way a draw can fall, and the chance of it: held out, treated or the name of a variant."""

Way = tuple[tuple[str, str], ...]
"""One way in which all draws fall: the arm of each campaign."""

Fall = tuple[float, Catalogue]
"""The chance of one way, and the catalogue in which the draws fall so for everybody."""


def concerned(before: Catalogue, after: Catalogue) -> tuple[str, ...]:
    """Campaigns that differ themselves or in their offers, by id; first ``EVERYWHERE`` if the global holdout does."""
    differ = {c.id for c in _differing(before.campaigns, after.campaigns)}
    differ |= {o.campaign for o in _differing(before.offers_by_id, after.offers_by_id)}
    tunings = before.tuning, after.tuning
    everywhere = len({(t.holdout_pct, t.holdout_salt) for t in tunings}) > 1
    return (*((EVERYWHERE,) if everywhere else ()), *sorted(differ))


class Assignments:
    """The draws of one catalogue; a catalogue in which they fall in one way is put together once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._fallen = OpenedCache[Way, Catalogue](partial(_fallen, catalogue))

    def falls(self, campaigns: Iterable[str], token: Token | None) -> list[Fall]:
        """All ways in which the draws of ``campaigns`` can fall for ``token``; other draws stay as they fell.

        Nobody in particular is not drawn, and neither is who lies outside a campaign's part of its layer. A
        switchback draws time, which is the same for all who are there: it stays as it fell.

        Raises:
            NotReplayable: there are too many ways.
        """
        names = tuple(campaigns)
        ways = [outcomes(self.catalogue, name, token) for name in names]
        # Counted before they are made: each further campaign multiplies them.
        if prod(map(len, ways)) > _MOST:
            raise NotReplayable(f"its draws could have fallen in more than {_MOST} ways")
        return [self._fall(names, way) for way in product(*ways)]

    def _fall(self, names: tuple[str, ...], way: tuple[Outcome, ...]) -> Fall:
        arms = tuple((name, arm) for name, (arm, _) in zip(names, way, strict=True))
        return prod(chance for _, chance in way), self._fallen(arms)


def outcomes(catalogue: Catalogue, name: str, token: Token | None) -> list[Outcome]:
    """The ways in which one campaign's draw, or the global one, can fall for ``token``."""
    campaign = catalogue.campaigns.get(name)
    if token is None:
        return [(AS_IT_FELL, 1.0)]
    if name == EVERYWHERE:
        return list(_split(catalogue.tuning.holdout_pct, {Arm.TREATED: 1}))
    if campaign is None or campaign.design is Design.SWITCHBACK:
        return [(AS_IT_FELL, 1.0)]
    if not within(campaign.layer, token):
        return [(AS_IT_FELL, 1.0)]
    weights = {variant.name: variant.weight for variant in campaign.variants}
    return list(_split(campaign.holdout_pct, weights or {Arm.TREATED: 1}))


def _split(holdout_pct: int, weights: Mapping[str, int]) -> Iterator[Outcome]:
    """The held-out and, by weight, the others; arms that nobody gets are left out."""
    held, total = holdout_pct / 100, sum(weights.values())
    if held > 0:
        yield Arm.HELD_OUT, held
    for name, weight in weights.items():
        if weight and held < 1:
            yield name, (1 - held) * weight / total


def _fallen(catalogue: Catalogue, way: Way) -> Catalogue:
    """``catalogue`` in which the draws fall as ``way`` says; it keeps its digest, for it is nobody's to store."""
    tuning, campaigns = catalogue.tuning, dict(catalogue.campaigns)
    for name, arm in way:
        if arm == AS_IT_FELL:
            continue
        if name == EVERYWHERE:
            # At 100 and at 0 per cent the draw falls the same way for everybody.
            tuning = replace(tuning, holdout_pct=100 if arm == Arm.HELD_OUT else 0)
        else:
            campaigns[name] = _always(campaigns[name], arm)
    return replace(catalogue, campaigns=campaigns, tuning=tuning)


def _always(campaign: Campaign, arm: str) -> Campaign:
    """The campaign in which everybody is in ``arm``."""
    if arm == Arm.HELD_OUT:
        return replace(campaign, holdout_pct=100)
    # A campaign without variants falls `treated`, which is the name of none: none is kept.
    variants = tuple(v for v in campaign.variants if v.name == arm)
    return replace(campaign, holdout_pct=0, variants=variants)


def _differing(before: Mapping[K, V], after: Mapping[K, V]) -> Iterator[V]:
    """Everything on one side that is not the same on the other, from both sides."""
    for key in before.keys() | after.keys():
        if before.get(key) != after.get(key):
            yield from (side[key] for side in (before, after) if key in side)
