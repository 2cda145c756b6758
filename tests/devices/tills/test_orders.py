"""Orders of other tills by a mapping: the shipped ones, a store's own, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from devices.errors import MappingMissing, MappingRefused, MessageRefused, Refusal
from devices.tills.expressions import ExpressionRefused, FieldExpression, StepBudget
from devices.tills.mapping import SHIPPED, Mappings, read_mapping
from devices.tills.orders import read_orders
from devices.tills.sale import SaleRead, StoreTerms, TillSale
from tests.devices.tills.logs import as_bytes, odoo_line, odoo_order, square_line, square_order

TERMS = StoreTerms(zone=ZoneInfo("Europe/Berlin"), currency="USD")
Json = dict[str, Any]
SMALL = """
says = "Corner shop"
orders = "@"
[order]
id = "receipt"
[[lines]]
each = "items"
sku = "code"
quantity = "n"
price = "price"
"""


def read(body: bytes, name: str) -> list[SaleRead]:
    return list(read_orders(body, name, read_mapping(SHIPPED / f"{name}.toml"), TERMS))


def sold(order: Json, name: str) -> Json:
    (found,) = read(as_bytes(order), name)
    assert isinstance(found, TillSale), found
    return cast("Json", found.body)


def test_an_order_of_odoo_is_a_sale() -> None:
    assert sold(odoo_order(odoo_line(discount=10.0, price_subtotal_incl=7.18)), "odoo") == {
        "basket_id": "Order~2000042-003-0014",
        "action": "complete",
        "sold_at": "2026-11-29T14:03:11+00:00",
        "lines": [
            {
                "sku": "4006381333931",
                "line_id": "981",
                "unit": "each",
                "quantity": "2",
                "price_cents": 399,
                "discounts": [{"kind": "amount", "amount": 80}],
            }
        ],
        "currency": "USD",
        "loyalty": "LOY-000-QXZV",
        "tenders": [{"kind": "cash", "amount": 798}],
    }


def test_weighed_goods_of_odoo_have_their_unit_and_the_till_s_cents() -> None:
    weighed = odoo_line(qty=0.432, uom="kg", price_unit=2.99, price_subtotal_incl=1.30)
    (line,) = sold(odoo_order(weighed), "odoo")["lines"]
    assert (line["quantity"], line["unit"]) == ("0.432", "kg")
    assert (line["unit_price"], line["price_cents"]) == ("299", 130)


def test_a_refund_of_odoo_names_its_sale() -> None:
    back = odoo_line(qty=-1.0, price_subtotal_incl=-3.99, refunded_orderline_id=[900, "…"])
    order = odoo_order(back, refunded_order={"pos_reference": "Order 00041-003-0001"})
    (line,) = sold(order, "odoo")["lines"]
    assert line["quantity"] == "-1"
    assert line["of"] == {"order_id": "Order~2000041-003-0001", "line_id": "900"}


def test_an_order_of_square_is_a_sale_without_its_card() -> None:
    cheaper = square_line(
        total_discount_money={"amount": 80}, applied_discounts=[{"discount_uid": "milk-week"}]
    )
    found = sold({"order": square_order(cheaper)}, "square")
    assert found["lines"][0]["discounts"] == [
        {"kind": "amount", "amount": 80, "promotion_id": "milk-week"}
    ]
    assert found["tenders"] == [{"kind": "card", "amount": 798}]
    assert (found["sold_at"], found["currency"]) == ("2026-11-29T14:03:11+00:00", "USD")
    assert "VISA" not in str(found)


def test_returns_of_square_are_lines_that_came_back() -> None:
    back = square_line(uid="r-1", quantity="1", source_line_item_uid="line-1")
    order = square_order(returns=[{"source_order_id": "OLD", "return_line_items": [back]}])
    bought, returned = sold({"data": {"object": {"order": order}}}, "square")["lines"]
    assert (bought.get("kind"), returned["kind"]) == (None, "return")
    assert returned["of"] == {"order_id": "OLD", "line_id": "line-1"}


def test_weights_of_square_have_their_unit() -> None:
    weighed = square_line(
        quantity="0.432",
        quantity_unit={"measurement_unit": {"weight_unit": "METRIC_KILOGRAM"}},
    )
    (line,) = sold(square_order(weighed), "square")["lines"]
    assert (line["quantity"], line["unit"]) == ("0.432", "kg")


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (odoo_order(state="draft"), "odoo"),
        (odoo_order(state="cancel"), "odoo"),
        (odoo_order(state="a state of next year"), "odoo"),
        (odoo_order(lines=[]), "odoo"),
        (square_order(state="OPEN"), "square"),
    ],
)
def test_what_sells_nothing_is_left_out(order: Json, name: str) -> None:
    assert read(as_bytes(order), name) == [None]


def test_many_orders_are_judged_one_by_one() -> None:
    orders = [odoo_order(), odoo_order(pos_reference=None), odoo_order(date_order="soon")]
    good, *bad = read(as_bytes(orders), "odoo")
    assert isinstance(good, TillSale)
    assert [one.detail for one in bad if isinstance(one, MessageRefused)] == [
        "order.id",
        "order.sold_at",
    ]


def test_the_same_order_has_the_same_key_whatever_stands_beside_it() -> None:
    first, again, other = read(
        as_bytes([odoo_order(), odoo_order(note="seen again"), odoo_order(pos_reference="B")]),
        "odoo",
    )
    assert isinstance(first, TillSale)
    assert isinstance(again, TillSale)
    assert isinstance(other, TillSale)
    assert first.key == again.key != other.key


def test_a_number_that_comes_again_on_another_day_is_another_sale() -> None:
    orders = [odoo_order(date_order=f"2026-11-{day} 10:00:00") for day in (28, 29)]
    keys = [one.key for one in read(as_bytes(orders), "odoo") if isinstance(one, TillSale)]
    assert len(set(keys)) == 2


BAD_BODIES = {
    "no JSON": (b"<order/>", Refusal.NOT_JSON),
    "no UTF-8": (b'{"a":"\xff"}', Refusal.NOT_JSON),
    "NaN": (b'{"a":NaN}', Refusal.NOT_JSON),
    "very deep": (b"[" * 100_000, Refusal.NOT_JSON),
    "a key twice": (b'{"id":"a","id":"b"}', Refusal.MALFORMED),
    "an empty list": (b"[]", Refusal.MALFORMED),
    "null": (b"null", Refusal.MALFORMED),
}


@pytest.mark.parametrize(("body", "reason"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_without_orders_is_refused(body: bytes, reason: Refusal) -> None:
    with pytest.raises(MessageRefused) as refused:
        read(body, "square")
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    "changed",
    [{"lines": {"a": 1}}, {"lines": [odoo_line()] * 501}, {"currency_id": [1, "EUR"]}],
)
def test_an_order_of_another_form_is_refused(changed: Json) -> None:
    (found,) = read(as_bytes(odoo_order(**changed)), "odoo")
    assert isinstance(found, MessageRefused)


def test_a_quantity_that_is_none_is_left_to_the_door() -> None:
    order = odoo_order(odoo_line(qty="much"), odoo_line(qty=True), odoo_line(), 5)  # type: ignore[arg-type] # a line that is none
    lines = sold(order, "odoo")["lines"]
    assert [one["quantity"] for one in lines] == ["unreadable", "unreadable", "2", "unreadable"]


@pytest.mark.parametrize(
    "text",
    ["[@,@][] | " * 12 + "@", "join('', [@,@]) | " * 12 + "@"],
)
def test_an_expression_that_grows_without_end_is_stopped(text: str) -> None:
    grows = FieldExpression(text)
    with pytest.raises(MessageRefused) as refused:
        grows.find("x" * 1000 if text.startswith("join") else [0] * 100, StepBudget())
    assert refused.value.reason is Refusal.TOO_LARGE


@pytest.mark.parametrize("text", ["", "a[", "a" * 501, " || ".join("a" * 60), "nothing("])
def test_an_expression_has_a_form_and_a_size(text: str) -> None:
    with pytest.raises(ExpressionRefused):
        FieldExpression(text)


def test_a_store_s_own_mapping_goes_before_the_shipped_one(tmp_path: Path) -> None:
    mappings = Mappings(tmp_path)
    assert mappings.named("square").says == read_mapping(SHIPPED / "square.toml").says
    (tmp_path / "square.toml").write_text(SMALL)
    assert mappings.named("square").says == "Corner shop"
    body = as_bytes({"receipt": 7, "items": [{"code": "12", "n": 1, "price": 2.5}]})
    (found,) = read_orders(body, "square", mappings.named("square"), TERMS)
    assert isinstance(found, TillSale)
    assert found.body["lines"] == [{"sku": "12", "quantity": "1", "price_cents": 250}]
    assert found.body["currency"] == "USD"


@pytest.mark.parametrize("name", ["", "nobody", "../odoo", "Odoo", "odoo.toml", "a" * 33])
def test_a_mapping_that_is_not_there_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(MappingMissing):
        Mappings(tmp_path).named(name)


@pytest.mark.parametrize(
    "text",
    [
        "no TOML",
        SMALL.replace("orders", "order_s"),
        SMALL.replace('"code"', '"co[de"'),
        SMALL.replace('id = "receipt"', ""),
        SMALL.replace('orders = "@"', 'orders = "@"\nzone = "Mars/Olympus"'),
        SMALL.replace('orders = "@"', 'orders = "@"\n[states]\npaid = "maybe"'),
        SMALL + "x" * 65_536,
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(MappingRefused):
        Mappings(tmp_path).named("own")
