from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.lab.demo.seed import DemoSeed, build_seed
from edge.lab.demo.shoppers import DemoMarket
from tests.edge.lab.demo.tiny_year import write_year

STORE_KEY = b"k" * 32
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_year(tmp_path_factory.mktemp("year"))


@pytest.fixture(scope="session")
def seed(year: Path) -> DemoSeed:
    market = DemoMarket(name="US", notice_id="notice-us-1")
    return build_seed(year, None, store_key=STORE_KEY, market=market, now=NOW)
