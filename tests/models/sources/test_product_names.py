"""Titles a shopper can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.sources.product_names import product_name


@pytest.mark.parametrize(
    ("kind", "brand", "size", "category", "title"),
    [
        ("FLUID MILK WHITE ONLY", "National", "1 GA", "", "Fluid milk, white, 1 gal"),
        ("EGGS - LARGE", "Private", "1 DZ", "EGGS", "Eggs, large, store brand, 1 dozen"),
        ("LEAN", "National", "", "BEEF", "Beef, lean"),
        ("BANANAS", "National", "40 LB", "", "Bananas"),
        ("TOMATOES GRAPE", "Private", "PT", "", "Tomatoes grape, store brand, pint"),
        ("SUGAR", "National", "(600) 4 LB", "", "Sugar, 4 lb"),
        ("CREAM CHEESE", "National", "L      8 OZ", "", "Cream cheese, 8 oz"),
        ("IWS SINGLE CHEESE", "National", "12 OZ", "", "Sliced single cheese, 12 oz"),
        ("CANDY BARS (SINGLES)(INCLUDING", "National", "1.6 OZ", "", "Candy bars, 1.6 oz"),
        ("PREMIUM - MEAT", "National", "1 LB", "HOT DOGS", "Hot dogs, premium, meat, 1 lb"),
        ("", "National", "", "", "Item"),
    ],
)
def test_a_till_s_shorthand_becomes_a_title(
    kind: str, brand: str, size: str, category: str, title: str
) -> None:
    assert product_name(kind, brand, size, category) == title


@given(st.text(max_size=40), st.text(max_size=12), st.text(max_size=30))
def test_any_text_gives_a_title_on_one_line(kind: str, size: str, category: str) -> None:
    title = product_name(kind, "National", size, category)
    assert title
    assert title == title.strip()
    assert len(title.splitlines()) == 1
