"""Counters as bytes."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.features.profile import (
    ITEMS_REMEMBERED,
    TRIPS_REMEMBERED,
    Profile,
    ProfileUnreadable,
)
from models.features.profile_bytes import COLUMNS, ProfileCounts, Visits, pack, unpack

KINDS: dict[str, Any] = dict(COLUMNS)
WHOLE = {name: 1 << (8 * kind.itemsize - (kind.kind == "i")) for name, kind in KINDS.items()}
ROW = st.tuples(*(st.integers(0, WHOLE[name] - 1) for name, _ in COLUMNS))
ITEMS = st.lists(ROW, max_size=8, unique_by=lambda row: row[0])
VISITS = st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 2**32 - 1)), max_size=64)


def counts_of(rows: list[tuple[int, ...]], visits: list[tuple[int, int]]) -> ProfileCounts:
    return ProfileCounts(
        columns={
            name: np.array([row[at] for row in rows], kind)
            for at, (name, kind) in enumerate(KINDS.items())
        },
        visits=Visits(days=[day for day, _ in visits], places=[place for _, place in visits]),
        trips=len(visits) + 5,
        lines=70_000,
        first_day=12_345,
    )


@given(ITEMS, VISITS)
def test_what_is_packed_is_read_back_to_the_bit(
    rows: list[tuple[int, ...]], visits: list[tuple[int, int]]
) -> None:
    read = unpack(pack(counts_of(rows, visits)))
    found = zip(*(read.columns[name].tolist() for name, _ in COLUMNS), strict=True)
    assert list(found) == sorted(rows)
    assert list(zip(read.visits.days, read.visits.places, strict=True)) == visits
    assert (read.trips, read.lines, read.first_day) == (len(visits) + 5, 70_000, 12_345)


@given(ITEMS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_show(rows: list[tuple[int, ...]], chance: object) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis' Random
    assert pack(counts_of(mixed, [])) == pack(counts_of(rows, []))


def test_a_full_profile_fits_into_twenty_kilobytes() -> None:
    rows = [(key, *(WHOLE[name] - 1 for name, _ in COLUMNS[1:])) for key in range(740)]
    assert len(rows) == ITEMS_REMEMBERED
    visits = [(65_535, 2**32 - 1)] * TRIPS_REMEMBERED
    assert len(pack(counts_of(rows, visits))) < 20_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSP2",
        b"x" * 40,
        Profile.empty().to_bytes() + b"1",
        b"SSP1" + Profile.empty().to_bytes()[4:],
    ],
)
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ProfileUnreadable):
        Profile.from_bytes(data)


def test_bytes_cut_short_anywhere_are_refused() -> None:
    profile = Profile.empty()
    profile.record(7, 17_000, place=3, promoted=True)
    data = profile.to_bytes()
    for end in range(len(data)):
        with pytest.raises(ProfileUnreadable):
            unpack(data[:end])


def test_what_was_read_may_be_counted_on() -> None:
    profile = Profile.empty()
    profile.record(7, 17_000, place=3)
    read = Profile.from_bytes(profile.to_bytes())
    for one in (profile, read):
        one.record(7, 17_001, place=4, promoted=True)
        one.record(9, 17_000)
    assert read == profile
