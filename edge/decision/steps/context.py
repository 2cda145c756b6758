"""Step 3: the situation – what may be looked at, how old each input is, and what that age allows.

`flow` begins with it; every later step reads the situation and none looks past it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from edge.domain.assignment import Assignment
from edge.domain.audience import ConditionValue
from edge.domain.catalogue import Catalogue
from edge.domain.creative import NO_ODDS, Odds
from edge.domain.customer_value import CHURN_RISK, NO_OUTLOOK, outlook_facts
from edge.domain.decision import InputFreshness, Inputs
from edge.domain.ids import ItemKey
from edge.domain.live_offers import NOTHING_STANDS, LiveOffers
from edge.domain.placement import PLACEMENTS, Placement
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.moment import Moment
from models.offers.facts import NO_COUPONS, OfferHistory
from models.serving.ranker import BY_CHANCE
from models.statistics.pairs import NO_PAIRS, KnownPairs
from models.statistics.trend import StoreTrend

_DAY_S = 86_400

# Age in seconds up to which an input is used as it is, and up to which it is used with care; beyond, it is
# dropped. Habits keep for months (five trips hold most of a profile's worth); stock and trend do not.
# Promotions are told ahead and by their days, but a leaflet is mostly of one week: what was not heard of for
# longer may have been replaced. The clock's age is by how much it may be wrong: by minutes, what begins or ends
# about now is left out; by more, everything that has a date.
_LIMITS_S: Mapping[str, tuple[int, int]] = {
    "profile": (90 * _DAY_S, 395 * _DAY_S),
    "trend": (3 * _DAY_S, 30 * _DAY_S),
    "stock": (1 * _DAY_S, 7 * _DAY_S),
    "prices": (2 * _DAY_S, 30 * _DAY_S),
    "offers": (2 * _DAY_S, 14 * _DAY_S),
    "promotions": (7 * _DAY_S, 14 * _DAY_S),
    "clock": (120, 3_600),
}


# Ages of inputs of which nothing is said; any other was then never heard of.
_BELIEVED: Mapping[str, int] = {"clock": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The snapshots that ``Inputs`` names by digest, opened: what the model reads."""

    profile: Profile | None
    trend: StoreTrend
    coupons: OfferHistory = NO_COUPONS
    odds: Odds = field(default_factory=lambda: NO_ODDS)
    pairs: KnownPairs = field(default_factory=lambda: NO_PAIRS)
    co_views: KnownPairs = field(default_factory=lambda: NO_PAIRS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionContext:
    """One situation, ready for the model and the rules; what is too old is already left out.

    ``strategy``: the named strategy in charge of the placement, ``chance`` without one.
    """

    inputs: Inputs
    placement: Placement
    catalogue: Catalogue
    view: ModelRequest
    coupons: OfferHistory
    standing: LiveOffers
    assignment: Assignment
    strategy: str
    odds: Odds
    rungs: Mapping[str, InputFreshness]
    known_stock: bool

    @property
    def by_chance_alone(self) -> bool:
        """Whether chance orders everything here: on the list at arrival, by which the model is judged."""
        return _by_chance_alone(self.placement, self.catalogue)

    def facts(self) -> Mapping[str, ConditionValue]:
        """What conditions may read of it; of nobody in particular what `FACTS` says."""
        given, moment, placement = self.inputs, self.view.moment, self.placement
        products = self.catalogue.products
        # Products, not pieces: inputs do not hold how many of each.
        basket = [products[key] for key in given.basket if key in products]
        return {
            **_habits(self),
            "identified": given.token is not None,
            "segments": given.segments,
            "hour": moment.hour,
            # Facts count days as ISO does, models from nought.
            "weekday": moment.weekday + 1,
            "daypart": moment.daypart,
            "zone": given.zone or "",
            "placement": placement.name,
            "surface": placement.surface,
            "basket_items": len(given.basket),
            "basket_cents": sum(product.price_cents for product in basket),
            # A sorted tuple: answers of conditions are kept by equal facts.
            "basket_categories": tuple(sorted({product.category for product in basket})),
        }

    def churn_risk_pct(self) -> int:
        """The chance that the person has stopped coming, as their audience reads it; -1 = not known, or not here."""
        profile = self.view.profile
        risk = -1 if profile is None else _outlook(self, profile)[CHURN_RISK]
        return risk if isinstance(risk, int) else -1


def describe(inputs: Inputs, evidence: Evidence, catalogue: Catalogue) -> DecisionContext:
    """Open the situation: local time, basket, offers in force and the rung of every input."""
    rungs = rungs_of(inputs.ages_s)
    placement = PLACEMENTS[inputs.placement]
    assignment = Assignment(catalogue, inputs.token, inputs.place, inputs.at)
    tested = assignment.strategy_at(placement.name)
    view = ModelRequest(
        profile=evidence.profile if rungs["profile"] is not InputFreshness.DROP else None,
        trend=evidence.trend
        if rungs["trend"] is not InputFreshness.DROP
        else StoreTrend.empty(),
        moment=Moment(day=inputs.day, hour=inputs.hour),
        basket=np.array(inputs.basket, np.int64),
        place=inputs.place,
        # None is "not known", which is something else to the model than nothing promoted.
        promoted=None
        if rungs["promotions"] is InputFreshness.DROP
        else catalogue.promoted_on(inputs.day),
        # As old as the trend: both are of the latest basket.
        pairs=evidence.pairs if rungs["trend"] is not InputFreshness.DROP else NO_PAIRS,
        sold=catalogue.assortment,
        viewed=np.array(inputs.viewed, np.int64),
        # Of no age: what is looked at together is about no day.
        co_views=evidence.co_views,
    )
    return DecisionContext(
        inputs=inputs,
        placement=placement,
        catalogue=catalogue,
        view=view,
        coupons=evidence.coupons,
        standing=_standing(inputs, catalogue, placement, rungs),
        assignment=assignment,
        strategy=_strategy(placement, tested, catalogue),
        odds=evidence.odds,
        rungs=rungs,
        known_stock=rungs["stock"] is not InputFreshness.DROP,
    )


def _by_chance_alone(placement: Placement, catalogue: Catalogue) -> bool:
    return not placement.can_be_overlooked and catalogue.tuning.arrival_by_chance


def _strategy(placement: Placement, tested: str | None, catalogue: Catalogue) -> str:
    """A test goes before the settings, or its arms would not differ; the list that judges the model is its own."""
    if _by_chance_alone(placement, catalogue):
        return BY_CHANCE
    return tested or catalogue.tuning.strategies.get(placement.name, BY_CHANCE)


def _habits(context: DecisionContext) -> Mapping[str, ConditionValue]:
    """Facts about a person's past; of a person without one, and of nobody, there are none."""
    profile = context.view.profile
    if profile is None or not profile.days:
        return {"trips": 0, "days_since_trip": -1, "bought_categories": (), **NO_OUTLOOK}
    products = context.catalogue.products
    known = (products.get(ItemKey(key)) for key in profile.keys.tolist())
    return {
        "trips": len(profile.days),
        # -1 says that no trip is known, so a trip dated ahead counts as one of today.
        "days_since_trip": max(0, context.inputs.day - profile.days[0]),
        "bought_categories": tuple(sorted({p.category for p in known if p is not None})),
        **_outlook(context, profile),
    }


def _outlook(context: DecisionContext, profile: Profile) -> Mapping[str, ConditionValue]:
    # An offer that only comes to who may be leaving would tell all who can see the screen.
    if context.placement.public:
        return NO_OUTLOOK
    catalogue = context.catalogue
    return outlook_facts(
        catalogue.tuning.customers, profile, context.inputs.day, catalogue.products
    )


def _standing(
    inputs: Inputs,
    catalogue: Catalogue,
    placement: Placement,
    rungs: Mapping[str, InputFreshness],
) -> LiveOffers:
    """The offers in force; under a doubtful clock only those that are in force whatever it really is."""
    if InputFreshness.DROP in (rungs["offers"], rungs["clock"]):
        return NOTHING_STANDS
    found = catalogue.standing(placement, inputs.at)
    if rungs["clock"] is InputFreshness.USE:
        return found
    doubt = timedelta(seconds=inputs.ages_s["clock"])
    # A life is one span: who lives at both ends of the doubt lives throughout.
    return found.only(
        lambda span: span.is_live(inputs.at - doubt) and span.is_live(inputs.at + doubt)
    )


def rungs_of(ages_s: Mapping[str, int]) -> Mapping[str, InputFreshness]:
    """The rung of every input. A clock of which nothing is said is believed."""
    return {name: rung(name, ages_s.get(name, _BELIEVED.get(name))) for name in _LIMITS_S}


def rung(name: str, age_s: int | None) -> InputFreshness:
    """What an input of this age is good for; never heard of counts as too old, the future as new."""
    if age_s is None:
        return InputFreshness.DROP
    use_s, degrade_s = _LIMITS_S[name]
    if age_s <= use_s:
        return InputFreshness.USE
    return InputFreshness.DEGRADE if age_s <= degrade_s else InputFreshness.DROP
