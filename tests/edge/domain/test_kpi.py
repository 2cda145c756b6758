from __future__ import annotations

import pytest

from edge.domain.consent import Purpose
from edge.domain.driver_credit import may_credit
from edge.domain.kpi import (
    KPIS,
    DayCount,
    KpiCounts,
    KpiFigure,
    KpiStage,
    MeasuredLift,
    RatingCounts,
    VisitorCounts,
    figures,
    lifetime_cents,
)

SALES = {
    DayCount.VISITS: 8,
    DayCount.KNOWN_VISITS: 2,
    DayCount.BASKETS: 4,
    DayCount.REVENUE_CENTS: 10_000,
    DayCount.KNOWN_REVENUE_CENTS: 2_500,
    DayCount.PIECES: 30,
    DayCount.SHOWN_CENTS: 1_000,
}
PEOPLE = VisitorCounts(people=40, days=90, cents=400_000, repeaters=30, earlier=50, returned=30)


def told(name: str, counted: KpiCounts | None = None) -> KpiFigure:
    plain = counted or KpiCounts(
        counts=SALES,
        comers=PEOPLE,
        ratings=RatingCounts(answers=4, total=17, content=3),
        bounties=3,
        bounties_cents=450,
    )
    return next(f for f in figures(plain) if f.name == name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("trips", 4),
        ("sales", 10_000),
        ("basket-value", 2_500),
        ("items-a-basket", 7.5),
        ("sold-after-shown", 0.1),
        ("trips-a-person", 2.25),
        ("repeat-rate", 0.75),
        ("retention", 0.6),
        ("lifetime-value", 25_000),
        ("known-visits", 0.25),
        ("known-sales", 0.25),
        ("satisfaction", 4.25),
        ("content", 0.75),
        ("drivers", 3),
        ("drivers-value", 450),
    ],
)
def test_each_figure_means_what_it_says(name: str, value: float) -> None:
    assert told(name).value == pytest.approx(value)


def test_a_lifetime_is_the_mean_number_of_periods_until_somebody_stays_away() -> None:
    # Ten thousand cents a period, six of ten come back: 1 / (1 - 0.6) periods.
    assert lifetime_cents(PEOPLE) == pytest.approx(10_000 / 0.4)
    assert lifetime_cents(VisitorCounts(people=40, cents=1, earlier=50, returned=50)) is None


def test_incremental_sales_are_told_by_a_held_out_group_or_not_at_all() -> None:
    assert told("incremental-sales").value is None
    lifted = KpiCounts(counts=SALES, lift=MeasuredLift(cents=12.5, people=400))
    assert told("incremental-sales", lifted).value == 5_000


def test_of_nothing_nothing_is_told_and_nothing_is_divided_by() -> None:
    empty = {f.name: f.value for f in figures(KpiCounts())}
    assert empty["trips"] == 0
    assert empty["basket-value"] is None
    assert empty["satisfaction"] is None


@pytest.mark.parametrize("name", ["retention", "repeat-rate", "trips-a-person"])
def test_a_share_of_a_few_people_is_not_told(name: str) -> None:
    few = KpiCounts(
        comers=VisitorCounts(people=29, days=40, repeaters=9, earlier=29, returned=9)
    )
    assert told(name, few).value is None
    assert told(name, few).n == 29


def test_every_figure_has_a_name_of_its_own_and_says_what_it_is() -> None:
    assert len({kpi.name for kpi in KPIS}) == len(KPIS)
    assert all(kpi.says.endswith(".") for kpi in KPIS)
    assert {kpi.stage for kpi in KPIS} == set(KpiStage)


def test_a_driver_is_credited_only_to_who_may_be_known_and_measured() -> None:
    both = frozenset({Purpose.RECOGNISE, Purpose.MEASURE})
    assert may_credit(both)
    assert not any(may_credit(both - {purpose}) for purpose in both)
