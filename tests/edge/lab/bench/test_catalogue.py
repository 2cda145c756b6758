from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.domain.ids import link_code
from edge.lab.bench.catalogue import BenchStock, fill, goods, loyalty, token_of
from edge.storage.catalogue import offers, products, trend
from edge.storage.connection import open_reader
from edge.storage.people import customers, identifier_links, profiles
from models.features.profile import Profile
from models.serving.registry import SHIPPED_BUNDLE
from models.statistics.trend import StoreTrend

KEY = bytes(range(32))
STOCK = BenchStock(products=120, customers=3)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("stock") / "storeside.db"
    fill(file, KEY, goods(STOCK.products, None), STOCK)
    return file


def test_a_card_leads_to_its_customer_who_allows_everything(database: Path) -> None:
    with closing(open_reader(database)) as conn:
        found = identifier_links.find(conn, link_code(KEY, "loyalty", loyalty(2)))
        assert found == token_of(2, KEY)
        customer = customers.find(conn, token_of(2, KEY))
    assert customer is not None
    assert len(customer.consents.entries) == 8


def test_every_customer_has_habits_and_the_store_a_trend(database: Path) -> None:
    with closing(open_reader(database)) as conn:
        body, moving = profiles.find(conn, token_of(0, KEY)), trend.find(conn)
    assert body is not None
    assert moving is not None
    assert Profile.from_bytes(body).trips == 40
    assert len(StoreTrend.from_bytes(moving).weights()[0]) > 60


def test_products_and_offers_are_on_the_shelves(database: Path) -> None:
    with closing(open_reader(database)) as conn:
        assert len(list(products.every(conn))) == STOCK.products
        assert len(list(offers.every(conn))) == 30


@pytest.mark.skipif(
    not (SHIPPED_BUNDLE / "manifest.json").is_file(), reason="no bundle is shipped"
)
def test_with_a_bundle_its_own_items_are_sold() -> None:
    sold = goods(50, SHIPPED_BUNDLE)
    assert len(set(sold.skus)) == 50
    assert min(sold.prices_cents) > 0
