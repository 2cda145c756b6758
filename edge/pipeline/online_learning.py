"""What a sale teaches: the buyer's habits line by line, trend and stock basket by basket, and whether we were right.

The executor calls `learn` for every transition and writes the update with it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import numpy as np

from edge.decision.steps.context import Evidence
from edge.domain.basket import BasketLine, BasketState, GoodsTaken, TillBasket
from edge.domain.booked_sale import SaleChange
from edge.domain.complement import MethodComparison, TillShowing, outcome
from edge.domain.consent import Purpose
from edge.domain.decision import Decision, Inputs
from edge.domain.ids import BasketId, ItemKey, Sku, Token, VisitId
from edge.domain.placement import ARRIVAL, TILL
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import OfferClaim, Transition
from edge.domain.visit import Visit
from edge.pipeline.consent_gate import ConsentGate
from edge.pipeline.view_learning import ViewLearning
from edge.state.catalogue import Ages, CurrentCatalogue
from edge.state.counters import Counters
from edge.state.customers import Person
from edge.state.decider import Decider, MadeDecision
from models.features.request import no_items
from models.items import Keys, item_key
from models.moment import Moment
from models.statistics.pairs import PairCounts
from models.statistics.trend import StoreTrend
from models.strategies.p_topfreq import p_topfreq_25

WANTING = frozenset(
    {
        Purpose.PERSONALISE_PRIVATE,
        Purpose.PERSONALISE_PUBLIC,
        Purpose.ASSOCIATE_ASSIST,
        Purpose.CHECKOUT_OFFER,
    }
)
"""Counters are kept for people who want any kind of personal content; nobody else has a profile."""

# Visits that never pay would stay in mind for ever.
_VISITS = 2_000
# As many as the arrival list has places: all three methods are judged by lists of one length.
_LIST = 10
# A till asks after every few lines; what it goes on to ask of one basket beyond this is not counted.
_SHOWINGS = 100
# A line that was taken out is unlearned only where the basket does not hold, or did not sell, another of it.
_STANDING = frozenset({BasketState.OPEN, BasketState.SUSPENDED, BasketState.COMPLETE})
# A basket's products may all be among the most popular: so many are looked at to find three that are not in it.
_POPULAR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningUpdate:
    """What has to be written because of a transition's sales; ``sold_out`` went with the last piece."""

    profiles: Mapping[Token, bytes] = field(default_factory=dict[Token, bytes])
    coupons: Mapping[Token, bytes] = field(default_factory=dict[Token, bytes])
    trend: bytes | None = None
    pairs: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    co_views: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    taken: tuple[GoodsTaken, ...] = ()
    sold_out: frozenset[ItemKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """The ten items recommended to a person at arrival, and what was in the basket by then."""

    ten: MethodComparison[frozenset[int]]
    basket: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Foreseen:
    """What a paid basket was held against."""

    arrival: _Arrival | None
    showings: tuple[TillShowing, ...]


class HeldProducts(Protocol):
    """What no void may unlearn: the sales ledger tells it."""

    def held(self, token: Token, day: int) -> frozenset[ItemKey]:
        """Products that somebody bought on a local day, or has in a basket of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningParts:
    """What the learning works with; put together in ``app``."""

    gate: ConsentGate
    decider: Decider
    catalogue: CurrentCatalogue
    site: StoreSite
    ages: Ages
    counters: Counters
    held: HeldProducts


class OnlineLearning:
    """Learns from transitions. The trend a decision reads changes only with the trend's own edition."""

    def __init__(
        self,
        parts: LearningParts,
        trend: StoreTrend,
        pairs: PairCounts | None = None,
        co_views: PairCounts | None = None,
    ) -> None:
        """It goes on from these counts; without them from a store that has sold and shown nothing."""
        self._gate = parts.gate
        self._decider = parts.decider
        self._catalogue = parts.catalogue
        self._site = parts.site
        self._ages = parts.ages
        self._counters = parts.counters
        self._held = parts.held
        self.trend = trend
        self.pairs = pairs or PairCounts()
        self.views = ViewLearning(parts.gate, parts.decider, parts.site, co_views)
        self._arrivals: OrderedDict[VisitId, _Arrival] = OrderedDict()
        self._showings: OrderedDict[VisitId, list[TillShowing]] = OrderedDict()
        self._settled: OrderedDict[BasketId, _Foreseen] = OrderedDict()
        self._decider.follow(trend)
        self._decider.pair(self.pairs)
        # Stored bytes tell of their age no more than the last day that they count.
        if trend.day:
            self._ages.heard("trend", self._site.begins(trend.day))

    def recommended(self, made: MadeDecision) -> None:
        """Note what a person was recommended at arrival, to be held against what they buy."""
        visit = made.decision.visit
        if made.decision.placement != ARRIVAL or visit is None or visit in self._arrivals:
            return
        # The rate is one of recognised visits: without habits there is nothing to hold against the simple method.
        if made.evidence.profile is None:
            return
        self._arrivals[visit] = _Arrival(
            ten=beside(made.decision, made.inputs, made.evidence, _LIST, ()),
            basket=frozenset(made.inputs.basket),
        )
        while len(self._arrivals) > _VISITS:
            self._arrivals.popitem(last=False)

    def shown(self, made: MadeDecision) -> None:
        """Note what a till has shown, to be held against what is scanned afterwards."""
        visit, decision = made.decision.visit, made.decision
        if decision.placement != TILL or visit is None or not is_showing(decision, made.inputs):
            return
        showings = self._showings.setdefault(visit, [])
        if len(showings) < _SHOWINGS:
            showings.append(showing(decision, made.inputs, made.evidence))
        while len(self._showings) > _VISITS:
            self._showings.popitem(last=False)

    def hits(self, basket: TillBasket) -> tuple[str, ...]:
        """Products in the basket that were recommended at arrival, in scan order."""
        arrival = self._arrivals.get(basket.visit)
        if arrival is None:
            return ()
        return tuple(sku for sku in basket.skus if item_key(sku) in arrival.ten.ours)

    def learn(
        self,
        transition: Transition,
        buyers: Mapping[BasketId, Token | None],
        at: datetime,
        now: datetime,
    ) -> LearningUpdate:
        """Learn from a transition.

        Args:
            transition: What happened.
            buyers: Whose each of the transition's baskets was until now: lines scanned before somebody became known
                are learned when they do.
            at: Business time.
            now: Real time.
        """
        found = self._of_sales(transition, buyers, at, now)
        return replace(found, co_views=self.views.learn(transition, at, now))

    def _of_sales(
        self,
        transition: Transition,
        buyers: Mapping[BasketId, Token | None],
        at: datetime,
        now: datetime,
    ) -> LearningUpdate:
        carried = dict[Token, bytes]()
        for other in transition.others:
            owner = _stay_of(transition, other)
            if owner is not None and owner.token != buyers.get(other.id):
                carried |= self._left(other, buyers.get(other.id), owner, at)
                carried |= self._habits(owner, other.sold, (), at, now)
        basket = transition.basket
        # What a sale taken back has taught is unlearned with its figures.
        if transition.undone:
            return LearningUpdate(profiles=carried)
        if basket is None:
            coupons = self._redeemed(transition.claim, at, now)
            return LearningUpdate(profiles=carried, coupons=coupons)
        visit = _stay_of(transition, basket)
        is_known = visit is None or visit.token == buyers.get(basket.id)
        scanned = transition.bought if is_known else basket.sold
        # A product is unlearned with its last line, not while another one of it lies there.
        left = basket.keys if basket.state in _STANDING else frozenset[ItemKey]()
        gone = tuple(x.sku for x in transition.voided if item_key(x.sku) not in left)
        if not is_known:
            carried |= self._left(basket, buyers.get(basket.id), visit, at)
        profiles = carried | self._habits(visit, scanned, gone, at, now)
        # Trend and stock go by what was paid for: a scanned line may still be voided.
        if not transition.paid:
            return LearningUpdate(profiles=profiles)
        sold = [(ItemKey(item_key(line.sku)), line.quantity, line.unit) for line in basket.sold]
        return LearningUpdate(
            profiles=profiles,
            coupons=self._counted(visit, transition.coupons, at, now),
            trend=self._trend_of(basket, at),
            pairs=self.pairs.changed(),
            taken=_goods(basket),
            sold_out=self._catalogue.sell(sold),
        )

    def _habits(
        self,
        visit: Visit | None,
        bought: tuple[BasketLine, ...],
        voided: tuple[Sku, ...],
        at: datetime,
        now: datetime,
    ) -> dict[Token, bytes]:
        """The profile after these lines, for a person who wants personal content."""
        if visit is None or not (bought or voided):
            return {}
        person = self._wanting(visit, at, now)
        if person is None:
            return {}
        day, _ = self._site.moment(at)
        self._record(person, [item_key(line.sku) for line in bought], day)
        self.unlearn(person, {ItemKey(item_key(sku)) for sku in voided}, day)
        return {person.customer.token: person.profile.to_bytes()}

    def _left(
        self, basket: TillBasket, before: Token | None, now: Visit | None, at: datetime
    ) -> dict[Token, bytes]:
        """A basket that turned out to be somebody else's: who had it until now unlearns what is in it."""
        person = (
            None if now is None or now.token is None else self._gate.people.find(before, at)
        )
        if person is None:
            return {}
        person.freeze()
        self.unlearn(person, basket.keys, self._site.moment(at)[0])
        return {person.customer.token: person.profile.to_bytes()}

    def unlearn(self, person: Person, keys: Collection[ItemKey], day: int) -> None:
        """Undo these of a local day, but for what the person holds of it in another basket."""
        held = self._held.held(person.customer.token, day) if keys else ()
        for key in keys:
            if key not in held:
                person.profile.retract(key, day)

    def relearn(
        self, person: Person, keys: Collection[ItemKey], day: int, now: datetime
    ) -> bool:
        """Count these again for a local day; False where the person wants no personal content (any more)."""
        if not person.customer.consents.allowed(now) & WANTING:
            return False
        self._record(person, list(keys), day)
        return True

    def _record(self, person: Person, items: list[ItemKey] | list[int], day: int) -> None:
        catalogue = self._catalogue.in_force
        told = None if catalogue is None else catalogue.promoted_on(day)
        keys = np.array(items, np.int64)
        promoted = np.zeros(len(keys), np.bool_) if told is None else told.holds(keys)
        for key, on_promotion in zip(keys.tolist(), promoted.tolist(), strict=True):
            person.profile.record(key, day, place=self._site.place, promoted=on_promotion)

    def trend_without(self, change: SaleChange) -> bytes:
        """What sells lately, after something came back, or was put back. The bytes to be stored."""
        days = change.after.days
        self.trend.correct(
            Moment(day=days.trend, hour=days.hour),
            baskets=change.baskets,
            gone=np.array(sorted(change.gone), np.int64),
            back=np.array(sorted(change.back), np.int64),
        )
        self.pairs.correct(change.before.keys, change.after.keys)
        self._decider.follow(self.trend)
        self._decider.pair(self.pairs)
        return self.trend.to_bytes()

    def _wanting(self, visit: Visit, at: datetime, now: datetime) -> Person | None:
        """The visit's person, if they want personal content; what their decisions read stays as it is."""
        person = self._gate.people.find(visit.token, at)
        if person is None or not self._gate.identity(person, visit, now).purposes & WANTING:
            return None
        person.freeze()
        return person

    def _counted(
        self, visit: Visit | None, coupons: int, at: datetime, now: datetime
    ) -> dict[Token, bytes]:
        """The wallet after so many coupons of any kind."""
        person = self._wanting(visit, at, now) if visit is not None and coupons else None
        if person is None:
            return {}
        person.wallet = person.wallet.counting(self._site.moment(at)[0], coupons)
        return {person.customer.token: person.wallet.to_bytes()}

    def _redeemed(
        self, claim: OfferClaim | None, at: datetime, now: datetime
    ) -> dict[Token, bytes]:
        """The wallet after the offers that a till gives."""
        if claim is None or claim.undone or claim.visit is None:
            return {}
        person = self._wanting(claim.visit, at, now)
        if person is None:
            return {}
        for name in claim.offers:
            known = self._catalogue.offers.get(name)
            if known is not None:
                person.wallet = person.wallet.redeeming(self._site.moment(at)[0], known.items)
        return {person.customer.token: person.wallet.to_bytes()}

    def _trend_of(self, basket: TillBasket, at: datetime) -> bytes:
        day, hour = self._site.moment(at)
        # Each product once: the trend counts trips, not pieces.
        keys = np.array(sorted({item_key(sku) for sku in basket.skus}), np.int64)
        self.trend.record(keys, Moment(day=day, hour=hour))
        self.pairs.record(keys, day)
        self._ages.heard("trend", at)
        # It takes a copy with a new edition only, so that a busy till does not make every decision start afresh.
        self._decider.follow(self.trend)
        self._decider.pair(self.pairs)
        self._settle(basket)
        return self.trend.to_bytes()

    def _settle(self, basket: TillBasket) -> None:
        """Hold the arrival's list, and what the till showed, against the paid basket."""
        foreseen = _Foreseen(
            arrival=self._arrivals.pop(basket.visit, None),
            showings=tuple(self._showings.pop(basket.visit, ())),
        )
        self._judge(foreseen, basket.keys, 1)
        self._settled[basket.id] = foreseen
        while len(self._settled) > _VISITS:
            self._settled.popitem(last=False)

    def judge_anew(self, change: SaleChange) -> None:
        """Hold what was foreseen against what is left of a basket; one that is none any more is judged no more."""
        foreseen = self._settled.get(change.after.id)
        # Settled before the service started: what is counted since then knows nothing of it.
        if foreseen is not None:
            self._judge(foreseen, change.before.keys, -1)
            self._judge(foreseen, change.after.keys, 1)

    def _judge(self, foreseen: _Foreseen, bought: frozenset[ItemKey], sign: int) -> None:
        arrival = foreseen.arrival
        # What lay in the basket at arrival was foreseen by nobody.
        if arrival is not None and (rest := bought - arrival.basket):
            self._counters.hit_rate.add(arrival.ten, rest, sign)
        found = outcome(foreseen.showings, bought)
        if found is not None:
            self._counters.complements.add(found, sign)


def _stay_of(transition: Transition, basket: TillBasket) -> Visit | None:
    return next((v for v in transition.visits if v.id == basket.visit), None)


def _goods(basket: TillBasket) -> tuple[GoodsTaken, ...]:
    return tuple(GoodsTaken(line.sku, line.quantity, line.unit) for line in basket.sold)


def is_showing(decision: Decision, inputs: Inputs) -> bool:
    """Whether it proposes something to go with what is in a basket."""
    return bool(decision.choices and inputs.basket)


def showing(decision: Decision, inputs: Inputs, evidence: Evidence) -> TillShowing:
    """What a till's decision shows, beside what the simple methods would have shown in its place."""
    return TillShowing(
        basket=frozenset(inputs.basket),
        products=beside(decision, inputs, evidence, inputs.limit, inputs.basket),
        personal=decision.token is not None,
    )


def beside(
    decision: Decision, inputs: Inputs, evidence: Evidence, n: int, basket: Collection[int]
) -> MethodComparison[frozenset[int]]:
    """The items chosen, and the first ``n`` of either simple method that are not in ``basket``."""
    moment, profile = Moment(day=inputs.day, hour=inputs.hour), evidence.profile
    # As many more as may fall out for lying in the basket already.
    usual = no_items() if profile is None else p_topfreq_25(profile, n + len(basket))
    return MethodComparison(
        ours=frozenset(item_key(choice.sku) for choice in decision.choices),
        usual=_first(usual, n, basket),
        popular=_first(_popular(evidence.trend, moment), n, basket),
    )


def _first(keys: Keys, n: int, basket: Collection[int]) -> frozenset[int]:
    rest: list[int] = [key for key in keys.tolist() if key not in basket]
    return frozenset(rest[:n])


def _popular(trend: StoreTrend, moment: Moment) -> Keys:
    """The store's best sellers of the hour; sorted once an edition."""
    kept = trend.memo.get((_popular, moment.part))
    if kept is None:
        kept = trend.memo[_popular, moment.part] = trend.top(_POPULAR, moment)
    return kept  # type: ignore[return-value]  # the memo holds what its key names
