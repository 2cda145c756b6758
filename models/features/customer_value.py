"""What a shopper's trips say of the weeks ahead: whether they still come, how often, and what they will spend.

The edge's facts for audiences ask ``outlook``; ``training.customer_value_fit`` fits the ``CustomerBase`` it reads,
and ``training.customer_value_backtest`` holds what it says against what people did.

The model is MBG/NBD: while somebody is a customer, trips come by chance at a rate of their own, and after each trip,
the first included, they may stay away for good with a chance of their own. Rates spread as a gamma, chances as a
beta. It is BG/NBD (Fader, Hardie and Lee 2005) with that one change (Batislam, Denizel and Filiztekin 2007), without
which who came once could never have left. A trip is a local day.
"""

import math
from dataclasses import dataclass

from models.features.profile import Profile
from models.items import Keys

HORIZON_DAYS = 30
"""So far ahead trips and spend are foretold."""

# Powers beyond it are as good as endless, and a float has no place for them.
_LOG_MOST = 700.0
# The sum has settled long before, for any base that a fit may give.
_TERMS_MOST = 5_000
_SETTLED = 1e-12
# At exactly one the closed form is nought over nought; so near it the value is right to seven digits.
_BESIDE_ONE = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerBase:
    """How the customers of a store or chain come and go, fitted once for all of them.

    ``r``, ``alpha`` (days): shape and scale of their rates of trips; ``a``, ``b``: of their chances to stay away after
    one. ``pieces``: what a trip costs over one piece of each of its items. ``basket_cents``: the mean basket, in
    cents, one piece of each; 0 = not known, then nobody is shrunk to it; it weighs as ``basket_trips`` own trips.
    As shipped: weeks 1–44 of the public data, ``storeside models value``.
    """

    r: float = 1.422
    alpha: float = 10.28
    a: float = 0.02569
    b: float = 22.42
    pieces: float = 1.203
    basket_cents: float = 0.0
    basket_trips: float = 5.6


@dataclass(frozen=True, slots=True, kw_only=True)
class TripSummary:
    """All that the model reads of somebody: ``repeats`` trips after the first, and days from it to latest and now."""

    repeats: int
    until_latest: int
    until_now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOutlook:
    """What is to be expected of somebody.

    ``churn_risk``: the chance 0..1 that they have stopped coming; ``trips`` within ``HORIZON_DAYS``;
    ``spend_cents``: what these would come to at the prices asked with.
    """

    churn_risk: float
    trips: float
    spend_cents: float


def trip_summary(profile: Profile, day: int) -> TripSummary | None:
    """The trips before local ``day``, in short; None where none is known."""
    earlier = [one for one in profile.days if one < day]
    if not earlier:
        return None
    # The total is for good, the days are the latest: what is not before ``day`` is taken off both.
    trips = profile.trips - (len(profile.days) - len(earlier))
    return TripSummary(
        repeats=trips - 1,
        until_latest=earlier[0] - profile.first_day,
        until_now=day - profile.first_day,
    )


def outlook(
    base: CustomerBase, profile: Profile, day: int, cents: Keys
) -> CustomerOutlook | None:
    """What the trips before local ``day`` let expect; None where none is known.

    ``cents``: what a piece of each of the profile's items costs now, 0 = not sold. Shape of ``profile.keys``.
    """
    summary = trip_summary(profile, day)
    if summary is None:
        return None
    trips = expected_trips(base, summary, HORIZON_DAYS)
    one_of_each = float(profile.counts @ cents) / profile.trips
    basket = usual_basket(base, one_of_each, profile.trips)
    return CustomerOutlook(
        churn_risk=1 - alive_chance(base, summary), trips=trips, spend_cents=trips * basket
    )


def alive_chance(base: CustomerBase, of: TripSummary) -> float:
    """The chance that somebody still is a customer, 0..1."""
    odds = base.a / (base.b + of.repeats)
    log = (base.r + of.repeats) * math.log(
        (base.alpha + of.until_now) / (base.alpha + of.until_latest)
    )
    return 1 / (1 + odds * math.exp(min(log, _LOG_MOST)))


def expected_trips(base: CustomerBase, of: TripSummary, days: int) -> float:
    """How many trips are to be expected of somebody within the next ``days``."""
    r, a = base.r, base.a
    if abs(a - 1) < _BESIDE_ONE:
        a = 1 + _BESIDE_ONE
    ends = a + base.b + of.repeats
    z = days / (base.alpha + of.until_now + days)
    left = math.pow(1 - z, a - 1) * _hypergeometric(a + base.b - r, a - 1, ends, z)
    return max(ends / (a - 1) * (1 - left), 0.0) * alive_chance(base, of)


def silent_chance(base: CustomerBase, of: TripSummary, days: int) -> float:
    """The chance that somebody makes no trip within the next ``days``: gone, or not just then. 0..1."""
    now = base.alpha + of.until_now
    comes = 1 - math.pow(now / (now + days), base.r + of.repeats)
    return 1 - alive_chance(base, of) * comes


def usual_basket(base: CustomerBase, one_of_each_cents: float, trips: int) -> float:
    """What a trip of somebody with so many ``trips`` costs, in cents, leaning on everybody's while they are few."""
    if not base.basket_cents:
        return base.pieces * one_of_each_cents
    known = trips * one_of_each_cents + base.basket_trips * base.basket_cents
    return base.pieces * known / (trips + base.basket_trips)


def _hypergeometric(p: float, q: float, s: float, z: float) -> float:
    """Gauss's series 2F1(p, q; s; z) for 0 <= z < 1 and s > 0."""
    total = term = 1.0
    for n in range(_TERMS_MOST):
        term *= (p + n) * (q + n) / ((s + n) * (n + 1)) * z
        total += term
        if abs(term) < _SETTLED * abs(total):
            break
    return total
