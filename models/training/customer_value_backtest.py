"""Hold what a customer base foretells against what its customers then did.

``storeside models value`` calls ``back_test``: fitted up to one day, judged on the days after it.
"""

from dataclasses import dataclass

import numpy as np

from models.errors import TooLittleData
from models.features.customer_value import (
    CustomerBase,
    TripSummary,
    alive_chance,
    expected_trips,
    silent_chance,
    usual_basket,
)
from models.items import Keys
from models.sources.journey import Journey
from models.training.customer_value_fit import Doubles, TripHistories, fit_base

_GROUPS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookGroup:
    """Customers of like outlook: means of what was foretold a person and of what came; chances 0..1."""

    customers: int
    churn_risk: float
    trips: float
    trips_seen: float
    silent: float
    silent_seen: float
    spend_cents: float
    spend_cents_seen: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookReport:
    """``base`` was fitted on ``customers`` and judged on ``days`` days after.

    Groups: ten by trips to be expected, fewest first; ten by churn risk, least first. ``correlation`` of trips a
    person; ``error``: the mean of how far off they are; ``rate_error``: the same for whoever takes each one's past
    rate for what comes.
    """

    base: CustomerBase
    customers: int
    days: int
    correlation: float
    error: float
    rate_error: float
    everybody: OutlookGroup
    by_trips: tuple[OutlookGroup, ...]
    by_risk: tuple[OutlookGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trips:
    """The trips of a source, by customer and day; shapes (t,). ``paid``, ``each``: cents, one piece of each."""

    household: Keys
    day: Keys
    paid: Doubles
    each: Doubles


def back_test(journey: Journey, until_day: int) -> OutlookReport:
    """Fit on everything up to local ``until_day``; judge on what follows.

    Raises ``TooLittleData``: too few customers, or nothing after the day.
    """
    trips = _trips(journey, until_day)
    days = journey.last_day - until_day
    if days < 1:
        raise TooLittleData(what="days to judge on", got=max(days, 0), needed=1)
    who, past = _histories(trips, until_day)
    base = fit_base(past)
    later = (trips.day > until_day) & np.isin(trips.household, who)
    place = np.searchsorted(who, trips.household[later])
    seen = np.bincount(place, minlength=len(who)).astype(np.float64)
    spent = np.bincount(place, weights=trips.paid[later], minlength=len(who)).astype(np.float64)
    return _report(base, past, days, seen, spent)


def _trips(journey: Journey, until_day: int) -> _Trips:
    made, lines = journey.trips, journey.lines
    # Who bought without a card comes once, and is nobody's past.
    known = made.household >= 0
    span = int(made.day.max()) + 1
    # Trips are sorted by household and day, so their numbers ascend.
    numbers = made.household.astype(np.int64) * span + made.day
    rows = np.searchsorted(numbers, lines.household.astype(np.int64) * span + lines.day)
    cents = lines.cents.astype(np.float64)
    paid = np.bincount(rows, weights=cents, minlength=len(numbers)).astype(np.float64)
    # At the prices known by then, as the edge prices a past.
    price = journey.priced(until_day).price_cents[made.items].astype(np.float64)
    each = np.add.reduceat(price, made.bounds[:-1])
    return _Trips(
        household=made.household[known],
        day=made.day[known].astype(np.int64),
        paid=paid[known],
        each=each[known],
    )


def _histories(trips: _Trips, until_day: int) -> tuple[Keys, TripHistories]:
    """Whose they are, ascending, and everybody's past by the end of the day."""
    before = trips.day <= until_day
    who, first, counts = np.unique(
        trips.household[before], return_index=True, return_counts=True
    )
    if not len(who):
        raise TooLittleData(what="trips to learn from", got=0, needed=1)
    days = trips.day[before]
    began, latest = days[first], days[first + counts - 1]
    return who, TripHistories(
        repeats=counts - 1,
        until_latest=latest - began,
        until_now=until_day + 1 - began,
        basket_cents=np.add.reduceat(trips.each[before], first) / counts,
        paid_cents=np.add.reduceat(trips.paid[before], first) / counts,
    )


def _report(
    base: CustomerBase, past: TripHistories, days: int, seen: Doubles, spent: Doubles
) -> OutlookReport:
    people = [
        TripSummary(repeats=n, until_latest=latest, until_now=now)
        for n, latest, now in zip(
            past.repeats.tolist(),
            past.until_latest.tolist(),
            past.until_now.tolist(),
            strict=True,
        )
    ]
    trips = np.array([expected_trips(base, one, days) for one in people])
    basket = np.array(
        [
            usual_basket(base, cents, one.repeats + 1)
            for one, cents in zip(people, past.basket_cents.tolist(), strict=True)
        ]
    )
    risk = 1 - np.array([alive_chance(base, one) for one in people])
    columns = {
        "churn_risk": risk,
        "trips": trips,
        "trips_seen": seen,
        "silent": np.array([silent_chance(base, one, days) for one in people]),
        "silent_seen": (seen == 0).astype(np.float64),
        "spend_cents": trips * basket,
        "spend_cents_seen": spent,
    }

    def group(rows: Keys) -> OutlookGroup:
        means = {name: float(column[rows].mean()) for name, column in columns.items()}
        return OutlookGroup(customers=len(rows), **means)

    rate = (past.repeats + 1) / past.until_now * days
    return OutlookReport(
        base=base,
        customers=len(people),
        days=days,
        correlation=float(np.corrcoef(trips, seen)[0, 1]),
        error=float(np.abs(trips - seen).mean()),
        rate_error=float(np.abs(rate - seen).mean()),
        everybody=group(np.arange(len(people))),
        by_trips=tuple(map(group, np.array_split(np.argsort(trips, kind="stable"), _GROUPS))),
        by_risk=tuple(map(group, np.array_split(np.argsort(risk, kind="stable"), _GROUPS))),
    )
