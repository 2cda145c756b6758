"""Step 3: the situation – what may be looked at, how old each input is, and what that age allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edge.domain.catalogue import Catalogue
from edge.domain.decision import Inputs, Rung
from edge.domain.offer import Offer
from edge.domain.placement import PLACEMENTS, Placement
from models.counters import Profile
from models.moment import Moment
from models.offers.facts import NO_COUPONS, OfferHistory
from models.trend import StoreTrend
from models.view import View

_DAY_S = 86_400

# Age in seconds up to which an input is used as it is, and up to which it is used with care; beyond, it is
# dropped. Habits keep for months (five trips hold most of a profile's worth); stock and trend do not.
# Promotions are told ahead and by their days, but a leaflet is mostly of one week: what was not heard of for
# longer may have been replaced.
_LIMITS_S: Mapping[str, tuple[int, int]] = {
    "profile": (90 * _DAY_S, 395 * _DAY_S),
    "trend": (3 * _DAY_S, 30 * _DAY_S),
    "stock": (1 * _DAY_S, 7 * _DAY_S),
    "prices": (2 * _DAY_S, 30 * _DAY_S),
    "offers": (2 * _DAY_S, 14 * _DAY_S),
    "promotions": (7 * _DAY_S, 14 * _DAY_S),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The snapshots that ``Inputs`` names by digest, opened: what the model reads."""

    profile: Profile | None
    trend: StoreTrend
    coupons: OfferHistory = NO_COUPONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One situation, ready for the model and the rules; what is too old is already left out."""

    inputs: Inputs
    placement: Placement
    catalogue: Catalogue
    view: View
    coupons: OfferHistory
    live_offers: tuple[Offer, ...]
    rungs: Mapping[str, Rung]
    known_stock: bool


def describe(inputs: Inputs, evidence: Evidence, catalogue: Catalogue) -> Context:
    """Open the situation: local time, basket, offers in force and the rung of every input."""
    rungs = {name: rung(name, inputs.ages_s.get(name)) for name in _LIMITS_S}
    view = View(
        profile=evidence.profile if rungs["profile"] is not Rung.DROP else None,
        trend=evidence.trend if rungs["trend"] is not Rung.DROP else StoreTrend.empty(),
        moment=Moment(day=inputs.day, hour=inputs.hour),
        basket=np.array(inputs.basket, np.int64),
        place=inputs.place,
        promoted=None
        if rungs["promotions"] is Rung.DROP
        else catalogue.promoted_on(inputs.day),
    )
    usable = rungs["offers"] is not Rung.DROP
    return Context(
        inputs=inputs,
        placement=PLACEMENTS[inputs.placement],
        catalogue=catalogue,
        view=view,
        coupons=evidence.coupons,
        live_offers=tuple(o for o in catalogue.offers if usable and o.is_live(inputs.at)),
        rungs=rungs,
        known_stock=rungs["stock"] is not Rung.DROP,
    )


def rung(name: str, age_s: int | None) -> Rung:
    """What an input of this age is good for; never heard of counts as too old, the future as new."""
    if age_s is None:
        return Rung.DROP
    use_s, degrade_s = _LIMITS_S[name]
    if age_s <= use_s:
        return Rung.USE
    return Rung.DEGRADE if age_s <= degrade_s else Rung.DROP
