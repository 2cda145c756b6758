"""A source's promotions, read and looked up."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SourceUnreadable
from models.items import item_key
from models.sources.promotion_calendar import PromotionCalendar, no_promotions, read_promotions
from tests.models.town import FIRST_DAY, UNTOLD_WEEK, week_of

ITEMS = np.array([10, 20, 30], np.int64)
NAMES = ("product_id", "store_id", "week", "display_location", "mailer_location")
Row = tuple[Any, ...]
PLAIN: list[Row] = [
    (20, 7, 3, "2", "0"),
    (10, 7, 3, "0", "A"),
    (30, 8, 3, "5", "D"),
    (10, 8, 4, "2", "A"),
]


def written(folder: Path, rows: list[Row]) -> PromotionCalendar:
    columns = {name: [row[at] for row in rows] for at, name in enumerate(NAMES)}
    pq.write_table(pa.table(columns), folder / "promotions.parquet")
    return read_promotions(folder, ITEMS)


def told(leaflets: PromotionCalendar, store: int, week: int) -> list[Row] | None:
    found = leaflets.on(store, week)
    if found is None:
        return None
    return list(zip(*(part.tolist() for part in (found.keys, found.display, found.mailer))))  # noqa: B905  # of one length


def test_each_store_s_week_has_its_own(tmp_path: Path) -> None:
    leaflets = written(tmp_path, PLAIN)
    assert told(leaflets, 7, 3) == [(10, "0", "A"), (20, "2", "0")]
    assert told(leaflets, 8, 3) == [(30, "5", "D")]
    assert told(leaflets, 8, 4) == [(10, "2", "A")]
    assert len(leaflets) == 4


def test_stores_and_weeks_of_which_nobody_told_are_unknown(tmp_path: Path) -> None:
    leaflets = written(tmp_path, PLAIN)
    for store, week in ((9, 3), (7, 4), (8, 2), (8, 5), (0, 0), (7, -3)):
        assert leaflets.on(store, week) is None


def test_a_week_told_of_other_items_alone_is_known_to_promote_none_of_these(
    tmp_path: Path,
) -> None:
    leaflets = written(tmp_path, [*PLAIN, (999, 7, 4, "2", "A"), (10, 7, 5, "0", "0")])
    assert told(leaflets, 7, 4) == told(leaflets, 7, 5) == []


def test_asked_again_the_same_object_answers(tmp_path: Path) -> None:
    leaflets = written(tmp_path, PLAIN)
    assert leaflets.on(7, 3) is leaflets.on(7, 3)


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    one = written(tmp_path, PLAIN)
    for rows in (PLAIN[::-1], PLAIN[2:] + PLAIN[:2]):
        other = written(tmp_path, rows)
        for name in ("stores", "cells", "bounds", "item", "display", "mailer"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
        assert other.display_words.tolist() == one.display_words.tolist() == ["0", "2", "5"]


def test_of_rows_that_differ_the_first_by_its_words_counts(tmp_path: Path) -> None:
    rows: list[Row] = [(10, 7, 3, "5", "0"), (10, 7, 3, "2", "D"), (10, 7, 3, "2", "A")]
    for order in (rows, rows[::-1], rows[1:] + rows[:1]):
        leaflets = written(tmp_path, order)
        assert told(leaflets, 7, 3) == [(10, "2", "A")]
        assert len(leaflets) == 1


@pytest.mark.parametrize("nowhere", ["0", "", "  ", " 0 ", None])
def test_nowhere_is_spelled_in_many_ways(tmp_path: Path, nowhere: str | None) -> None:
    leaflets = written(tmp_path, [(10, 7, 3, nowhere, " A "), (20, 7, 3, nowhere, nowhere)])
    assert told(leaflets, 7, 3) == [(10, "0", "A")]
    assert leaflets.display_words.tolist() == ["0"]


def test_ids_of_text_and_places_of_numbers_are_read_too(tmp_path: Path) -> None:
    shop = item_key("shop-east")
    leaflets = written(tmp_path, [("0010", "shop-east", 3, 2, 0), ("20", "shop-east", 3, 0, 1)])
    assert told(leaflets, shop, 3) == [(10, "2", "0"), (20, "0", "1")]


def test_a_source_without_the_table_and_one_with_an_empty_table_tell_nothing(
    tmp_path: Path,
) -> None:
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.string())
    missing = read_promotions(tmp_path, ITEMS)
    empty = {name: pa.array([], kind) for name, kind in zip(NAMES, kinds, strict=True)}
    pq.write_table(pa.table(empty), tmp_path / "promotions.parquet")
    for leaflets in (missing, read_promotions(tmp_path, ITEMS), no_promotions(ITEMS)):
        assert len(leaflets) == 0
        assert leaflets.on(7, 3) is None
        codes = leaflets.codes(np.array([-1, 0]), np.array([0, 1]))
        assert [part.tolist() for part in codes] == [[0, 0], [0, 0]]


def test_a_table_that_promotes_nothing_of_ours_is_known_and_empty(tmp_path: Path) -> None:
    leaflets = written(tmp_path, [(999, 7, 3, "2", "A")])
    assert len(leaflets) == 0
    assert told(leaflets, 7, 3) == []
    codes = leaflets.codes(np.array([0, -1]), np.array([2, 2]))
    assert [part.tolist() for part in codes] == [[0, 0], [0, 0]]


def test_more_places_than_a_byte_can_number_are_refused(tmp_path: Path) -> None:
    many = [(10, 7, week, f"aisle {week}", "0") for week in range(254)]
    assert len(written(tmp_path, many)) == 254
    with pytest.raises(SourceUnreadable, match=r"255 .* 254"):
        written(tmp_path, [*many, (10, 7, 254, "aisle 254", "0")])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((10, 7, 3, 1.5, "0"), "display_location holds double"),
        ((None, 7, 3, "2", "0"), "product_id is empty"),
        ((10, -7, 3, "2", "0"), "store_id is below zero"),
        ((10, 7, -1, "2", "0"), "week is not a week number"),
    ],
)
def test_what_is_no_promotion_is_refused_by_name(tmp_path: Path, row: Row, said: str) -> None:
    with pytest.raises(SourceUnreadable, match=said):
        written(tmp_path, [row])


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"product_id": [1]}), tmp_path / "promotions.parquet")
    with pytest.raises(SourceUnreadable, match="column store_id, week"):
        read_promotions(tmp_path, ITEMS)


WORD = st.sampled_from(["0", "2", "5", ""])
ROWS = st.lists(
    st.tuples(st.sampled_from([10, 20, 30, 40]), st.integers(5, 7), st.integers(1, 4), WORD, WORD),
    min_size=1,
    max_size=40,
)  # fmt: skip


@given(ROWS)
def test_codes_are_those_of_a_walk_through_the_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    leaflets = written(tmp_path_factory.mktemp("rows"), rows)
    for store, week in {(store, week) for _, store, week, _, _ in rows} | {(4, 1), (5, 9)}:
        cell = leaflets.cell(np.full(3, store), np.full(3, week))
        assert (cell[0] >= 0) == any(row[1:3] == (store, week) for row in rows)
        display, mailer = leaflets.codes(cell, np.arange(3))
        for at, key in enumerate(ITEMS.tolist()):
            words = leaflets.display_words[display[at]], leaflets.mailer_words[mailer[at]]
            assert words == walked(rows, key, store, week)


def walked(rows: list[Row], key: int, store: int, week: int) -> tuple[str, str]:
    places = [
        (str(row[3] or "0"), str(row[4] or "0"))
        for row in rows
        if row[:3] == (key, store, week)
    ]
    return min((place for place in places if place != ("0", "0")), default=("0", "0"))


def test_the_town_tells_of_every_whole_week_but_one(town: Path) -> None:
    leaflets = read_promotions(town, np.arange(100, 148))
    assert leaflets.on(1, week_of(FIRST_DAY)) is None
    assert leaflets.on(2, UNTOLD_WEEK) is None
    assert leaflets.on(1, UNTOLD_WEEK) is not None
    assert leaflets.display_words.tolist() == ["0", "2", "5"]
