"""Campaigns, coupons and redemptions of a source that has them."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.errors import SourceUnreadable
from models.sources.coupon_campaigns import read_campaigns
from tests.models.stall import write

DAYS = np.array(["2017-03-08", "2017-03-03"], "datetime64[D]").astype("datetime64[ns]")
NUMBER = np.array([2, 1])


def tables(folder: Path, **changed: dict[str, Any] | None) -> Path:
    """Two campaigns; a table given as None is left out."""
    coupons = {"coupon_upc": np.array([70, 71]), "product_id": np.array([100, 101])}
    redeemed = {"household_id": NUMBER, "coupon_upc": NUMBER, "campaign_id": NUMBER}
    sent = {"campaign_id": np.array([1, 2, 1]), "household_id": np.array([9, 4, 5])}
    whole: dict[str, dict[str, Any] | None] = {
        "campaign_descriptions": {"campaign_id": NUMBER, "start_date": DAYS, "end_date": DAYS},
        "campaigns": sent,
        "coupons": {"campaign_id": NUMBER, **coupons},
        "coupon_redemptions": {**redeemed, "redemption_date": DAYS},
    }
    for name, columns in {**whole, **changed}.items():
        if columns is not None:
            write(folder / f"{name}.parquet", columns)
    return folder


def test_campaigns_come_by_first_day_with_coupons_and_households(tmp_path: Path) -> None:
    (first, later), redemptions = read_campaigns(tables(tmp_path))
    assert (first.number, first.first_day, first.households.tolist()) == (1, 17_228, [5, 9])
    assert (later.products.tolist(), later.coupons.tolist()) == ([100], [70])
    assert redemptions.household.tolist() == [1, 2]
    assert redemptions.day.tolist() == [17_228, 17_233]


@pytest.mark.parametrize(
    "name", ["campaign_descriptions", "campaigns", "coupons", "coupon_redemptions"]
)
def test_without_one_of_the_four_tables_there_are_no_campaigns(
    tmp_path: Path, name: str
) -> None:
    campaigns, redemptions = read_campaigns(tables(tmp_path, **{name: None}))
    assert campaigns == ()
    assert len(redemptions.day) == 0


def test_campaigns_of_which_nothing_was_redeemed_are_campaigns(tmp_path: Path) -> None:
    ids = ("household_id", "coupon_upc", "campaign_id")
    nothing = {name: pa.array([], pa.int64()) for name in ids}
    nobody = {**nothing, "redemption_date": pa.array([], pa.timestamp("ns"))}
    campaigns, redemptions = read_campaigns(tables(tmp_path, coupon_redemptions=nobody))
    assert (len(campaigns), len(redemptions.day)) == (2, 0)


def test_a_campaign_without_a_first_day_is_refused(tmp_path: Path) -> None:
    described = {
        "campaign_id": [1],
        "start_date": pa.array([None], pa.date32()),
        "end_date": DAYS[:1],
    }
    with pytest.raises(SourceUnreadable, match=r"start_date .* 1 of 1"):
        read_campaigns(tables(tmp_path, campaign_descriptions=described))


def test_a_table_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"campaigns\.parquet: .* household_id"):
        read_campaigns(tables(tmp_path, campaigns={"campaign_id": NUMBER}))
