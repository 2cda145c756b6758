from __future__ import annotations

from pathlib import Path

import pytest

from edge.storage.disk_space import FreeSpace, disk

MIB = 2**20


@pytest.mark.parametrize(
    ("total", "free", "short"),
    [
        (100 * MIB, 6 * MIB, False),
        (100 * MIB, 4 * MIB, True),
        (500_000 * MIB, 65 * MIB, False),
        (500_000 * MIB, 63 * MIB, True),
    ],
)
def test_writing_stops_below_five_percent_or_64_mib(
    total: int, free: int, *, short: bool
) -> None:
    space = FreeSpace(Path(), measure=lambda _: (total, free))
    assert (space.shortage() is not None) is short


def test_a_shortage_says_how_much_is_missing() -> None:
    shortage = FreeSpace(Path(), measure=lambda _: (100 * MIB, MIB)).shortage()
    assert shortage is not None
    assert (shortage.free_bytes, shortage.floor_bytes) == (MIB, 5 * MIB)
    assert shortage.hint


def test_the_disk_is_asked_once_a_second() -> None:
    free = iter([0, 50 * MIB])
    seconds = iter([0.0, 0.0, 0.9, 1.0, 1.0])
    space = FreeSpace(
        Path(), measure=lambda _: (100 * MIB, next(free)), seconds=lambda: next(seconds)
    )
    assert [space.shortage() is None for _ in range(3)] == [False, False, True]


def test_a_real_disk_is_measured(tmp_path: Path) -> None:
    total, free = disk(tmp_path)
    assert total >= free > 0
