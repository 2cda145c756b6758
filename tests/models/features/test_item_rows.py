"""The table of one shopper's items, checked against a dictionary and lists of trips."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.features.item_rows import ItemRows
from models.features.profile_bytes import COLUMNS

WIDTHS = {"mask": 64, "promoted": 32}
# Add or drop a key; 40 keys make the table grow past its first rows.
STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=120)
TRIPS = st.lists(st.tuples(st.booleans(), st.integers(0, 63)), max_size=80)


def filled(masks: list[int]) -> ItemRows:
    rows = ItemRows()
    for key, mask in enumerate(masks):
        row = rows.add(key, 17_000)
        rows["mask"][row] = mask
        rows["promoted"][row] = mask & 0xFFFF_FFFF
    return rows


def bits(rows: ItemRows, name: str, row: int) -> list[bool]:
    mask = int(rows[name][row])
    return [bool(mask >> slot & 1) for slot in range(WIDTHS[name])]


@given(STEPS)
def test_rows_are_found_by_key_whatever_was_added_and_dropped(
    steps: list[tuple[bool, int]],
) -> None:
    rows, known = ItemRows(), dict[int, int]()
    for number, (adds, key) in enumerate(steps):
        row = rows.find(key)
        assert (row is not None) == (key in known)
        if adds and row is None:
            rows.add(key, 17_000 + number)
            known[key] = 17_000 + number
        elif not adds and row is not None:
            rows.drop(row)
            del known[key]
    assert rows.size == len(known)
    assert dict(zip(rows["key"].tolist(), rows["first"].tolist(), strict=True)) == known
    for key, day in known.items():
        row = rows.find(key)
        assert row is not None
        assert (rows["key"][row], rows["last"][row]) == (key, day)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=3), TRIPS)
def test_opening_and_closing_trips_moves_bits_as_in_a_list(
    masks: list[int], trips: list[tuple[bool, int]]
) -> None:
    rows = filled(masks)
    for name, width in WIDTHS.items():
        slow = [bits(rows, name, row) for row in range(len(masks))]
        fresh = filled(masks)
        for opens, slot in trips:
            for held in slow:
                if opens:
                    held.insert(slot, False)
                elif slot < width:
                    del held[slot]
                held[:] = [*held, False][:width]
            (fresh.open_trip if opens else fresh.close_trip)(slot)
        assert [bits(fresh, name, row) for row in range(len(masks))] == slow


def test_a_row_used_again_holds_nothing_of_its_last_item() -> None:
    rows = filled([2**64 - 1])
    rows["trips"][0] = 9
    rows.drop(0)
    row = rows.add(5, 17_003)
    assert [int(rows[name][row]) for name, _ in COLUMNS] == [5, 0, 0, 0, 17_003, 17_003]


def test_the_table_lives_apart_from_what_it_was_made_of() -> None:
    rows = filled([3, 5])
    twin = ItemRows(rows.columns)
    twin["mask"][0] = 8
    twin.drop(1)
    assert rows["mask"].tolist() == [3, 5]
    assert (twin.size, rows.size) == (1, 2)
    assert [twin[name].dtype for name, _ in COLUMNS] == [np.dtype(kind) for _, kind in COLUMNS]
