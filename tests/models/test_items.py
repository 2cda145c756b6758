"""Keys of products, and where they stand in a vocabulary."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.items import Items, item_key, positions_in
from models.statistics.tables import Tables


def test_a_number_is_its_own_key_and_leading_zeros_do_not_count() -> None:
    assert item_key("1082185") == 1_082_185
    assert item_key("00012345600012") == item_key("12345600012")


def test_anything_else_is_hashed_apart_from_every_number() -> None:
    for sku in ("banana", "12-34", "1" * 19, "٣", ""):
        assert item_key(sku) >= 1 << 62


@given(st.text(max_size=40))
def test_a_key_is_stable_and_fits_a_signed_64_bit_integer(sku: str) -> None:
    assert item_key(sku) == item_key(sku)
    assert 0 <= item_key(sku) < 1 << 63


@given(st.sets(st.integers(0, 1 << 62), max_size=30), st.lists(st.integers(0, 1 << 62)))
def test_positions_lead_back_to_the_keys(known: set[int], asked: list[int]) -> None:
    keys = np.array(sorted(known), np.int64)
    found = positions_in(keys, np.array(asked, np.int64))
    for key, at in zip(asked, found.tolist(), strict=True):
        assert (keys[at] == key) if at >= 0 else (key not in known)


def test_a_choice_of_items_keeps_its_columns_together(tables: Tables) -> None:
    items: Items = tables.items.only(np.array([1, 4]))
    assert len(items) == 2
    assert items.type.tolist() == tables.items.type[[1, 4]].tolist()
    assert items.type_names is tables.items.type_names


def test_a_text_of_half_a_character_has_a_key_too() -> None:
    assert item_key("\ud800") == item_key("\ud800") >= 1 << 62
