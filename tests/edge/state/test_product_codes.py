from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import pytest
from biip.checksums import gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.ids import ItemKey, Sku
from edge.domain.product_code import CodeRules, ReadCode, layouts_of
from edge.domain.trade_unit import TradeUnit
from edge.state.catalogue import CurrentCatalogue
from edge.state.product_codes import ProductCodes
from models.items import item_key
from tests.edge.builders import catalogue, product

LAYOUTS = ("20AAAAAPPPPPC", "21AAAAAVWWWWC")


def checked(digits: str) -> str:
    return f"{digits}{gs1_standard_check_digit(digits)}"


def codes(sold: Iterable[str], *layouts: str) -> ProductCodes:
    known = {ItemKey(item_key(sku)): Sku(sku) for sku in sold}
    return ProductCodes(known.get, CodeRules(layouts=layouts_of(layouts)))


def valid_gtin_8() -> list[str]:
    """Every number of five to eight digits below 200,000, and some of each length, that is a valid GTIN-8."""
    numbers = [*range(10_000, 100_000), *range(100_000, 99_999_999, 9_973)]
    return [str(n) for n in numbers if checked(f"{n // 10:07}") == f"{n:08}"]


def test_every_catalogue_id_that_looks_like_a_gtin_8_stays_what_it_is() -> None:
    ids = valid_gtin_8()
    assert len(ids) > 10_000
    here = codes(ids, *LAYOUTS)
    assert [sku for sku in ids if here.read(sku) != ReadCode(sku=Sku(sku))] == []
    # And so in every width in which a till may write it.
    assert all(here.sku(sku.zfill(14)) == here.sku(sku.zfill(8)) == sku for sku in ids)


texts = st.text(st.characters(), min_size=1, max_size=60)
written = st.sampled_from(
    [
        "2012345003991",
        "(01)04006381333931",
        "0104006381333931",
        "]C10104006381333931",
        "https://id.gs1.org/01/04006381333931",
        "425261",
        "04252614",
    ]
)


@given(texts | written | st.integers(0, 10**15).map(str), st.lists(texts, max_size=3))
def test_a_code_in_the_catalogue_wins_over_any_reading(code: str, others: list[str]) -> None:
    here = codes([*others, "4006381333931", "42100005264", code], *LAYOUTS)
    assert here.read(code) == ReadCode(sku=Sku(code))


@given(texts | written)
def test_reading_never_raises_and_a_normal_spelling_is_read_as_itself(code: str) -> None:
    here = codes(["4006381333931", "42100005264", "12345"], *LAYOUTS)
    sku = here.sku(code)
    assert here.sku(sku) == sku


@pytest.mark.parametrize(
    "typed",
    [
        "4006381333931",
        "04006381333931",
        "004006381333931",
        "(01)04006381333931(10)A",
        "https://id.gs1.org/01/4006381333931",
    ],
)
def test_the_catalogue_s_own_spelling_is_the_normal_one(typed: str) -> None:
    assert codes(["4006381333931"]).sku(typed) == "4006381333931"
    assert codes(["04006381333931"]).sku(typed) == "04006381333931"


def test_upc_e_is_the_upc_a_that_is_sold() -> None:
    here = codes(["042100005264"])
    assert [here.sku(code) for code in ("04252614", "425261", "0425261")] == [
        "042100005264"
    ] * 3


def test_a_price_label_is_its_article_by_the_zeroed_code_or_by_its_plu() -> None:
    label, zeroed = checked("201234500399"), checked("201234500000")
    assert codes([zeroed, "12345"], *LAYOUTS).read(label) == ReadCode(
        sku=Sku(zeroed), amount_cents=399
    )
    assert codes(["12345"], *LAYOUTS).read(label) == ReadCode(
        sku=Sku("12345"), amount_cents=399
    )
    assert codes([], *LAYOUTS).read(label) == ReadCode(
        sku=Sku(zeroed.zfill(14)), amount_cents=399
    )


def test_a_plu_of_four_digits_is_found_behind_its_leading_zeros() -> None:
    here = codes(["4011"], "21AAAAAWWWWWC")
    assert here.read(checked("210401100432")) == ReadCode(
        sku=Sku("4011"), quantity=Decimal("0.432"), unit=TradeUnit.KG
    )


def test_a_label_that_is_itself_in_the_catalogue_is_no_label() -> None:
    label = checked("201234500399")
    assert codes([label, checked("201234500000")], *LAYOUTS).read(label) == ReadCode(
        sku=Sku(label)
    )
    assert codes([label], *LAYOUTS).read(f"(01)0{label}") == ReadCode(sku=Sku(label))


def test_the_article_of_an_element_string_comes_with_its_weight() -> None:
    here = codes(["90614141000015"])
    assert here.read("(01)90614141000015(3103)000432") == ReadCode(
        sku=Sku("90614141000015"), quantity=Decimal("0.432"), unit=TradeUnit.KG
    )


def test_what_the_catalogue_sells_is_asked_anew_at_each_reading() -> None:
    current = CurrentCatalogue()
    here = ProductCodes(current.sku_of, CodeRules())
    assert here.sku("0004011") == "4011"
    current.in_force = catalogue([product(4011, "fruit")])
    assert here.sku("0004011") == current.products[ItemKey(4011)].sku


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("4011", 4011),
        ("(01)04006381333931", 4006381333931),
        ("425261", 42100005264),
        (checked("201234500399"), 12345),
        ("oat-milk", item_key("oat-milk")),
    ],
)
def test_the_key_of_a_code_is_that_of_its_product(code: str, key: int) -> None:
    assert codes(["4006381333931", "42100005264", "12345"], *LAYOUTS).key(code) == key


@given(texts | written)
def test_key_and_spelling_agree(code: str) -> None:
    here = codes(["4006381333931", "42100005264", "12345"], *LAYOUTS)
    assert here.key(code) == item_key(here.sku(code))
