"""What somebody can see of a decision, as far as they could answer to it, and how likely each creative on it is.

`person_history` compares what was seen with what could have been.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from math import prod

from edge.decision.steps.context import DecisionContext, describe
from edge.decision.steps.creatives import drawn, said
from edge.decision.steps.experiment import Arms
from edge.domain.catalogue import Catalogue
from edge.domain.creative import Modules
from edge.domain.decision import Choice, Decision, Inputs
from edge.domain.experiment import POINTS
from edge.domain.ids import DecisionId, OfferId
from edge.state.replay import Sources

Words = tuple[str, Modules]
"""A creative by its name and by what it says: one that says something else is another one."""

Seat = tuple[str, OfferId | None, int, str]
"""A product in its place; its offer, the cents it takes off, and its headline where no creative speaks for it."""


@dataclass(frozen=True, slots=True)
class PossibleList:
    """One list, before creatives are drawn. ``chances``: by offer, each creative's, in ten-thousandths.

    Equal sights are equal to whoever looks: other products, another order, other terms are another sight.
    """

    seats: tuple[Seat, ...]
    chances: tuple[tuple[OfferId, tuple[tuple[Words, int], ...]], ...]

    def chance(self, seen: SeenList) -> float:
        """How likely ``seen`` comes of it, 0..1."""
        if seen.seats != self.seats:
            return 0.0
        return prod(
            dict(rows).get(seen.words[offer], 0) / POINTS for offer, rows in self.chances
        )

    def within(self, other: PossibleList) -> bool:
        """Whether everything that can come of this one can come of ``other`` too."""
        known = {offer: dict(rows) for offer, rows in other.chances}
        return self.seats == other.seats and all(
            known.get(offer, {}).get(words, 0) > 0
            for offer, rows in self.chances
            for words, points in rows
            if points
        )


@dataclass(frozen=True, slots=True)
class SeenList:
    """One list as it was seen. ``words``: the creative that was drawn for each offer that has some."""

    seats: tuple[Seat, ...]
    words: Mapping[OfferId, Words]


def seen(decision: Decision, inputs: Inputs, catalogue: Catalogue) -> SeenList:
    """What ``decision``, made under ``catalogue``, was to whoever looked at it."""
    words = {
        choice.offer: _words(catalogue, choice.offer, choice.creative, inputs.locale)
        for choice in decision.choices
        if choice.offer is not None and choice.creative is not None
    }
    return SeenList(_seats(decision, catalogue), words)


def sight(sources: Sources, inputs: Inputs, catalogue: Catalogue) -> PossibleList:
    """What ``inputs`` lead to under ``catalogue``. Raises ``NotReplayable``."""
    decision = sources.decided(inputs, catalogue, "")
    spoken = {
        choice.offer: choice
        for choice in decision.choices
        if choice.offer is not None and choice.creative is not None
    }
    seats = _seats(decision, catalogue)
    # Nothing is drawn without creatives, so the situation need not be opened again.
    if not spoken:
        return PossibleList(seats, ())
    context = describe(inputs, sources.evidence(inputs), catalogue)
    chances = ((id_, tuple(_chances(context, spoken[id_], id_))) for id_ in sorted(spoken))
    return PossibleList(seats, tuple(chances))


def _chances(
    context: DecisionContext, choice: Choice, offer: OfferId
) -> list[tuple[Words, int]]:
    """Every creative that can be drawn, with its chance: drawn under other names until the chances are whole."""
    catalogue, given = context.catalogue, context.inputs
    campaign = catalogue.offers_by_id[offer].campaign
    assignment = context.assignment
    drawn_arms = {campaign: assignment.of(campaign)}
    arms = Arms(everywhere=assignment.everywhere, campaigns=drawn_arms)
    found = dict[str, int]()
    for number in count():
        if sum(found.values()) >= POINTS:
            break
        named = replace(given, id=DecisionId(f"{given.id}/{number}"))
        tried = drawn(replace(context, inputs=named), choice, arms)
        if tried.creative is not None and tried.propensity is not None:
            found[tried.creative] = tried.propensity
    return [
        (_words(catalogue, offer, name, given.locale), found[name]) for name in sorted(found)
    ]


def _seats(decision: Decision, catalogue: Catalogue) -> tuple[Seat, ...]:
    return tuple(_seat(choice, catalogue) for choice in decision.choices)


def _seat(choice: Choice, catalogue: Catalogue) -> Seat:
    if choice.offer is None:
        return choice.sku, None, 0, ""
    offer = catalogue.offers_by_id[choice.offer]
    headline = offer.headline if choice.creative is None else ""
    return choice.sku, choice.offer, offer.discount_cents, headline


def _words(catalogue: Catalogue, offer: OfferId, creative: str | None, locale: str) -> Words:
    return creative or "", said(catalogue.offers_by_id[offer], creative, locale)
