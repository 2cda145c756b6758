"""The demo's people bring their real coupons of the past along."""

import json

import numpy as np
import pytest

from edge.lab.demo.seed import DemoSeed, build_seed
from edge.lab.demo.shoppers import DemoMarket, token_of
from edge.pipeline.central_changes import CustomerBody
from models.sources.parquet import read_columns, write_columns
from tests.edge.lab.demo.conftest import NOW, STORE_KEY
from tests.edge.lab.demo.tiny_year import write_year

_LINES = (
    "household_id store_id basket_id product_id quantity sales_value week transaction_timestamp"
)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> DemoSeed:
    """Household 101 uses a coupon in weeks 3, 40 and 50, and redeems an offer in week 3 and another in week 51."""
    year = write_year(tmp_path_factory.mktemp("year"))
    lines = read_columns(year / "transactions.parquet", _LINES.split())
    first = np.unique(lines["basket_id"], return_index=True)[1]
    used = np.isin(np.arange(len(lines["week"])), first) & np.isin(lines["week"], (3, 40, 50))
    lines["coupon_disc"] = np.where(used & (lines["household_id"] == 101), -0.5, 0.0)
    write_columns(year / "transactions.parquet", lines)
    write_columns(
        year / "campaigns.parquet",
        {"campaign_id": np.array([1, 2]), "household_id": np.array([101, 102])},
    )
    write_columns(
        year / "coupon_redemptions.parquet",
        {
            "household_id": np.array([101, 102, 101]),
            "coupon_upc": np.array([60_000, 50_000, 50_000]),
            "campaign_id": np.array([1, 2, 2]),
            "redemption_date": np.array(["2017-01-17", "2017-11-20", "2017-12-20"], "M8[s]"),
        },
    )
    market = DemoMarket(name="US", notice_id="notice-us-1")
    return build_seed(year, None, store_key=STORE_KEY, market=market, now=NOW)


def told(seed: DemoSeed, household: int) -> list[tuple[str, int]]:
    """Day and number of products of each coupon."""
    changes = [json.loads(line) for line in seed.changes()]
    bodies = [c["body"] for c in changes if c["stream"] == "customers"]
    found = next(b for b in bodies if b["token"] == token_of(household, STORE_KEY))
    rows = CustomerBody.model_validate(found).coupons
    return [(f"{row.at:%m-%d}", len(row.skus)) for row in rows]


def test_coupons_of_the_past_are_told_and_none_of_the_days_replayed(seed: DemoSeed) -> None:
    assert told(seed, 101) == [("01-17", 1), ("10-03", 0)]


def test_a_coupon_that_no_receipt_shows_was_used_all_the_same(seed: DemoSeed) -> None:
    ((day, products),) = told(seed, 102)
    assert day == "11-20"
    assert products > 1


def test_who_used_none_brings_none(seed: DemoSeed) -> None:
    assert told(seed, 103) == []
