"""A change to the configuration, as data: what is turned, which offers and campaigns are others, which model scores.

The command line reads one from options or a file; diff, frontier and trial run decisions under it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from pydantic import JsonValue

from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue, Tuning
from edge.domain.decision import Inputs
from edge.domain.errors import NotReplayable
from edge.domain.offer import Offer
from edge.state.catalogue import CatalogueParts, catalogue_of, goods_from
from models.serving.ranker import BY_CHANCE, Ranker

BEFOREHAND = frozenset({"just_bought_days"})
"""Fields of `Tuning` that are read before a decision's inputs are stored: a change to them cannot be tried on those."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfChange:
    """What differs from how it was.

    ``tuning``: field of `Tuning` -> value, already checked. ``strategies``: placement -> named strategy, ``chance``
    = none. ``offers`` and ``campaigns`` take the place of those of the same id, or come to them. ``ranker``: scores
    in the place of the one that did.
    """

    tuning: Mapping[str, int | str] = field(default_factory=dict[str, "int | str"])
    strategies: Mapping[str, str] = field(default_factory=dict[str, str])
    offers: tuple[Offer, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    ranker: Ranker | None = None

    def __bool__(self) -> bool:
        """Whether anything differs at all."""
        return bool(
            self.tuning or self.strategies or self.offers or self.campaigns or self.ranker
        )

    def applied(self, body: bytes) -> Catalogue:
        """The stored catalogue ``body`` with this change. Raises ``NotReplayable``: it cannot be read."""
        try:
            goods, tuning = goods_from(body)
        except (ValueError, LookupError) as error:
            raise NotReplayable("its catalogue cannot be read") from error
        # Put together as in the store, so that its digest and all that is looked up in it follow the change.
        return catalogue_of(self._goods(goods), self._tuned(tuning))[0]

    def scored(self, inputs: Inputs) -> Inputs:
        """``inputs`` with the model that scores now."""
        return inputs if self.ranker is None else replace(inputs, model=self.ranker.digest)

    def as_json(self) -> dict[str, JsonValue]:
        """What differs, for a report: values and ids, no bodies."""
        told: dict[str, JsonValue] = {**self.tuning}
        told |= {f"strategies.{place}": name for place, name in self.strategies.items()}
        if self.offers:
            told["offers"] = [offer.id for offer in self.offers]
        if self.campaigns:
            told["campaigns"] = [campaign.id for campaign in self.campaigns]
        if self.ranker is not None:
            told["model"] = self.ranker.label
        return told

    def _goods(self, goods: CatalogueParts) -> CatalogueParts:
        return replace(
            goods,
            offers=_instead(goods.offers, self.offers),
            campaigns=_instead(goods.campaigns, self.campaigns),
        )

    def _tuned(self, tuning: Tuning) -> Tuning:
        named = {**tuning.strategies, **self.strategies}
        kept = {place: name for place, name in named.items() if name != BY_CHANCE}
        return replace(tuning, strategies=kept, **self.tuning)  # type: ignore[arg-type]  # checked where it was read


class _Named(Protocol):
    """Something with an id."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


N = TypeVar("N", bound=_Named)


def _instead(before: Iterable[N], others: Iterable[N]) -> tuple[N, ...]:
    """``before`` with ``others`` in the place of those of the same id."""
    by_id = {one.id: one for one in before} | {one.id: one for one in others}
    return tuple(by_id.values())
