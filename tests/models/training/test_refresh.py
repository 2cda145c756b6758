"""Newer counts for a bundle that has learnt."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from models.bundle.manifest import GRAPH, TABLES
from models.bundle.signature import OWN_WORK
from models.errors import BundleRefused
from models.serving.open_bundle import open_bundle
from models.training.refresh import refresh
from tests.models.town import UNTIL

LATER = UNTIL + timedelta(days=14)


@pytest.fixture
def newer(town: Path, bundle_dir: Path, tmp_path: Path) -> Path:
    refresh(town, bundle_dir, tmp_path / "newer", LATER, lambda _stage, _part: None)
    return tmp_path / "newer"


def test_network_and_vocabulary_stay_and_the_counts_move_on(
    newer: Path, bundle_dir: Path
) -> None:
    before, after = (open_bundle(path, OWN_WORK) for path in (bundle_dir, newer))
    assert (newer / GRAPH).read_bytes() == (bundle_dir / GRAPH).read_bytes()
    assert (newer / TABLES).read_bytes() != (bundle_dir / TABLES).read_bytes()
    np.testing.assert_array_equal(before.items.keys, after.items.keys)
    assert after.manifest.trained_until == LATER
    assert after.manifest.metrics == before.manifest.metrics


def test_refreshing_twice_gives_the_same_bytes(
    newer: Path, town: Path, bundle_dir: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    refresh(town, bundle_dir, again, LATER, lambda _stage, _part: None)
    for file in newer.iterdir():
        assert file.read_bytes() == (again / file.name).read_bytes()


def test_a_folder_that_is_no_bundle_is_not_refreshed(town: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleRefused):
        refresh(town, tmp_path, tmp_path / "out", LATER, lambda _stage, _part: None)
