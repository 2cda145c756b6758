from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import TooLittleData
from models.sources.journey import Journey, read_journey
from models.sources.parquet import column_names, read_columns, write_columns
from models.training.customer_value_backtest import OutlookReport, back_test
from tests.models.customers import FIRST_DAY, customer_source

CUSTOMERS, DAYS, CUT = 900, 260, FIRST_DAY + 200


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return customer_source(tmp_path_factory.mktemp("customers"), CUSTOMERS, DAYS)


@pytest.fixture(scope="module")
def made(source: Path) -> Journey:
    return read_journey(source)


@pytest.fixture(scope="module")
def report(made: Journey) -> OutlookReport:
    return back_test(made, CUT)


def test_what_is_foretold_of_everybody_comes(report: OutlookReport) -> None:
    everybody = report.everybody
    assert everybody.customers == report.customers == CUSTOMERS
    assert everybody.trips == pytest.approx(everybody.trips_seen, rel=0.1)
    assert everybody.silent == pytest.approx(everybody.silent_seen, abs=0.04)
    assert everybody.spend_cents == pytest.approx(everybody.spend_cents_seen, rel=0.1)


def test_each_tenth_is_calibrated(report: OutlookReport) -> None:
    for one in (*report.by_trips, *report.by_risk):
        assert one.silent == pytest.approx(one.silent_seen, abs=0.15)
        assert one.trips == pytest.approx(one.trips_seen, rel=0.3, abs=0.5)


def test_tenths_are_in_their_order(report: OutlookReport) -> None:
    trips = [one.trips for one in report.by_trips]
    risks = [one.churn_risk for one in report.by_risk]
    assert (trips, risks) == (sorted(trips), sorted(risks))
    assert report.error < report.rate_error


def test_nothing_after_the_day_moves_what_was_fitted(
    tmp_path: Path, source: Path, made: Journey, report: OutlookReport
) -> None:
    lines, goods = (
        read_columns(source / name, sorted(column_names(source / name)))
        for name in ("transactions.parquet", "products.parquet")
    )
    early = lines["transaction_timestamp"] < np.datetime64((CUT + 9) * 86_400, "s")
    write_columns(tmp_path / "transactions.parquet", {k: v[early] for k, v in lines.items()})
    write_columns(tmp_path / "products.parquet", goods)
    assert back_test(read_journey(tmp_path), CUT).base == report.base
    with pytest.raises(TooLittleData, match="judge"):
        back_test(made, made.last_day)


def test_nothing_before_the_day_is_refused(made: Journey) -> None:
    with pytest.raises(TooLittleData):
        back_test(made, FIRST_DAY - 5)


def test_who_buys_without_a_card_is_nobodys_past(
    tmp_path: Path, source: Path, report: OutlookReport
) -> None:
    lines, goods = (
        read_columns(source / name, sorted(column_names(source / name)))
        for name in ("transactions.parquet", "products.parquet")
    )
    twice = {name: np.concatenate([column, column[:500]]) for name, column in lines.items()}
    cards = twice["household_id"].astype(np.float64)
    # Not a number is how a table of numbers says that there is none.
    cards[-500:] = np.nan
    twice |= {"household_id": cards}
    twice["basket_id"][-500:] += 10**8
    write_columns(tmp_path / "transactions.parquet", twice)
    write_columns(tmp_path / "products.parquet", goods)
    made = read_journey(tmp_path)
    assert int(made.trips.household.min()) < 0
    assert back_test(made, CUT) == report
