"""Puts the pipeline of one store together on its state, in the order in which its parts need each other.

`Bootstrap` calls it for the service; nothing is decided here, every line hands one part to another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

from edge.campaigns.triggers.person_context import TriggerParts
from edge.campaigns.triggers.scheduler import TriggerScheduler
from edge.domain.catalogue import Tuning
from edge.domain.clock import Clock
from edge.domain.ids import DecisionId, VisitId, dated
from edge.domain.market import MarketPolicy
from edge.pipeline.catalogue_refresh import CatalogueRefresh
from edge.pipeline.consent_gate import ConsentGate
from edge.pipeline.decision_requests import DecisionRequests
from edge.pipeline.delivery import ContentComposer
from edge.pipeline.executor import Executor, ExecutorParts
from edge.pipeline.identifiers import Identifiers
from edge.pipeline.intake import Intake, IntakeParts
from edge.pipeline.offer_claims import OfferClaims
from edge.pipeline.offer_requests import OfferRequests
from edge.pipeline.offer_responses import OfferResponses
from edge.pipeline.online_learning import LearningParts, OnlineLearning
from edge.pipeline.redeeming import OfferRedemptions
from edge.pipeline.runtime import RuntimePipeline, RuntimeState
from edge.pipeline.screen_sender import ScreenSender
from edge.pipeline.side_effects import SideEffects
from edge.pipeline.signal_handlers import SignalHandlers
from edge.pipeline.takedown import ContentTakedown
from edge.pipeline.till_signals import TillSignals
from edge.state.activity_feed import ActivityFeed, FeedSink
from edge.state.decider import prior_of
from edge.state.device_registry import DeviceRegistry
from edge.state.in_store import InStore
from edge.state.redemption_ledger import RedemptionLedger
from edge.state.sales_ledger import SalesLedger
from edge.storage.catalogue import item_pairs, trend
from edge.storage.catalogue.item_pairs import PairKind
from edge.storage.database import Database
from models.statistics.pairs import PairCounts
from models.statistics.trend import StoreTrend


@dataclass(frozen=True, slots=True, kw_only=True)
class IdFactory:
    """New names for visits and decisions, and the tickets of kiosks; without ``ticket`` they are signed ones."""

    visit: Callable[[], VisitId]
    decision: Callable[[], DecisionId]
    ticket: Callable[[VisitId], str] | None = None

    @classmethod
    def dated(cls, now: Callable[[], datetime]) -> Self:
        """Names that no two stores share, each beginning with the real instant at which it was made."""
        return cls(
            visit=lambda: VisitId(dated("v", now())),
            decision=lambda: DecisionId(dated("d", now())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineBuilder:
    """What the pipeline stands on.

    ``ticket`` signs a kiosk's, ``feed`` is the console's; ``currency``: the tills', ISO 4217.
    """

    policy: MarketPolicy
    identifiers: Identifiers
    ids: IdFactory
    ticket: Callable[[VisitId], str]
    clock: Clock
    database: Database
    in_store: InStore
    state: RuntimeState
    device_registry: DeviceRegistry
    feed: FeedSink
    currency: str = "USD"

    def build(self, tuning: Tuning, catalogue_changed: asyncio.Event) -> RuntimePipeline:
        """All of it; ``catalogue_changed`` is set when the centre has sent something that is sold here."""
        state = self.state
        gate = ConsentGate(
            people=state.people, policy=self.policy, pause=state.pause, clock=self.clock
        )
        offer_responses = self._offer_responses()
        redemptions = offer_responses.redemptions
        sales = SalesLedger(database=self.database, presence=self.in_store.presence)
        learning = self._learning(gate, sales)
        side_effects = self._side_effects(gate, learning, sales)
        sender = self._sender(gate, learning, side_effects)
        executor = Executor(
            ExecutorParts(
                in_store=self.in_store,
                learning=learning,
                offer_responses=offer_responses,
                side_effects=side_effects,
                composer=self._composer(gate, side_effects),
                sender=sender,
                activity=ActivityFeed(self.feed, state.catalogue),
                counters=state.counters,
                database=self.database,
                clock=self.clock,
            )
        )
        takedown = ContentTakedown(
            executor=executor,
            sender=sender,
            in_store=self.in_store,
            gate=gate,
            side_effects=side_effects,
            catalogue=state.catalogue,
            clock=self.clock,
            new_visit_id=self.ids.visit,
            redemptions=redemptions,
        )
        requests = self._decision_requests(executor, sender)
        offer_requests = self._offer_requests(executor, redemptions)
        return RuntimePipeline(
            intake=self._intake(
                requests, offer_requests, takedown, self._signal_handlers(redemptions, sales)
            ),
            decision_requests=requests,
            offer_requests=offer_requests,
            executor=executor,
            takedown=takedown,
            learning=learning,
            offer_responses=offer_responses,
            side_effects=side_effects,
            trigger_scheduler=TriggerScheduler(
                side_effects.triggers,
                state.ages,
                execute=executor.execute,
                reaches=lambda request: bool(self.device_registry.targets(request)),
            ),
            catalogue_refresh=self._refresh(tuning, catalogue_changed, takedown, side_effects),
        )

    def _learning(self, gate: ConsentGate, sales: SalesLedger) -> OnlineLearning:
        """It goes on from the stored trend, which leans on what the ranker knows of the chain, and the stored pairs."""
        state = self.state
        stored, prior = self.database.read(trend.find), prior_of(state.decider.ranker)
        return OnlineLearning(
            LearningParts(
                gate=gate,
                decider=state.decider,
                catalogue=state.catalogue,
                site=state.site,
                ages=state.ages,
                counters=state.counters,
                held=sales,
            ),
            StoreTrend(prior) if stored is None else StoreTrend.from_bytes(stored, prior),
            self._counted(PairKind.SOLD),
            self._counted(PairKind.VIEWED),
        )

    def _counted(self, kind: PairKind) -> PairCounts:
        return PairCounts.from_rows(self.database.read(partial(item_pairs.find, kind=kind)))

    def _side_effects(
        self, gate: ConsentGate, learning: OnlineLearning, sales: SalesLedger
    ) -> SideEffects:
        state = self.state
        side_effects = SideEffects.over(
            TriggerParts(
                presence=self.in_store.presence,
                people=state.people,
                decider=state.decider,
                catalogue=state.catalogue,
                site=state.site,
                policy=self.policy,
                database=self.database,
                clock=self.clock,
                counters=state.counters,
            ),
            gate,
            learning,
            sales,
        )
        # Asked and not told: the pause comes and goes while the store is open.
        side_effects.triggers.paused = lambda: state.pause.on
        return side_effects

    def _composer(self, gate: ConsentGate, side_effects: SideEffects) -> ContentComposer:
        return ContentComposer(
            in_store=self.in_store,
            gate=gate,
            decider=self.state.decider,
            catalogue=self.state.catalogue,
            device_registry=self.device_registry,
            new_decision_id=self.ids.decision,
            # Asked at each decision: the scheduler looks at the clock every two seconds.
            doubt_s=lambda: side_effects.triggers.doubt_s,
        )

    def _sender(
        self, gate: ConsentGate, learning: OnlineLearning, side_effects: SideEffects
    ) -> ScreenSender:
        return ScreenSender(
            in_store=self.in_store,
            gate=gate,
            device_registry=self.device_registry,
            learning=learning,
            side_effects=side_effects,
            counters=self.state.counters,
            clock=self.clock,
            ticket=self.ticket,
        )

    def _decision_requests(self, executor: Executor, sender: ScreenSender) -> DecisionRequests:
        return DecisionRequests(
            executor=executor,
            sender=sender,
            presence=self.in_store.presence,
            catalogue=self.state.catalogue,
            device_registry=self.device_registry,
            clock=self.clock,
            device_clocks=self.state.device_clocks,
            counters=self.state.counters,
            new_decision_id=self.ids.decision,
        )

    def _offer_responses(self) -> OfferResponses:
        state = self.state
        ledger = RedemptionLedger(self.database, state.people, state.catalogue)
        redemptions = OfferRedemptions(ledger, state.people, state.catalogue)
        return OfferResponses(
            state.people, self.policy, state.catalogue, redemptions, state.site
        )

    def _offer_requests(
        self, executor: Executor, redemptions: OfferRedemptions
    ) -> OfferRequests:
        state = self.state
        return OfferRequests(
            claims=OfferClaims(
                presence=self.in_store.presence,
                directory=state.directory,
                catalogue=state.catalogue,
                redemptions=redemptions,
                currency=state.site.currency.code,
            ),
            executor=executor,
            database=self.database,
            device_registry=self.device_registry,
            clock=self.clock,
            counters=state.counters,
        )

    def _signal_handlers(
        self, redemptions: OfferRedemptions, sales: SalesLedger
    ) -> SignalHandlers:
        return SignalHandlers(
            presence=self.in_store.presence,
            recent_buyers=self.in_store.recent_buyers,
            people=self.state.people,
            directory=self.state.directory,
            till=TillSignals(
                presence=self.in_store.presence,
                store=self.state.directory,
                sales=sales,
                catalogue=self.state.catalogue,
                site=self.state.site,
                currency=self.currency,
            ),
            policy=self.policy,
            identifiers=self.identifiers,
            new_visit_id=self.ids.visit,
            check_redemption=redemptions.check,
            latest=self.clock.latest,
        )

    def _intake(
        self,
        requests: DecisionRequests,
        offer_requests: OfferRequests,
        takedown: ContentTakedown,
        handlers: SignalHandlers,
    ) -> Intake:
        return Intake(
            IntakeParts(
                executor=takedown.executor,
                takedown=takedown,
                signal_handlers=handlers,
                device_registry=self.device_registry,
                clock=self.clock,
                counters=self.state.counters,
                deduplication=self.state.deduplication,
                device_clocks=self.state.device_clocks,
                decision_requests=requests,
                offer_requests=offer_requests,
            )
        )

    def _refresh(
        self,
        tuning: Tuning,
        changed: asyncio.Event,
        takedown: ContentTakedown,
        side_effects: SideEffects,
    ) -> CatalogueRefresh:
        return CatalogueRefresh(
            database=self.database,
            catalogue=self.state.catalogue,
            site=self.state.site,
            clock=self.clock,
            sensitive_categories=self.policy.sensitive_categories,
            tuning=tuning,
            changed=changed,
            sold_out=takedown.sold_out,
            stock_changed=side_effects.triggers.stock_changed,
        )
