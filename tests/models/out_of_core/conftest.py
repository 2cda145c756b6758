"""The made-up town through the chain's stage, once a session."""

from pathlib import Path

import numpy as np
import pytest

from models.out_of_core.cleaning import CleanPlan
from models.out_of_core.duck import DuckLimits
from models.out_of_core.stage import Stage, prepare
from models.sources.journey import LOCAL_OFFSET_S, Journey
from models.sources.parquet import write_columns
from tests.models.town import without_cards

LIMITS = DuckLimits(memory_mb=256, threads=1)


def quiet(_step: str, _done: float) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="session")
def stage(town: Path, journey: Journey, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    out = tmp_path_factory.mktemp("chain") / "stage"
    plan = CleanPlan(last_day=journey.last_day, offset_s=LOCAL_OFFSET_S, shards=3)
    return prepare(town, out, plan, LIMITS, quiet)


@pytest.fixture(scope="session")
def advertised(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town with promotions: each store, each week, a third of the items somewhere."""
    source = tmp_path_factory.mktemp("advertised").resolve()
    # A row in eight without a card, so that the stage is tried with and without them.
    without_cards(town, source, 0.125)
    (source / "promotions.parquet").unlink()
    write_columns(source / "coupons.parquet", {"campaign_id": np.array([1])})
    store, week, item = (part.ravel() for part in np.mgrid[1:3, 1:26, 100:148])
    words = np.array(["0", "FRONT", "", " 0 "], object)
    chosen = (store + week + item) % 3 == 0
    write_columns(
        source / "promotions.parquet",
        {
            "product_id": item[chosen],
            "store_id": store[chosen],
            "week": week[chosen],
            "display_location": words[(item % 4)[chosen]],
            "mailer_location": words[(week % 4)[chosen]],
        },
    )
    return source
