"""No feature may come to mean something else under its old name: see ``tests.models.frozen``."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models.features.features import FEATURES, build, shared_features
from models.statistics.tables import read_tables
from tests.models import frozen

MEND = (
    "a feature means something else now: bundles in the field would be fed what they never learnt; "
    "give it another name, train anew, then: python -m tests.models.frozen"
)


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(frozen.FILE.read_text())
    return read


def test_the_features_are_those_written_down_in_their_order(written: dict[str, Any]) -> None:
    assert tuple(written["features"]) == FEATURES, MEND


def test_each_feature_means_what_was_written_down(written: dict[str, Any]) -> None:
    found = frozen.features()
    assert found.keys() == written["views"].keys()
    for view, rows in written["views"].items():
        for key, row in rows.items():
            for name in FEATURES:
                now = found[view][key].get(name, 0.0)
                was = row.get(name, 0.0)
                assert now == pytest.approx(was, rel=1e-4, abs=1e-6), f"{name}: {MEND}"


def test_every_feature_is_seen_at_work(written: dict[str, Any]) -> None:
    rows = [row for view in written["views"].values() for row in view.values()]
    idle = [name for name in FEATURES if len({row.get(name, 0.0) for row in rows}) == 1]
    times = {"is_midday", "is_afternoon", "is_night"}
    assert set(idle) <= times


def test_tables_read_from_bytes_give_the_same_features() -> None:
    chain = frozen.tables()
    read = read_tables(chain.to_bytes())
    for view in frozen.views().values():
        fresh = replace(view, promoted=view.promoted and replace(view.promoted, memo={}))
        one, other = (
            build(fresh, frozen.ASKED, some, shared_features(fresh, some, owner))
            for owner, some in (("one", chain), ("other", read))
        )
        np.testing.assert_allclose(one, other, rtol=2e-3, atol=1e-3)
