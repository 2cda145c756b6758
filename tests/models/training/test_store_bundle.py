"""A store's own bundle: a foreign network over the store's own counts."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.bundle.manifest import GRAPH
from models.bundle.signature import OWN_WORK
from models.errors import BundleRefused, TooLittleData
from models.features.request import ModelRequest, no_items
from models.moment import Moment
from models.serving.open_bundle import open_bundle
from models.sources.own_sales import OwnGoods, OwnJourney, OwnLines, journey_of
from models.statistics.trend import StoreTrend
from models.training.store_bundle import store_bundle
from tests.models.keys import TRUST

_DAY_S = 86_400
FIRST_DAY = 20_422
DAYS = 20
SKUS = 40
# Bought by every third customer, and always together.
PAIR = (1003, 1004)


def corner_shop(*, anonymous: bool = False) -> OwnJourney:
    """Invented goods, some thirty people with habits, three weeks."""
    draw = np.random.default_rng(5)
    rows: list[tuple[int, int, int, int]] = []
    for day in range(DAYS):
        for person in range(30):
            if (person + day) % 3:
                continue
            basket = len(rows) + 1
            bought = {1000 + int(n) for n in draw.integers(0, SKUS, 3)} | {1000 + person % SKUS}
            bought |= set(PAIR) if person % 3 == 0 else set()
            second = (FIRST_DAY + day) * _DAY_S + 3600 * (8 + person % 12)
            whose = -basket if anonymous else person
            rows += [(whose, basket, second, key) for key in sorted(bought)]
    household, baskets, seconds, key = (np.array(c, np.int64) for c in zip(*rows, strict=True))
    keys = list(range(1000, 1000 + SKUS + 5))
    return journey_of(
        OwnLines(
            household=household,
            basket=baskets,
            second=seconds,
            key=key,
            pieces=np.ones(len(key), np.int64),
            cents=np.full(len(key), 199, np.int64),
        ),
        OwnGoods(
            key=keys,
            kind=[f"KIND {k % 9}" for k in keys],
            category=[f"CATEGORY {k % 4}" for k in keys],
            department=["ALL"] * len(keys),
            cents=[250] * len(keys),
        ),
    )


def made(journey: OwnJourney, starter: Path, out: Path) -> Path:
    store_bundle(journey, starter, out, journey.last_day, name="corner", seed=1, trust=TRUST)
    return out


def test_it_ranks_what_is_sold_here_with_the_network_of_the_starter(
    bundle_dir: Path, tmp_path: Path
) -> None:
    journey = corner_shop()
    opened = open_bundle(made(journey, bundle_dir, tmp_path / "own"), OWN_WORK)
    assert (tmp_path / "own" / GRAPH).read_bytes() == (bundle_dir / GRAPH).read_bytes()
    # What is listed and was never sold is known, too.
    np.testing.assert_array_equal(opened.items.keys, np.arange(1000, 1000 + SKUS + 5))
    basket = np.array([PAIR[0]], np.int64)
    view = ModelRequest(
        profile=None,
        trend=StoreTrend(),
        moment=Moment(day=FIRST_DAY + DAYS, hour=10),
        basket=basket,
    )
    assert PAIR[1] in opened.shortlist(view, 30, no_items()).keys.tolist()
    row = int(opened.items.positions(basket)[0])
    assert int(opened.items.keys[opened.tables.kin[row, 0]]) == PAIR[1]


def test_the_same_sales_give_the_same_bytes(bundle_dir: Path, tmp_path: Path) -> None:
    one, other = (made(corner_shop(), bundle_dir, tmp_path / name) for name in ("a", "b"))
    assert all(f.read_bytes() == (other / f.name).read_bytes() for f in one.iterdir())


def test_sales_without_a_card_alone_make_a_bundle(bundle_dir: Path, tmp_path: Path) -> None:
    journey = corner_shop(anonymous=True)
    opened = open_bundle(made(journey, bundle_dir, tmp_path / "own"), OWN_WORK)
    assert not (opened.tables.lists >= 0).any()
    assert (opened.tables.kin >= 0).any()


def test_a_starter_of_an_unknown_hand_is_refused(bundle_dir: Path, tmp_path: Path) -> None:
    journey = corner_shop()
    with pytest.raises(BundleRefused):
        store_bundle(
            journey, bundle_dir, tmp_path / "own", journey.last_day, name="corner", seed=1
        )


def test_days_before_the_first_sale_make_no_bundle(bundle_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(TooLittleData):
        store_bundle(
            corner_shop(),
            bundle_dir,
            tmp_path / "own",
            FIRST_DAY - 1,
            name="x",
            seed=1,
            trust=TRUST,
        )


def test_store_hardware_needs_no_library_of_training() -> None:
    """The night runs with what a store installs: pyarrow, scipy and the like are not loaded."""
    script = (
        "import sys\n"
        "for name in ('scipy', 'pyarrow', 'duckdb', 'sklearn'): sys.modules[name] = None\n"
        "from tests.models.training.test_store_bundle import corner_shop\n"
        "from models.statistics.tabulate import LOCAL_PLAN, tabulate\n"
        "import models.training.store_bundle\n"
        "journey = corner_shop()\n"
        "print(len(tabulate(journey, journey.last_day, LOCAL_PLAN, 1)))\n"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and words
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert int(done.stdout) == SKUS
