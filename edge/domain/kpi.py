"""What each key figure means, in code: one definition, one unit and one sentence a figure.

Counting fills `KpiCounts` by way of storage; the board asks each definition for its figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DAYS = 28
"""A figure looks back four weeks, so that every weekday counts alike."""

# A share of fewer people tells more of chance than of the store.
LEAST_PEOPLE = 30

_Number = int | float


class DayCount(StrEnum):
    """What is counted each local day, of everybody together; a closed list."""

    VISITS = "visits"
    KNOWN_VISITS = "known-visits"
    BASKETS = "baskets"
    KNOWN_BASKETS = "known-baskets"
    REVENUE_CENTS = "revenue-cents"
    KNOWN_REVENUE_CENTS = "known-revenue-cents"
    PIECES = "pieces"
    SHOWN_LINES = "shown-lines"
    SHOWN_CENTS = "shown-cents"
    RETURNED_PIECES = "returned-pieces"
    RETURNED_CENTS = "returned-cents"


class KpiStage(StrEnum):
    """Whether a figure comes before a sale and foretells it, or is told by sales themselves."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorCounts:
    """People who agreed to be measured, over two periods of ``DAYS`` days, the latter ending today.

    ``people``, ``days``, ``cents``: who came in the latter, on how many days in sum, and what they paid;
    ``repeaters``: who of them came on two days or more; ``earlier``: who came in the former; ``returned``: who
    of these came in the latter, too.
    """

    people: int = 0
    days: int = 0
    cents: int = 0
    repeaters: int = 0
    earlier: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingCounts:
    """Answers of one to five, the latest of each decision. ``content``: those of four and five."""

    answers: int = 0
    total: int = 0
    content: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLift:
    """What measuring says of treated people beside those held out: cents more a person, and how many were treated."""

    cents: float
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiCounts:
    """Everything that figures are made from; ``bounties_cents``: credited drivers at their values."""

    counts: Mapping[DayCount, int] = field(default_factory=dict[DayCount, int])
    comers: VisitorCounts = VisitorCounts()
    ratings: RatingCounts = RatingCounts()
    bounties: int = 0
    bounties_cents: int = 0
    lift: MeasuredLift | None = None

    def of(self, count: DayCount) -> int:
        """How many, 0 where nothing was counted."""
        return self.counts.get(count, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiFigure:
    """One key figure. ``value`` is None where there is too little to tell; ``n``: what it is a share or mean of."""

    name: str
    value: float | None
    unit: str
    n: int
    stage: KpiStage
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiDefinition:
    """A definition. ``top`` over ``n``; without ``n`` the value is ``top`` itself. ``least`` n to tell anything."""

    name: str
    unit: str
    stage: KpiStage
    says: str
    top: Callable[[KpiCounts], _Number | None]
    n: Callable[[KpiCounts], int] | None = None
    least: int = 1

    def figure(self, counted: KpiCounts) -> KpiFigure:
        """What this says of what was counted."""
        top, n = self.top(counted), 0 if self.n is None else self.n(counted)
        value = None if top is None else float(top)
        if self.n is not None and value is not None:
            value = value / n if n >= max(1, self.least) else None
        return KpiFigure(
            name=self.name,
            value=None if value is None else round(value, 4),
            unit=self.unit,
            n=n,
            stage=self.stage,
            says=self.says,
        )


def incremental_cents(lift: MeasuredLift | None) -> float | None:
    """Sales that would not have been: the difference a person, times the people treated."""
    return None if lift is None else lift.cents * lift.people


def lifetime_cents(comers: VisitorCounts) -> float | None:
    """What a person will have paid when they stop coming, if each period goes on like the last.

    A share ``r`` comes back each period, so a person stays ``1 / (1 - r)`` of them on average.
    """
    # Where everybody came back nobody is ever lost: the sum would have no end.
    if comers.earlier < LEAST_PEOPLE or not comers.people or comers.returned >= comers.earlier:
        return None
    periods = comers.earlier / (comers.earlier - comers.returned)
    return comers.cents / comers.people * periods


def _counting(count: DayCount) -> Callable[[KpiCounts], int]:
    return lambda counted: counted.of(count)


def sales_cents(counted: KpiCounts) -> int:
    """What was paid, less what was paid back for goods whose sale nobody knows; of a known one less is paid."""
    return counted.of(DayCount.REVENUE_CENTS) - counted.of(DayCount.RETURNED_CENTS)


KPIS: tuple[KpiDefinition, ...] = (
    KpiDefinition(
        name="trips",
        unit="trips",
        stage=KpiStage.DOWNSTREAM,
        says="Baskets that were paid.",
        top=_counting(DayCount.BASKETS),
    ),
    KpiDefinition(
        name="sales",
        unit="cents",
        stage=KpiStage.DOWNSTREAM,
        says="What was paid, before offers, less what was paid back.",
        top=sales_cents,
    ),
    KpiDefinition(
        name="returns",
        unit="cents",
        stage=KpiStage.DOWNSTREAM,
        says="What was paid back for goods whose sale is not known here; the others are taken off their sales.",
        top=_counting(DayCount.RETURNED_CENTS),
    ),
    KpiDefinition(
        name="returned-pieces",
        unit="pieces",
        stage=KpiStage.DOWNSTREAM,
        says="Pieces of these.",
        top=_counting(DayCount.RETURNED_PIECES),
    ),
    KpiDefinition(
        name="incremental-sales",
        unit="cents",
        stage=KpiStage.DOWNSTREAM,
        says="What the treated paid more than those held out: cents a person, times people treated.",
        top=lambda c: incremental_cents(c.lift),
    ),
    KpiDefinition(
        name="basket-value",
        unit="cents",
        stage=KpiStage.DOWNSTREAM,
        says="What was paid for one basket, less what was paid back.",
        top=sales_cents,
        n=_counting(DayCount.BASKETS),
    ),
    KpiDefinition(
        name="items-a-basket",
        unit="pieces",
        stage=KpiStage.DOWNSTREAM,
        says="Pieces in one paid basket.",
        top=_counting(DayCount.PIECES),
        n=_counting(DayCount.BASKETS),
    ),
    KpiDefinition(
        name="sold-after-shown",
        unit="share",
        stage=KpiStage.DOWNSTREAM,
        says="Of what was paid, the part that had been shown before; not all of it was sold by that.",
        top=_counting(DayCount.SHOWN_CENTS),
        n=_counting(DayCount.REVENUE_CENTS),
    ),
    KpiDefinition(
        name="trips-a-person",
        unit="days",
        stage=KpiStage.DOWNSTREAM,
        says="Days on which one of the people came who came at all.",
        top=lambda c: c.comers.days,
        n=lambda c: c.comers.people,
        least=LEAST_PEOPLE,
    ),
    KpiDefinition(
        name="repeat-rate",
        unit="share",
        stage=KpiStage.DOWNSTREAM,
        says="Of the people who came, those who came on two days or more.",
        top=lambda c: c.comers.repeaters,
        n=lambda c: c.comers.people,
        least=LEAST_PEOPLE,
    ),
    KpiDefinition(
        name="retention",
        unit="share",
        stage=KpiStage.DOWNSTREAM,
        says="Of the people who came in the four weeks before, those who came again in the last four.",
        top=lambda c: c.comers.returned,
        n=lambda c: c.comers.earlier,
        least=LEAST_PEOPLE,
    ),
    KpiDefinition(
        name="lifetime-value",
        unit="cents",
        stage=KpiStage.DOWNSTREAM,
        says="What one person pays in four weeks, times the periods they stay at today's retention.",
        top=lambda c: lifetime_cents(c.comers),
    ),
    KpiDefinition(
        name="known-visits",
        unit="share",
        stage=KpiStage.UPSTREAM,
        says="Of all visits, those of somebody who was recognised with their consent.",
        top=_counting(DayCount.KNOWN_VISITS),
        n=_counting(DayCount.VISITS),
    ),
    KpiDefinition(
        name="known-sales",
        unit="share",
        stage=KpiStage.UPSTREAM,
        says="Of what was paid, the part of recognised visits.",
        top=_counting(DayCount.KNOWN_REVENUE_CENTS),
        n=_counting(DayCount.REVENUE_CENTS),
    ),
    KpiDefinition(
        name="satisfaction",
        unit="of five",
        stage=KpiStage.UPSTREAM,
        says="Mean of the answers from one to five; the latest to each decision counts.",
        top=lambda c: c.ratings.total,
        n=lambda c: c.ratings.answers,
    ),
    KpiDefinition(
        name="content",
        unit="share",
        stage=KpiStage.UPSTREAM,
        says="Of the answers from one to five, those of four and five.",
        top=lambda c: c.ratings.content,
        n=lambda c: c.ratings.answers,
    ),
    KpiDefinition(
        name="drivers",
        unit="people",
        stage=KpiStage.UPSTREAM,
        says="Drivers of later sales that were credited: signed up, e-mail captured and the like.",
        top=lambda c: c.bounties,
    ),
    KpiDefinition(
        name="drivers-value",
        unit="cents",
        stage=KpiStage.UPSTREAM,
        says="The same at the value that each driver was given.",
        top=lambda c: c.bounties_cents,
    ),
)


def figures(counted: KpiCounts) -> tuple[KpiFigure, ...]:
    """Every key figure, in the order in which they are told."""
    return tuple(kpi.figure(counted) for kpi in KPIS)
