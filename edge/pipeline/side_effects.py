"""What follows from a transition beside its screens: messages that fall due, tests people enter, figures that count.

The executor asks before and after deciding, the sender for what a private screen is told beside its items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from edge.campaigns.experiments.enrolment import Enrolment, measured
from edge.campaigns.kpis.challenges import Challenges
from edge.campaigns.kpis.counting import KpiCounting
from edge.campaigns.triggers.engine import TriggerEffects, Triggers
from edge.campaigns.triggers.person_context import TriggerParts
from edge.domain.booked_sale import BookedSale, StretchPlace
from edge.domain.catalogue import Catalogue
from edge.domain.consent import Purpose
from edge.domain.ids import DeviceId, Token, VisitId
from edge.domain.transitions.transition import Transition
from edge.pipeline.consent_gate import ConsentGate
from edge.pipeline.corrections import CorrectionParts, Corrections
from edge.pipeline.delivery import ScreenDelivery
from edge.pipeline.online_learning import OnlineLearning
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache, Person
from edge.state.sales_ledger import SalesLedger
from edge.storage.change_set import ChangeSet
from edge.storage.measurement.experiment_outcomes import Entrant
from edge.storage.measurement.switchback_sums import Stretch

Purposes = Mapping[VisitId, frozenset[Purpose]]
"""What holds at this moment, by visit."""

_NOTHING = frozenset[Purpose]()


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffects:
    """Asks triggers, tests and key figures what a transition means to them; all of it goes into its own change set."""

    people: CustomerCache
    catalogue: CurrentCatalogue
    triggers: Triggers
    measuring: Enrolment
    counting: KpiCounting
    corrections: Corrections

    @classmethod
    def over(
        cls,
        ground: TriggerParts,
        gate: ConsentGate,
        learning: OnlineLearning,
        sales: SalesLedger,
    ) -> SideEffects:
        """On a store's parts, with the triggers that are in force."""
        people, catalogue, database = ground.people, ground.catalogue, ground.database
        measuring = Enrolment(ground.site.place)

        def entering(
            person: Person, purposes: frozenset[Purpose], campaigns: Iterable[str], at: datetime
        ) -> tuple[Entrant, ...]:
            token, seen = person.customer.token, measured(person, purposes)
            sold = catalogue.in_force
            return () if sold is None else measuring.reached(token, seen, campaigns, at, sold)

        triggers = Triggers(ground, entering=entering)
        triggers.follow()
        cards = Challenges(
            presence=ground.presence,
            people=people,
            catalogue=catalogue,
            site=ground.site,
            database=database,
        )
        return cls(
            people=people,
            catalogue=catalogue,
            triggers=triggers,
            measuring=measuring,
            counting=KpiCounting(
                presence=ground.presence,
                catalogue=catalogue,
                site=ground.site,
                database=database,
                challenges=cards,
            ),
            corrections=Corrections(
                parts=CorrectionParts(
                    sales=sales,
                    gate=gate,
                    learning=learning,
                    challenges=cards,
                    catalogue=catalogue,
                    presence=ground.presence,
                    site=ground.site,
                ),
            ),
        )

    def triggered(self, transition: Transition, at: datetime, now: datetime) -> TriggerEffects:
        """What triggers make of a transition that memory has followed already."""
        return self.triggers.after(transition, at, now)

    def counted(
        self,
        transition: Transition,
        change_set: ChangeSet,
        shown: Sequence[ScreenDelivery],
        purposes: Purposes,
    ) -> tuple[Transition, ChangeSet]:
        """The transition with what its facts led from, and the change set with the rows of tests and figures."""
        outcome = self.counting.after(
            transition, change_set, purposes, [one.made for one in shown]
        )
        change_set = replace(
            change_set,
            kpi_updates=outcome.gains,
            entrants=self._entrants(shown, purposes),
            booked=() if outcome.sale is None else (outcome.sale,),
        )
        return replace(transition, facts=outcome.facts), self._paid(
            transition, change_set, purposes
        )

    def note_shown(self, shown: ScreenDelivery, device: DeviceId) -> None:
        """It has gone to this screen."""
        self.counting.shown(shown.made, shown.placement.surface, device)

    def slots(
        self, token: Token, purposes: frozenset[Purpose], at: datetime, now: datetime
    ) -> dict[str, JsonValue]:
        """What a private screen is told beside the items: challenges, and a message that has just fallen due.

        Each stands on a purpose of its own, which need not be the screen's: ``purposes`` are those that hold now.
        """
        told = dict[str, JsonValue]()
        if Purpose.PERSONALISE_PRIVATE in purposes:
            told = self.counting.challenges.slots(token, at)
        notice = self.triggers.notice(token, now)
        if notice is not None and notice.purpose in purposes:
            told["message"] = {
                "headline": notice.headline,
                "text": notice.text,
                "reason": notice.reason,
            }
        return told

    def withdrawn(self, tokens: Iterable[Token]) -> None:
        """These people took personal content back: their cards are off the table."""
        for token in tokens:
            self.counting.challenges.forget(token)

    def forget(self, token: Token) -> None:
        """Somebody was erased."""
        self.triggers.forget(token)
        self.counting.challenges.forget(token)
        self.corrections.forget(token)

    def _entrants(
        self, shown: Sequence[ScreenDelivery], purposes: Purposes
    ) -> tuple[Entrant, ...]:
        catalogue = self.catalogue.in_force
        if catalogue is None:
            return ()
        return tuple(
            entrant
            for one in shown
            if one.visit is not None and one.person is not None
            for entrant in self.measuring.note(
                one.made.decision,
                # Whose purposes nobody has asked is measured as one who agreed to nothing.
                measured(one.person, purposes.get(one.visit.id, _NOTHING)),
                catalogue,
            )
        )

    def _paid(
        self, transition: Transition, change_set: ChangeSet, purposes: Purposes
    ) -> ChangeSet:
        catalogue, basket = self.catalogue.in_force, transition.basket
        if not transition.paid or basket is None or catalogue is None:
            return change_set
        visit = next((v for v in transition.visits if v.id == basket.visit), None)
        person = None if visit is None else self.people.find(visit.token, change_set.at)
        buyer = None
        if visit is not None and person is not None:
            allowed = purposes.get(visit.id, _NOTHING)
            buyer = (person.customer.token, measured(person, allowed))
        paid = self.measuring.paid(basket, buyer, change_set.at, catalogue)
        return replace(
            change_set,
            sales=paid.sales,
            stretches=paid.stretches,
            booked=tuple(
                self._tied(sale, paid.stretches, catalogue) for sale in change_set.booked
            ),
        )

    def _tied(
        self, sale: BookedSale, stretches: Iterable[Stretch], catalogue: Catalogue
    ) -> BookedSale:
        """The sale with the campaigns and stretches that it was counted to."""
        return replace(
            sale,
            lines=tuple(
                replace(line, campaigns=self.measuring.campaigns_of(line.sku, catalogue))
                for line in sale.lines
            ),
            stretches=tuple(
                StretchPlace(s.campaign, s.design, s.store, s.stretch, s.is_on, s.begins_at)
                for s in stretches
            ),
        )
