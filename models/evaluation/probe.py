"""Made-up shoppers of a bundle's own assortment: what every sound ranker foresees of them.

``activation`` judges by them where a store has no sales of its own yet. They buy their habits again, each at
its own rate, and now and then what everybody buys; so whatever the assortment, a chance must rise with
one's own frequency and with popularity, and must be about as large as what is bought is often.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.evaluation.gate import ReplayedTrip
from models.evaluation.metrics import Doubles
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.items import Keys
from models.moment import Moment
from models.statistics.tables import Tables
from models.statistics.trend import StoreTrend

SHOPPERS = 150
# Every fourth is asked about without their past.
_STRANGERS = 4
_HABITS = 20
_TRIPS = (6, 20)
# Things of the day that are nobody's habit.
_OTHERS = 3
_DAYS_BETWEEN = 6
# Any day will do that is later than all of their trips.
PROBE_DAY = 20_000
_SEED = 50


def probe_trips(tables: Tables) -> Iterator[ReplayedTrip]:
    """One trip of each made-up shopper; the same tables, the same trips."""
    draw = np.random.default_rng(_SEED)
    # What was never sold is bought by somebody all the same.
    popular = np.cumsum(np.maximum(tables.prior.day.astype(np.float64), 1e-9))
    popular /= popular[-1]
    trend = StoreTrend()
    made = [_shopper(draw, tables.items.keys, popular) for _ in range(SHOPPERS)]
    days = sorted({day for shopper in made for day in shopper.baskets})
    for day in days:
        for shopper in made:
            if day in shopper.baskets:
                trend.record(shopper.baskets[day], Moment(day=day, hour=shopper.hour))
    for number, shopper in enumerate(made):
        moment = Moment(day=PROBE_DAY, hour=shopper.hour)
        profile = None if number % _STRANGERS == 0 else shopper.profile()
        view = ModelRequest(profile=profile, trend=trend, moment=moment)
        yield ReplayedTrip(buyer=number, view=view, truth=shopper.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shopper:
    """``baskets`` by day, oldest first; ``last``: what is bought on the day that is asked about."""

    baskets: dict[int, Keys]
    last: Keys
    hour: int

    def profile(self) -> Profile:
        profile = Profile.empty()
        for day, keys in self.baskets.items():
            for key in keys.tolist():
                profile.record(key, day)
        return profile


def _shopper(draw: np.random.Generator, keys: Keys, popular: Doubles) -> _Shopper:
    """``popular``: up to which part of all purchases each key goes, ascending to 1."""

    def drawn(count: int) -> Keys:
        return keys[np.searchsorted(popular, draw.random(count))]

    habits = np.unique(drawn(_HABITS))
    rates = draw.beta(1, 2, len(habits))

    def basket() -> Keys:
        return np.union1d(habits[draw.random(len(habits)) < rates], drawn(_OTHERS))

    trips = int(draw.integers(*_TRIPS))
    days = PROBE_DAY - np.arange(trips, 0, -1) * _DAYS_BETWEEN - draw.integers(0, 3, trips)
    return _Shopper(
        baskets={int(day): basket() for day in days},
        last=basket(),
        hour=int(draw.integers(9, 20)),
    )
