from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edge.lab.demo.leaflets import DemoPromotions, read_demo_promotions
from edge.lab.demo.seed import DemoSeed, build_seed
from edge.lab.demo.shop import DemoShop, open_shop
from edge.pipeline.central_changes import CustomerBody
from edge.storage.catalogue.promotions import PromotionRow
from models.errors import SourceUnreadable
from models.sources.journey import read_journey
from models.sources.parquet import Column, write_columns
from tests.edge.lab.demo.conftest import NOW, STORE_KEY

WEEKS = range(1, 54)
Row = tuple[int, int, int, str | None, str]


def told(rows: list[Row]) -> dict[str, Column]:
    columns = np.array(rows, dtype=object).T
    names = ("product_id", "store_id", "week", "display_location", "mailer_location")
    table = {name: columns[n] for n, name in enumerate(names)}
    return {
        name: c.astype(np.int64) if n < 3 else c for n, (name, c) in enumerate(table.items())
    }


@pytest.fixture
def source(year: Path, tmp_path: Path) -> Path:
    """Product 1004 is on display all year in the busy store, in the other one now and then."""
    for file in year.iterdir():
        (tmp_path / file.name).symlink_to(file)
    rows: list[Row] = [(1004, 7, week, "7", "0") for week in WEEKS]
    rows += [(1005, 7, 50, "0", "A"), (1005, 7, 51, None, "A"), (9999, 7, 50, "1", "A")]
    rows += [(1004, 8, week, "0", "H") for week in (2, 50)]
    write_columns(tmp_path / "promotions.parquet", told(rows))
    return tmp_path


@pytest.fixture
def shop(source: Path) -> DemoShop:
    return open_shop(read_journey(source), "7")


@pytest.fixture
def leaflets(source: Path, shop: DemoShop) -> DemoPromotions:
    return read_demo_promotions(source, shop)


def test_weeks_that_say_the_same_are_one_promotion(leaflets: DemoPromotions) -> None:
    rows = {id_: row for id_, row in leaflets.rows.items() if row["sku"] == "1004"}
    assert list(rows) == ["1004.2017-11-27"]
    assert rows["1004.2017-11-27"] == {
        "sku": "1004",
        "display": "7",
        "mailer": "0",
        "from": "2017-11-27",
        "until": "2018-01-07",
    }
    assert sum(row["sku"] == "1005" for row in leaflets.rows.values()) == 2


def test_every_row_is_what_the_store_can_read(leaflets: DemoPromotions) -> None:
    for row in leaflets.rows.values():
        PromotionRow.model_validate(row)


def test_a_purchase_was_promoted_if_its_store_did_it_that_week(
    leaflets: DemoPromotions, shop: DemoShop
) -> None:
    trips, keys = shop.journey.trips, shop.journey.items.keys
    flagged = np.flatnonzero(leaflets.bought)
    trip = np.searchsorted(trips.bounds, flagged, side="right") - 1
    assert set(keys[trips.items[flagged]].tolist()) == {1004}
    assert set(trips.store[trip].tolist()) == {7}
    assert (trips.week[trip].min(), trips.week[trip].max()) == (48 - 31, 48)


def test_the_flags_agree_with_the_whole_file(leaflets: DemoPromotions, shop: DemoShop) -> None:
    assert not np.any(leaflets.bought & ~shop.journey.promoted)


def test_without_the_table_nothing_is_told(year: Path) -> None:
    bare = read_demo_promotions(year, open_shop(read_journey(year), "7"))
    assert bare.rows == {}
    assert not bare.bought.any()


def test_of_all_stores_in_one_nothing_is_told(source: Path) -> None:
    assert read_demo_promotions(source, open_shop(read_journey(source), "all")).rows == {}


def test_a_table_of_other_columns_tells_nothing_and_a_broken_one_is_named(
    source: Path, shop: DemoShop
) -> None:
    write_columns(source / "promotions.parquet", {"week": np.arange(3)})
    assert read_demo_promotions(source, shop).rows == {}
    (source / "promotions.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceUnreadable, match="promotions"):
        read_demo_promotions(source, shop)


def test_the_centre_sends_them_and_habits_with_store_and_promotion(
    source: Path, seed: DemoSeed
) -> None:
    full = build_seed(source, "7", store_key=STORE_KEY, market=seed.market, now=NOW)
    sent = [json.loads(line) for line in full.changes()]
    promoted = [c["body"] for c in sent if c["stream"] == "promotions"]
    assert {body["sku"] for body in promoted} == {"1004", "1005"}
    people = [
        CustomerBody.model_validate(c["body"]) for c in sent if c["stream"] == "customers"
    ]
    trips = [trip for person in people for trip in person.trips]
    assert {trip.store for trip in trips} == {"store-7"}
    assert {sku for trip in trips for sku in trip.promoted} == {"1004"}
