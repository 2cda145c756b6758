"""Fit how a store's customers come, go and spend, to everybody's trips at once.

``customer_value_backtest`` calls ``fit_base`` for ``storeside models value``; what it returns stands in a store's
settings and is read by ``features.customer_value``. Numpy alone: it also runs on a store's machine.

Maximum likelihood by Nelder and Mead's simplex on the logarithms, which keeps every number above nought. Spend is
the mean of gamma-distributed baskets around a gamma-distributed mean (Fader and Hardie 2013), of which only the mean
and how many own trips it weighs are kept.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.errors import TooLittleData
from models.features.customer_value import CustomerBase
from models.items import Keys

Doubles = npt.NDArray[np.float64]

CUSTOMERS_MIN = 200
"""Of fewer people no base is fitted: the shipped one knows more."""

# So wide is the first simplex, in logarithms; it ends where its values differ by less.
_FIRST_STEP, _CLOSE_ENOUGH, _STEPS_MAX = 0.5, 1e-10, 2_000
# A search that went so far found no customers who leave, or none who ever stay.
_LOG_FURTHEST = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TripHistories:
    """Everybody's past by the end of a day. Shapes (n,).

    ``repeats`` trips after the first; days from it to the latest and to now; ``basket_cents``: the mean of their
    trips, one piece of each item; ``paid_cents``: the mean of what they paid.
    """

    repeats: Keys
    until_latest: Keys
    until_now: Keys
    basket_cents: Doubles
    paid_cents: Doubles


def fit_base(of: TripHistories) -> CustomerBase:
    """The base under which these histories are likeliest. Raises ``TooLittleData``."""
    if len(of.repeats) < CUSTOMERS_MIN:
        raise TooLittleData(
            what="customers with a trip", got=len(of.repeats), needed=CUSTOMERS_MIN
        )
    r, alpha, a, b = _least(lambda logs: _trips_loss(of, logs), (0.0, 2.0, -1.0, 1.0))
    basket_cents, basket_trips = _spend(of)
    trips = of.repeats + 1
    return CustomerBase(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        pieces=float((of.paid_cents * trips).sum() / max((of.basket_cents * trips).sum(), 1.0)),
        basket_cents=basket_cents,
        basket_trips=basket_trips,
    )


def _trips_loss(of: TripHistories, logs: Doubles) -> float:
    """Less the mean log likelihood of MBG/NBD."""
    r, alpha, a, b = np.exp(logs)
    x, most = of.repeats, int(of.repeats.max()) + 1
    stayed = (_log_rising(b, most) - _log_rising(a + b, most))[x + 1]
    came = _log_rising(r, most)[x] + r * np.log(alpha)
    is_alive = -(r + x) * np.log(alpha + of.until_now)
    has_left = np.log(a) - np.log(b + x) - (r + x) * np.log(alpha + of.until_latest)
    return -float((came + stayed + np.logaddexp(is_alive, has_left)).mean())


def _log_rising(start: float, most: int) -> Doubles:
    """Logarithms of start × (start + 1) × … with 0 to ``most`` factors: gamma's ratio without gamma."""
    found: Doubles = np.concatenate(
        ([0.0], np.cumsum(np.log(start + np.arange(most, dtype=np.float64))))
    )
    return found


def _spend(of: TripHistories) -> tuple[float, float]:
    """The mean basket of everybody, and how many own trips it weighs; gamma-gamma. Nought where nothing is told."""
    paid = of.basket_cents > 0
    mean, trips = of.basket_cents[paid], of.repeats[paid] + 1
    if len(mean) < CUSTOMERS_MIN:
        return 0.0, 1.0
    # Of baskets in their usual unit: the search then is the same in any currency.
    unit = float(np.median(mean))
    p, q, gamma = _least(lambda logs: _spend_loss(mean / unit, trips, logs), (0.5, 1.0, 0.5))
    # With q below one the mean of all has no end; it weighs nothing then.
    if q <= 1:
        return float(mean.mean()), 1e-3
    return unit * p * gamma / (q - 1), (q - 1) / p


def _spend_loss(mean: Doubles, trips: Keys, logs: Doubles) -> float:
    p, q, gamma = np.exp(logs)
    shape = p * trips
    # Few different numbers of trips: each one's gamma is worked out once.
    each, which = np.unique(shape, return_inverse=True)
    gammas = np.array([math.lgamma(s + q) - math.lgamma(s) for s in each.tolist()])[which]
    likelihood = (
        gammas
        - math.lgamma(q)
        + q * np.log(gamma)
        + (shape - 1) * np.log(mean)
        + shape * np.log(trips)
        - (shape + q) * np.log(gamma + mean * trips)
    )
    return -float(likelihood.mean())


def _least(loss: Callable[[Doubles], float], start: Sequence[float]) -> list[float]:
    """Where ``loss`` of logarithms is least, by Nelder and Mead; the numbers themselves."""
    first = np.array(start, np.float64)
    points = [first, *(first + _FIRST_STEP * row for row in np.eye(len(first)))]
    simplex = [(_bounded(loss, point), point) for point in points]
    for _ in range(_STEPS_MAX):
        simplex.sort(key=lambda one: one[0])
        if simplex[-1][0] - simplex[0][0] < _CLOSE_ENOUGH:
            break
        simplex = _moved(loss, simplex)
    best: list[float] = np.exp(min(simplex, key=lambda one: one[0])[1]).tolist()
    return best


def _moved(
    loss: Callable[[Doubles], float], simplex: list[tuple[float, Doubles]]
) -> list[tuple[float, Doubles]]:
    """One step of a sorted simplex: its worst point reflected, stretched or drawn in, or all drawn to the best."""
    *kept, (worst, far) = simplex
    centre = np.mean([point for _, point in kept], axis=0)

    def tried(reach: float) -> tuple[float, Doubles]:
        point: Doubles = centre + reach * (far - centre)
        return _bounded(loss, point), point

    mirrored = tried(-1.0)
    if mirrored[0] < kept[0][0]:
        return [*kept, min(mirrored, tried(-2.0), key=lambda one: one[0])]
    if mirrored[0] < kept[-1][0]:
        return [*kept, mirrored]
    drawn = tried(-0.5 if mirrored[0] < worst else 0.5)
    if drawn[0] < min(mirrored[0], worst):
        return [*kept, drawn]
    best = kept[0][1]
    halves = [best + (point - best) / 2 for _, point in simplex[1:]]
    return [kept[0], *((_bounded(loss, point), point) for point in halves)]


def _bounded(loss: Callable[[Doubles], float], logs: Doubles) -> float:
    return math.inf if np.abs(logs).max() > _LOG_FURTHEST else loss(logs)
