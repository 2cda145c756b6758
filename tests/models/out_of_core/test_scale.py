"""The proof at chain size is itself tried, at its smallest: the public data once over."""

from pathlib import Path

import pytest

from models.out_of_core.duck import DuckLimits
from tests.chain_scale import measure

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_one_copy_goes_through_in_bounded_memory_and_leaves_nothing(tmp_path: Path) -> None:
    found = measure(1, DuckLimits(memory_mb=1024, threads=1), tmp_path)
    assert found["rows"] > 1_200_000
    assert found["households"] == 2450
    assert found["items"] > 11_000
    assert set(found["seconds"]) == {"clean", "count", "tables", "profiles"}
    assert 0 < found["peak_rss_mib"] < 8192
    assert list(tmp_path.iterdir()) == []
