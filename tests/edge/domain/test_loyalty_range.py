"""Ranges of a store's own loyalty numbers, as they are written in its settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.loyalty_range import loyalty_range


@pytest.mark.parametrize(
    ("written", "number", "holds"),
    [
        ("634004", "634004123456789017", True),
        ("634004", "63400", False),
        ("634004", "634005123456789017", False),
        ("2708*16", "2708123456789016", True),
        ("2708*16", "270812345678901", False),
        ("2708-2709*16", "2709999999999999", True),
        ("2708-2709*16", "2710000000000000", False),
        ("2708", "2708a23456789016", False),
    ],
)
def test_a_range_holds_what_begins_and_is_as_long_as_it_says(
    written: str, number: str, *, holds: bool
) -> None:
    assert loyalty_range(written).holds(number) is holds


@pytest.mark.parametrize(
    "written",
    ["", "4", "270", "27O8", "2708*", "2708*3", "2708*65", "2708-27091", "2709-2708", " 2708", "2708-", "٢٧٠٨"],
)  # fmt: skip
def test_what_is_no_range_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        loyalty_range(written)


@given(st.from_regex(r"[0-9]{4,12}", fullmatch=True), st.text("0123456789", max_size=20))
def test_a_prefix_holds_every_number_that_begins_with_it(prefix: str, rest: str) -> None:
    assert loyalty_range(prefix).holds(prefix + rest)
    assert loyalty_range(f"{prefix}*{len(prefix)}").holds(prefix + rest) is (rest == "")
