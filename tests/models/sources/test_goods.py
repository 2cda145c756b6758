"""Products that are goods, each once, under the source's own ids."""

from pathlib import Path

import numpy as np
import pytest

from models.errors import SourceUnreadable
from models.items import item_key
from models.sources.goods import ProductTable, read_goods
from tests.models.stall import PRODUCTS, Columns, products, repeated, write


def goods(folder: Path, columns: Columns) -> ProductTable:
    return read_goods(write(folder / PRODUCTS, columns))


def test_goods_come_by_key_with_their_words(tmp_path: Path) -> None:
    found = goods(tmp_path, repeated(products(), [2, 0, 1]))
    assert found.items.keys.tolist() == [100, 101, 102]
    assert found.brand.tolist() == ["National", "Private", "National"]
    assert found.size.tolist() == ["16 OZ", "", ""]
    types = found.items.type_names[found.items.type]
    assert types.tolist() == ["WHITE BREAD", "WHOLE MILK", "APPLES"]


def test_of_several_rows_with_one_product_the_first_counts(tmp_path: Path) -> None:
    twice = products(product_id=np.array([100, 101, 100]))
    found = goods(tmp_path, twice)
    assert found.items.keys.tolist() == [100, 101]
    assert found.repeated == 1
    assert found.items.type_names.tolist() == ["WHITE BREAD", "WHOLE MILK"]


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_product_without_a_type_is_untyped(tmp_path: Path, blank: str | None) -> None:
    found = goods(tmp_path, products(product_type=["WHITE BREAD", blank, "APPLES"]))
    assert found.items.keys.tolist() == [100, 102]
    assert (found.untyped.tolist(), found.others.tolist()) == ([101], [])


@pytest.mark.parametrize("word", ["FUEL", "Fuel", "MISCELLANEOUS", "COUPON", " coupon "])
@pytest.mark.parametrize("column", ["department", "product_category"])
def test_fuel_coupons_and_the_catch_all_are_no_goods(
    tmp_path: Path, column: str, word: str
) -> None:
    found = goods(
        tmp_path, products(**{column: ["A", word, "B"], "product_type": ["X", None, "Y"]})
    )
    assert (found.untyped.tolist(), found.others.tolist()) == ([], [101])


def test_ids_of_text_are_kept_as_they_are_spelled(tmp_path: Path) -> None:
    found = goods(tmp_path, products(product_id=["0007", "B-1", "12"]))
    spelled = dict(zip(found.items.keys.tolist(), found.product_ids.tolist(), strict=True))
    assert spelled == {7: "0007", item_key("B-1"): "B-1", 12: "12"}


def test_groups_may_be_numbers(tmp_path: Path) -> None:
    found = goods(tmp_path, products(department=[4, 4, 9], product_category=[1, 2, 3]))
    assert found.items.department_names.tolist() == ["4", "9"]


def test_a_word_column_of_another_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="brand holds double"):
        goods(tmp_path, products(brand=[0.5, 1.5, 2.5]))


def test_products_without_their_id_are_no_products(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="no column product_id"):
        goods(tmp_path, products(product_id=None))


def test_a_row_without_an_id_is_left_out_and_counted(tmp_path: Path) -> None:
    found = goods(tmp_path, products(product_id=[100, None, 102]))
    assert (found.items.keys.tolist(), found.nameless) == ([100, 102], 1)


def test_products_may_tell_nothing_but_their_ids(tmp_path: Path) -> None:
    found = goods(tmp_path, {"product_id": [7, 5]})
    assert found.items.keys.tolist() == [5, 7]
    assert found.items.type_names.tolist() == [""]
    assert (found.untyped.tolist(), found.brand.tolist()) == ([], ["", ""])


@pytest.mark.parametrize("types", [[None, None, None], [None, " ", "APPLES"]])
def test_where_few_products_have_a_type_the_others_share_one(
    tmp_path: Path, types: list[str | None]
) -> None:
    found = goods(tmp_path, products(product_type=types))
    assert found.items.keys.tolist() == [100, 101, 102]


def test_products_without_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"products\.parquet: .* no rows"):
        goods(tmp_path, repeated(products(), []))


def test_more_groups_than_can_be_numbered_are_refused(tmp_path: Path) -> None:
    count = 33_000
    many = {name: [None] * count for name in ("brand", "package_size")}
    names = [f"GROUP {number}" for number in range(count)]
    columns = {"product_id": np.arange(count), "department": names, "product_category": names}
    with pytest.raises(SourceUnreadable, match="department holds 33,000"):
        goods(tmp_path, {**columns, "product_type": names, **many})
