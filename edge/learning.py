"""What a sale teaches: the buyer's habits line by line, trend and stock basket by basket, and the hit rate."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from edge.assortment import Ages, Stock
from edge.deciding import Decider
from edge.domain.basket import Basket, BasketState, Line
from edge.domain.consent import Purpose
from edge.domain.decision import Decision
from edge.domain.ids import ItemKey, Sku, Token, VisitId
from edge.domain.market import MarketPolicy
from edge.domain.visit import Visit
from edge.people import People, Person
from edge.steps.identity import identify
from edge.tally import Tally
from edge.turns.scene import Turn
from models.baselines import p_topfreq_25
from models.items import item_key
from models.moment import Moment
from models.trend import StoreTrend

# Counters are kept for people who want any kind of personal content; nobody else has a profile.
_WANTING = frozenset(
    {
        Purpose.PERSONALISE_PRIVATE,
        Purpose.PERSONALISE_PUBLIC,
        Purpose.ASSOCIATE_ASSIST,
        Purpose.CHECKOUT_OFFER,
    }
)
_ARRIVALS = 2_000
_LIST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What has to be written because of a turn's sales; ``sold_out`` went with the last piece."""

    profiles: Mapping[Token, bytes] = field(default_factory=dict[Token, bytes])
    trend: bytes | None = None
    taken: Mapping[Sku, int] = field(default_factory=dict[Sku, int])
    sold_out: frozenset[ItemKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """The ten items recommended to a person at arrival, and their ten most frequent ones."""

    recommended: frozenset[int]
    usual: frozenset[int]


class Learning:
    """Learns from turns. The trend a decision reads changes only with the trend's own edition."""

    def __init__(
        self,
        *,
        people: People,
        policy: MarketPolicy,
        decider: Decider,
        trend: StoreTrend,
        ages: Ages,
        tally: Tally,
    ) -> None:
        self._people = people
        self._policy = policy
        self._decider = decider
        self.trend = trend
        self.stock = Stock({})
        self._ages = ages
        self._tally = tally
        self._arrivals: OrderedDict[VisitId, _Arrival] = OrderedDict()
        decider.follow(trend)
        if trend.day:
            ages.heard("trend", decider.begins(trend.day))

    def recommended(self, decision: Decision, person: Person | None) -> None:
        """Note what a person was recommended at arrival, to be held against what they buy."""
        if decision.visit is None or person is None or person.habits is None:
            return
        self._arrivals[decision.visit] = _Arrival(
            recommended=frozenset(item_key(c.sku) for c in decision.choices),
            usual=frozenset(p_topfreq_25(person.habits.profile, _LIST).tolist()),
        )
        while len(self._arrivals) > _ARRIVALS:
            self._arrivals.popitem(last=False)

    def hits(self, basket: Basket) -> tuple[str, ...]:
        """Products in the basket that were recommended at arrival, in scan order."""
        arrival = self._arrivals.get(basket.visit)
        if arrival is None:
            return ()
        return tuple(sku for sku in basket.skus if item_key(sku) in arrival.recommended)

    def take(self, turn: Turn, buyer: Token | None, at: datetime, now: datetime) -> Lesson:
        """Learn from a turn.

        Args:
            turn: What happened.
            buyer: Whose the turn's basket was until now: lines scanned before somebody became known are
                learned when they do.
            at: Business time.
            now: Real time.
        """
        basket = turn.basket
        if basket is None:
            return Lesson()
        visit = next((v for v in turn.visits if v.id == basket.visit), None)
        scanned = turn.bought if visit is None or visit.token == buyer else basket.lines
        left = basket.skus if basket.state is BasketState.OPEN else ()
        gone = tuple(line.sku for line in turn.voided if line.sku not in left)
        profiles = self._habits(visit, scanned, gone, at, now)
        if not turn.paid:
            return Lesson(profiles=profiles)
        before = frozenset(self._decider.out_of_stock)
        taken = self._sold(basket)
        return Lesson(
            profiles=profiles,
            trend=self._trend_of(basket, at),
            taken=taken,
            sold_out=frozenset(self._decider.out_of_stock) - before,
        )

    def _habits(
        self,
        visit: Visit | None,
        bought: tuple[Line, ...],
        voided: tuple[Sku, ...],
        at: datetime,
        now: datetime,
    ) -> dict[Token, bytes]:
        """The profile after these lines, for a person who wants personal content."""
        if visit is None or not (bought or voided):
            return {}
        person = self._people.meet(visit.token, at)
        if person is None:
            return {}
        purposes = identify(person.customer, visit.method, self._policy, now).purposes
        if not purposes & _WANTING:
            return {}
        person.freeze()
        day, _ = self._decider.moment(at)
        for line in bought:
            person.profile.record(item_key(line.sku), day)
        for sku in voided:
            person.profile.retract(item_key(sku), day)
        return {person.customer.token: person.profile.to_bytes()}

    def _trend_of(self, basket: Basket, at: datetime) -> bytes:
        day, hour = self._decider.moment(at)
        keys = np.array(sorted({item_key(sku) for sku in basket.skus}), np.int64)
        self.trend.record(keys, Moment(day=day, hour=hour))
        self._ages.heard("trend", at)
        self._decider.follow(self.trend)
        self._settle(basket)
        return self.trend.to_bytes()

    def _sold(self, basket: Basket) -> dict[Sku, int]:
        taken = Counter[Sku]()
        for line in basket.lines:
            taken[line.sku] += line.quantity
            self.stock.take(ItemKey(item_key(line.sku)), line.quantity)
        self._decider.out_of_stock = self.stock.out
        return dict(taken)

    def _settle(self, basket: Basket) -> None:
        """Hold the arrival's list against the paid basket."""
        arrival = self._arrivals.pop(basket.visit, None)
        if arrival is not None and basket.lines:
            bought = [item_key(sku) for sku in basket.skus]
            self._tally.hit_rate.add(arrival.recommended, arrival.usual, bought)
