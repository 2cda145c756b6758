"""Lines of real receipts, after public reports of people who run tills: weights, codes, refusals, returns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

from devices.errors import Refusal
from edge.domain.basket import BasketState
from edge.domain.trade_unit import TradeUnit
from tests.edge.builders import ANN, catalogue, product
from tests.edge.pipeline.street import Street, line
from tests.edge.shop import CARD, know, open_shop

APPLE_13 = "4006381333931"


@pytest_asyncio.fixture
async def street(file: Path) -> AsyncIterator[Street]:
    know(file, habits=())
    sold = catalogue([product(n) for n in (*range(1, 13), 4011)])
    async with open_shop(file, sold=sold) as shop:
        yield Street(shop)


# Weights, units and labels.


@pytest.mark.parametrize("quantity", [0.432, "0.432"])
async def test_what_is_weighed_costs_its_weight(street: Street, quantity: object) -> None:
    receipt = await street.say("add", line("4011", quantity, 199, unit="kg"))
    assert (receipt.accepted, receipt.lines) == (True, None)
    await street.say("complete")
    assert street.orders() == [("b-1", None, 86)]
    (item,) = street.told("Order Completed")[0]["products"]
    assert (item["unit"], item["quantity"], item["amount_cents"]) == ("kg", 0.432, 86)


@pytest.mark.parametrize(
    ("told", "cents"),
    [
        (line("4011", "250", unit="g", unit_price="0.199"), 50),
        (line("4011", "1.25", 349, unit="lb"), 436),
        (line("4011", "6.5", unit="oz", unit_price="21.8125"), 142),
        (line("4011", "0.75", 120, unit="l"), 90),
        (line("4011", "0.005", 100, unit="kg"), 1),
        (line("4011", "0.004", 100, unit="kg"), 0),
        (line("4011", 1.5, 99), 149),
    ],
)
async def test_every_unit_is_priced_in_exact_decimals(
    street: Street, told: object, cents: int
) -> None:
    assert (await street.say("add", told)).accepted
    await street.say("complete")
    assert [amount for _, _, amount in street.orders()] == [cents]


@pytest.mark.parametrize(
    ("quantity", "unit", "cents"),
    [("0.432", "kg", 86), (432, "g", 86), ("2", "lb", 181), (16, "oz", 90)],
)
async def test_the_price_of_the_store_is_for_its_own_unit(
    file: Path, quantity: object, unit: str, cents: int
) -> None:
    loose = replace(product(4011), price_cents=199, unit=TradeUnit.KG)
    async with open_shop(file, sold=catalogue([loose])) as shop:
        street = Street(shop)
        await street.say("add", line("4011", quantity, unit=unit))
        await street.say("complete")
        assert [amount for _, _, amount in street.orders()] == [cents]


async def test_the_amount_that_the_till_rounded_itself_is_taken(street: Street) -> None:
    await street.say("add", line("4011", "0.433", 87, unit="kg", unit_price="199"))
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [87]


async def test_a_weight_is_no_count_of_pieces(street: Street) -> None:
    """A shopper who buys 0.432 kg bought one thing, and a habit is a habit at any weight."""
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("4011", "0.432", 199, unit="kg"))
    await street.say("complete")
    assert street.habits() == {4011}


# One product under several codes.


@pytest.mark.parametrize(
    ("added", "removed"),
    [
        (APPLE_13, f"0{APPLE_13}"),
        (f"0{APPLE_13}", APPLE_13),
        ("036000291452", "0036000291452"),
        ("0036000291452", "00036000291452"),
        ("00036000291452", "036000291452"),
        ("96385074", "00000096385074"),
    ],
)
async def test_a_void_under_another_form_of_the_code_takes_the_line(
    street: Street, added: str, removed: str
) -> None:
    await street.say("add", line(added, 1, 500))
    assert (await street.say("remove", line(removed, 1, 500))).lines is None
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [0]


async def test_a_void_by_id_takes_that_line_at_that_price(street: Street) -> None:
    await street.say(
        "add",
        line("1", 1, 100, line_id="l1"),
        line("1", 1, 80, line_id="l2", price_override=True),
    )
    await street.say("remove", {"line_id": "l1"})
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [80]


async def test_of_two_lines_under_one_id_a_void_takes_the_last_alone(street: Street) -> None:
    """Some tills number the lines of each message anew."""
    await street.say("add", line("1", 1, 100, line_id="1"))
    await street.say("add", line("2", 1, 50, line_id="1"))
    await street.say("remove", {"line_id": "1"})
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [100]
    (removed,) = street.told("Product Removed")
    assert [one["sku"] for one in removed["products"]] == ["2"]


# Refused by line; the till's own truth.


async def test_one_bad_line_is_named_and_the_good_ones_are_on_disk(street: Street) -> None:
    receipt = await street.say(
        "add",
        line("1", 1, 100),
        line("2", "many", 50),
        line("999999", 1),
        line("3", "0.5", 300, unit="kg"),
    )
    assert receipt.accepted
    assert receipt.lines is not None
    assert [(x.index, x.field, x.reason) for x in receipt.lines] == [
        (1, "quantity", Refusal.MALFORMED),
        (2, "price_cents", Refusal.NO_PRICE),
    ]
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [250]
    assert street.told("Order Completed")[0]["unread_lines"] == 2


async def test_a_complete_of_bad_lines_only_is_refused_and_the_basket_stays_open(
    street: Street,
) -> None:
    await street.say("open")
    receipt = await street.say("complete", line("1", 0, 100), line("2", 1, "x"))
    assert (receipt.accepted, receipt.reason) == (False, Refusal.MALFORMED)
    assert receipt.lines is not None
    assert [x.index for x in receipt.lines] == [0, 1]
    assert street.orders() == []
    assert [b.state for b in street.baskets()] == [BasketState.OPEN]
    assert (await street.say("complete", line("1", 1, 100))).accepted
    assert street.orders() == [("b-1", None, 100)]


async def test_an_unreadable_complete_of_a_scanned_basket_pays_what_was_scanned(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100))
    receipt = await street.say("complete", line("1", 0, 100))
    assert receipt.accepted
    assert [cents for _, _, cents in street.orders()] == [100]
    assert street.told("Order Completed")[0]["unread_lines"] == 1


@pytest.mark.parametrize(
    ("told", "cents", "differs"),
    [
        ((line("1", 1, 100), line("2", 1, 50)), 150, False),
        ((line("2", 1, 50), line("1", 1, 100)), 150, False),
        ((line("1", 1, 100),), 100, True),
        ((line("1", 2, 100), line("2", 1, 50)), 250, True),
        ((line("1", 1, 90), line("2", 1, 50)), 140, True),
        ((line("3", 1, 300),), 300, True),
    ],
)
async def test_the_lines_of_complete_replace_what_was_scanned_and_a_difference_is_marked(
    street: Street, told: tuple[object, ...], cents: int, *, differs: bool
) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100), line("2", 1, 50))
    await street.say("complete", *told)
    assert street.orders() == [("b-1", ANN, cents)]
    assert street.told("Order Completed")[0].get("differs", False) is differs
    assert street.shop.counters.counts["differing"] == differs
    assert street.habits() == {int(one["sku"]) for one in told}  # type: ignore[index]  # lines


# Returns and whole sales taken back.


async def test_a_return_is_told_as_a_refund_and_is_no_purchase(street: Street) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("complete", line("1", 1, 100, kind="return"))
    assert street.orders() == []
    (told,) = street.told("Order Refunded")
    assert (told["token"], told["refund_cents"]) == (ANN, 100)
    assert street.habits() == set()


@pytest.mark.parametrize(
    "told", [line("1", -1, 100), line("1", 1, -100), line("1", "-0.5", 200, unit="kg")]
)
async def test_a_minus_without_a_kind_is_a_return(street: Street, told: object) -> None:
    await street.say("complete", told)
    assert [one["refund_cents"] for one in street.told("Order Refunded")] == [100]


async def test_an_exchange_is_an_order_and_a_refund(street: Street) -> None:
    await street.say("complete", line("1", 1, 100, kind="return"), line("2", 1, 250))
    assert [cents for _, _, cents in street.orders()] == [250]
    assert [one["refund_cents"] for one in street.told("Order Refunded")] == [100]
    assert street.told("Order Completed")[0]["total_cents"] == 150


async def test_a_whole_sale_is_taken_back(street: Street) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100))
    await street.say("complete")
    street.pass_by(minutes=2)
    assert (await street.say("void-sale")).accepted
    (told,) = street.told("Order Cancelled")
    assert (told["token"], told["revenue_cents"]) == (ANN, 100)
    assert street.habits() == set()
    again = await street.say("void-sale")
    assert (again.accepted, again.reason) == (False, Refusal.UNKNOWN_BASKET)


async def test_discounts_deposits_fees_and_tax_stand_beside_the_price(street: Street) -> None:
    await street.say(
        "add",
        line("1", 3, 100, discounts=[{"kind": "price", "amount": 90}]),
        line("2", 1, 999, discounts=[{"kind": "percent", "amount": "33.3"}]),
        line(None, 1, 25, kind="deposit"),
        line(None, 1, 10, kind="fee"),
        line("3", 1, 100, tax={"rate_pct": "7.25", "included": False}),
    )
    await street.say("complete", discounts=[{"kind": "amount", "amount": 36}])
    (told,) = street.told("Order Completed")
    # 270 + 666 + 100 - 36 + fee 10; deposit and tax come on top.
    assert told["revenue_cents"] == 1010
    assert told["total_cents"] == 1010 + 25 + 7
    assert told["discount_cents"] == 30 + 333 + 36
    assert Decimal(told["tax_cents"]) == 7
