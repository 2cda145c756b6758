from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from devices.errors import Refusal
from devices.messages import Basket, Line, LineRefusal, TillLineKind


def basket(*lines: object, **more: object) -> Basket:
    said = {"basket_id": "b-1", "action": "add", "lines": list(lines), **more}
    return Basket.model_validate_json(json.dumps(said))


def line(**told: Any) -> Line:
    (found,) = basket({"sku": "4011", **told}).lines
    assert isinstance(found, Line)
    return found


def refusal(**told: Any) -> tuple[str, Refusal]:
    (found,) = basket({"sku": "4011", **told}).lines
    assert isinstance(found, LineRefusal)
    return found.field, found.reason


@pytest.mark.parametrize("told", [0.432, "0.432"])
def test_a_weight_is_a_decimal_however_it_is_written(told: object) -> None:
    found = line(quantity=told, unit="kg", price_cents=199)
    assert (found.quantity, found.unit) == (Decimal("0.432"), "kg")


def test_a_whole_number_stays_one_on_the_wire_and_a_decimal_goes_as_text() -> None:
    assert line(quantity=2).model_dump(mode="json")["quantity"] == 2
    assert line(quantity=0.5, unit="kg").model_dump(mode="json")["quantity"] == "0.5"


@pytest.mark.parametrize(
    "minus", [{"quantity": -1}, {"price_cents": -200}, {"unit_price": "-1.5"}]
)
def test_a_minus_without_a_kind_is_a_return(minus: dict[str, object]) -> None:
    assert line(**minus).resolved_kind is TillLineKind.RETURN
    assert line().resolved_kind is TillLineKind.SALE


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"quantity": -1, "price_cents": -200}, "quantity"),
        ({"quantity": -1, "kind": "sale"}, "quantity"),
        ({"price_cents": -1, "kind": "void"}, "price_cents"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": "1e3"}, "quantity"),
        ({"quantity": "\u0661"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": "1.0000001"}, "quantity"),
        ({"quantity": 100_001}, "quantity"),
        ({"unit": "stone"}, "unit"),
        ({"price_cents": 1.5}, "price_cents"),
        ({"quantity": 2, "unit_price": 100, "price_cents": 150}, "price_cents"),
        ({"sku": None}, "sku"),
        ({"kind": "gift"}, "kind"),
        ({"discounts": [{"kind": "amount", "amount": -1}]}, "discounts.amount"),
        ({"of": {}}, "of.order_id"),
        ({"jane_doe": 1}, "extra"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_our_field(
    told: dict[str, object], field: str
) -> None:
    assert refusal(**told) == (field, Refusal.MALFORMED)


def test_with_a_unit_price_the_amount_may_be_what_the_till_rounded() -> None:
    assert line(quantity="0.432", unit="kg", unit_price=199, price_cents=86).told_cents == 86
    assert line(quantity="0.432", unit="kg", unit_price=199, price_cents=199).told_cents is None
    assert (
        refusal(quantity="0.432", unit="kg", unit_price=199, price_cents=96)[0] == "price_cents"
    )


def test_a_deposit_needs_no_code_and_may_be_paid_back() -> None:
    (found,) = basket({"kind": "deposit", "price_cents": -25}).lines
    assert isinstance(found, Line)
    assert (found.resolved_kind, found.is_negative) == (TillLineKind.DEPOSIT, True)


def test_a_void_needs_its_line_or_its_code() -> None:
    assert [
        type(one) for one in basket({"kind": "void", "line_id": "3"}, {"kind": "void"}).lines
    ] == [
        Line,
        LineRefusal,
    ]


def test_one_bad_line_leaves_the_others_and_says_its_place() -> None:
    found = basket({"sku": "1"}, 7, {"sku": "2", "quantity": "x"}, {"sku": "3"})
    assert [one.sku for _, one in found.numbered] == ["1", "3"]
    assert [(one.index, one.field) for one in found.refused] == [(1, "line"), (2, "quantity")]


def test_a_card_number_in_a_line_costs_that_line_alone() -> None:
    spoiled = {
        "sku": "2",
        "discounts": [{"kind": "amount", "amount": 1, "reason": "4111 1111 1111 1111"}],
    }
    found = basket({"sku": "1"}, spoiled)
    assert [(one.index, one.field, one.reason) for one in found.refused] == [
        (1, "discounts.0.reason", Refusal.CARD_NUMBER)
    ]
    assert "4111" not in repr(found)


@pytest.mark.parametrize(
    "more",
    [
        {"currency": "usd"},
        {"action": "pay"},
        {"tenders": [{"kind": "card", "amount": 1, "number": "1"}]},
        {"sold_at": "yesterday"},
        {"from": {"device": "T 1", "basket_id": "1"}},
        {"action": "identify"},
        {"coupons": 1},
    ],
)
def test_what_is_wrong_beside_the_lines_refuses_the_whole_step(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        basket({"sku": "1"}, **more)


@given(
    st.decimals("0.001", "99999", places=3),
    st.sampled_from(["each", "kg", "g", "lb", "oz", "l"]),
)
def test_a_line_comes_back_from_the_wire_as_it_went_out(quantity: Decimal, unit: str) -> None:
    went = line(quantity=str(quantity), unit=unit, price_cents=199)
    again = Line.model_validate_json(went.model_dump_json(exclude_none=True))
    assert again == went
