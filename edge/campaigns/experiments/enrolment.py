"""What a decision and a paid basket mean for the tests that are running: rows for the caller's unit.

The side effects of a transition call it; its rows go into the transition's own change set, and `results` reads them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.campaigns.experiments.design import (
    EVERYTHING,
    begins,
    design_of,
    global_design,
    rota_of,
)
from edge.domain.assignment import Assignment
from edge.domain.basket import TillBasket
from edge.domain.campaign import Campaign
from edge.domain.catalogue import Catalogue
from edge.domain.consent import Purpose
from edge.domain.decision import Decision
from edge.domain.experiment import Arm, Design
from edge.domain.ids import ItemKey, Sku, Token
from edge.domain.placement import ARRIVAL
from edge.state.customers import Person
from edge.storage.measurement.experiment_outcomes import Entrant, Sale
from edge.storage.measurement.switchback_sums import Stretch
from models.items import item_key


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPerson:
    """The person behind a decision, as a test sees them: what they allow, which segments, how many trips are known."""

    purposes: frozenset[Purpose]
    segments: tuple[str, ...] = ()
    trips: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidBasket:
    """What a paid basket adds: to the tests of its person, and to the stretches of everybody."""

    sales: tuple[Sale, ...] = ()
    stretches: tuple[Stretch, ...] = ()


def measured(person: Person, purposes: frozenset[Purpose]) -> MeasuredPerson:
    """How a test sees ``person``: by what was known of them when they were recognised, today's basket not in it."""
    # Trips even the outcome out, so none that the test may have brought about can be among them.
    known = person.profile if person.habits is None else person.habits.profile
    return MeasuredPerson(
        purposes=purposes, segments=person.customer.segments, trips=known.trips
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is worked out of one catalogue, once. ``ordered``: placement -> tests that order it by a strategy."""

    digest: str
    everything: str
    designs: Mapping[str, str]
    items: Mapping[ItemKey, frozenset[str]]
    ordered: Mapping[str, tuple[Campaign, ...]]
    shared: tuple[Campaign, ...]

    @classmethod
    def of(cls, catalogue: Catalogue) -> _Known:
        items, ordered = dict[ItemKey, set[str]](), dict[str, list[Campaign]]()
        for offer in catalogue.offers:
            for key in offer.items:
                items.setdefault(key, set()).add(offer.campaign)
        for test in catalogue.strategy_tests:
            for placement in {name for v in test.variants for name, _ in v.strategies}:
                ordered.setdefault(placement, []).append(test)
        tuning, campaigns = catalogue.tuning, catalogue.campaigns.values()
        return cls(
            digest=catalogue.digest,
            everything=global_design(tuning.holdout_salt, tuning.holdout_pct),
            designs={c.id: design_of(c) for c in campaigns},
            items={key: frozenset(named) for key, named in items.items()},
            ordered={name: tuple(tests) for name, tests in ordered.items()},
            shared=tuple(c for c in campaigns if c.design is Design.SWITCHBACK),
        )


class Enrolment:
    """Says who enters which test and what they paid. ``place`` is the store's number, by which time is drawn."""

    def __init__(self, place: int) -> None:
        self._place = place
        self._known: _Known | None = None

    def note(
        self, decision: Decision, person: MeasuredPerson, catalogue: Catalogue
    ) -> tuple[Entrant, ...]:
        """The tests that the decision's person enters by it; none without the consent to be measured.

        Whom the global holdout keeps from all offers is in its test alone: a campaign's own draw has no say there.
        """
        token = decision.token
        if (
            token is None
            or Purpose.MEASURE not in person.purposes
            # The list at arrival is on no screen: nobody has seen anything by it.
            or decision.placement == ARRIVAL
        ):
            return ()
        known = self._of(catalogue)
        arms = _shown(decision, catalogue) | _ordered(decision, catalogue, known.ordered)
        return _entrants(known, decision.arm, arms, token, person, decision.at)

    def reached(
        self,
        token: Token,
        person: MeasuredPerson,
        campaigns: Iterable[str],
        at: datetime,
        catalogue: Catalogue,
    ) -> tuple[Entrant, ...]:
        """The same for a message that speaks for ``campaigns``, whether it is sent or a holdout withholds it."""
        if Purpose.MEASURE not in person.purposes:
            return ()
        assignment = Assignment(catalogue, token, self._place, at)
        known = (catalogue.campaigns.get(id_) for id_ in campaigns)
        drawn = [
            (c, assignment.of(c.id).name) for c in known if c is not None and c.is_live(at)
        ]
        arms = {c.id: arm for c, arm in drawn if _draws_people(c, arm)}
        everywhere = assignment.everywhere.value
        return _entrants(self._of(catalogue), everywhere, arms, token, person, at)

    def paid(
        self,
        basket: TillBasket,
        person: tuple[Token, MeasuredPerson] | None,
        at: datetime,
        catalogue: Catalogue,
    ) -> PaidBasket:
        """What a paid basket adds; ``at`` is business time. Nobody's basket counts for stretches only."""
        pieces = self._pieces(basket, catalogue)
        sales = tuple[Sale, ...]()
        # Without a yes to being measured the basket still counts for stretches, where it is nobody's.
        if person is not None and Purpose.MEASURE in person[1].purposes:
            sales = (
                Sale(token=person[0], at=at, cents=basket.revenue_cents, items=dict(pieces)),
            )
        live = (c for c in self._of(catalogue).shared if c.is_live(at))
        return PaidBasket(
            sales=sales, stretches=tuple(self._stretches(live, basket, pieces, at))
        )

    def campaigns_of(self, sku: Sku, catalogue: Catalogue) -> tuple[str, ...]:
        """The campaigns that a product is sold in, by name."""
        return tuple(sorted(self._of(catalogue).items.get(ItemKey(item_key(sku)), ())))

    def _stretches(
        self,
        shared: Iterable[Campaign],
        basket: TillBasket,
        pieces: Mapping[str, int],
        at: datetime,
    ) -> Iterable[Stretch]:
        for campaign in shared:
            rota = rota_of(campaign)
            # What the stretch before has left behind is not this one's.
            if rota.is_washout(at):
                continue
            number = rota.stretch(at)
            yield Stretch(
                campaign=campaign.id,
                design=design_of(campaign),
                store=self._place,
                stretch=number,
                is_on=rota.is_on(campaign.salt, str(self._place), at),
                begins_at=begins(rota, number),
                baskets=1,
                cents=basket.revenue_cents,
                items=pieces.get(campaign.id, 0),
            )

    def _pieces(self, basket: TillBasket, catalogue: Catalogue) -> Counter[str]:
        """Campaign -> pieces of its products in the basket."""
        items, counts = self._of(catalogue).items, Counter[str]()
        for line in basket.sold:
            for campaign in items.get(ItemKey(item_key(line.sku)), ()):
                counts[campaign] += line.pieces
        return counts

    def _of(self, catalogue: Catalogue) -> _Known:
        if self._known is None or self._known.digest != catalogue.digest:
            self._known = _Known.of(catalogue)
        return self._known


def _entrants(
    known: _Known,
    everywhere: str,
    arms: Mapping[str, str],
    token: Token,
    person: MeasuredPerson,
    at: datetime,
) -> tuple[Entrant, ...]:
    """Rows for the test of everything together and, unless its holdout keeps the person out, for each campaign's."""
    entered = {(EVERYTHING, known.everything): everywhere}
    if everywhere != Arm.HELD_OUT:
        entered |= {(id_, known.designs[id_]): arm for id_, arm in arms.items()}
    return tuple(
        Entrant(
            campaign=campaign,
            design=design,
            token=token,
            arm=arm,
            segments=person.segments,
            past_trips=person.trips,
            at=at,
        )
        for (campaign, design), arm in entered.items()
    )


def _shown(decision: Decision, catalogue: Catalogue) -> dict[str, str]:
    """Campaign -> arm, where an offer of it is here, or would be but for a holdout."""
    ids = (*(c.offer for c in decision.choices if c.offer is not None), *decision.ghosts)
    offers = (catalogue.offers_by_id.get(id_) for id_ in ids)
    named = {offer.campaign for offer in offers if offer is not None}
    return {
        id_: arm
        for id_, arm in decision.arms.items()
        if id_ in named and _draws_people(catalogue.campaigns.get(id_), arm)
    }


def _ordered(
    decision: Decision, catalogue: Catalogue, ordered: Mapping[str, tuple[Campaign, ...]]
) -> dict[str, str]:
    """Campaign -> arm, for tests in which some arm orders this place by a strategy of its own."""
    # The store's number draws stretches only, and those are left out below.
    assignment = Assignment(catalogue, decision.token, 0, decision.at)
    drawn = {
        campaign.id: assignment.of(campaign.id).name
        for campaign in ordered.get(decision.placement, ())
        if campaign.is_live(decision.at)
    }
    return {
        id_: arm
        for id_, arm in drawn.items()
        if _draws_people(catalogue.campaigns.get(id_), arm)
    }


def _draws_people(campaign: Campaign | None, arm: str) -> bool:
    """Whether people were drawn, and this one is inside."""
    return campaign is not None and campaign.design is Design.PERSON and arm != Arm.OUTSIDE
