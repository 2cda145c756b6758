"""Codes as tills and screens send them, through the whole service."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from biip.checksums import gs1_standard_check_digit

from devices.messages import Basket, Feedback, FeedbackAction
from edge.domain.basket import BasketLine
from edge.domain.catalogue import Product
from edge.domain.ids import ItemKey, Sku
from edge.domain.product_code import CodeRules, layouts_of
from edge.domain.trade_unit import TradeUnit
from edge.state.product_codes import ProductCodes
from edge.storage.catalogue import stock
from models.items import item_key
from tests.edge.builders import NOW, TILL, catalogue
from tests.edge.pipeline.test_offer_responses import at_till
from tests.edge.shop import Shop, know, open_shop

GS = "\x1d"
PEN, UPC, CASE, PLU = "4006381333931", "042100005264", "14006381333938", "4011"


def goods(*skus: str, unit: TradeUnit = TradeUnit.EACH, cents: int = 199) -> Any:
    return catalogue(
        [
            Product(
                key=ItemKey(item_key(sku)),
                sku=Sku(sku),
                name=f"thing {sku}",
                category="things",
                department="all",
                price_cents=cents,
                unit=unit,
            )
            for sku in skus
        ]
    )


def checked(digits: str) -> str:
    return f"{digits}{gs1_standard_check_digit(digits)}"


def basket(action: str, *lines: dict[str, object]) -> Basket:
    said = {"basket_id": "b-1", "action": action, "lines": lines}
    return Basket.model_validate_json(json.dumps(said))


async def scanned(shop: Shop, *lines: dict[str, object]) -> tuple[BasketLine, ...]:
    """What lies in the basket after these lines."""
    receipt = await shop.say(basket("add", *lines), TILL)
    assert (receipt.accepted, receipt.lines) == (True, None)
    return open_lines(shop)


def open_lines(shop: Shop) -> tuple[BasketLine, ...]:
    found = shop.presence.open_basket_at(TILL)
    assert found is not None
    return found.lines


@pytest.mark.parametrize(
    ("scan", "void", "spelled"),
    [
        (PEN, f"0{PEN}", PEN),
        (f"(01)0{PEN}(10)AB-12", PEN, PEN),
        (f"]C1010{PEN}10AB{GS}21S1", f"https://id.gs1.org/01/{PEN}", PEN),
        ("04252614", UPC, UPC),
        (UPC, "0042100005264", UPC),
        (PLU, f"000{PLU}", PLU),
        (CASE, f"(01){CASE}", CASE),
        ("96385074", "00000096385074", "00000096385074"),  # sold nowhere here: 14 digits
    ],
)
async def test_scanned_in_one_form_and_voided_in_another_is_one_product(
    file: Path, scan: str, void: str, spelled: str
) -> None:
    async with open_shop(file, sold=goods(PEN, UPC, CASE, PLU)) as shop:
        (line,) = await scanned(shop, {"sku": scan, "quantity": 1, "price_cents": 500})
        assert line.sku == spelled
        gone = basket("remove", {"sku": void, "quantity": 1, "price_cents": 500})
        assert (await shop.say(gone, TILL)).accepted
        assert open_lines(shop) == ()


async def test_a_case_and_the_piece_in_it_are_two_products(file: Path) -> None:
    async with open_shop(file, sold=goods(PEN, CASE)) as shop:
        lines = await scanned(
            shop,
            {"sku": PEN, "quantity": 1, "price_cents": 199},
            {"sku": CASE, "quantity": 1, "price_cents": 1990},
        )
        assert [line.sku for line in lines] == [PEN, CASE]


@pytest.mark.parametrize(
    ("code", "quantity", "unit", "cents"),
    [
        ("2040110004329", "0.432", TradeUnit.KG, 86),  # a weight inside, times 1.99
        ("2140110003992", "1", TradeUnit.EACH, 399),  # a price inside
    ],
)
async def test_a_label_with_weight_or_price_inside_is_its_article(
    file: Path, code: str, quantity: str, unit: TradeUnit, cents: int
) -> None:
    async with open_shop(file, sold=goods(PLU, unit=TradeUnit.KG)) as shop:
        rules = CodeRules(layouts=layouts_of(["20AAAAXWWWWWC", "21AAAAXPPPPPC"]))
        shop.catalogue.codes = ProductCodes(shop.catalogue.sku_of, rules)
        (line,) = await scanned(shop, {"sku": code, "quantity": 1})
        assert (line.sku, line.quantity, line.unit) == (PLU, Decimal(quantity), unit)
        assert line.amount_cents == cents


@pytest.mark.parametrize(("gone", "left"), [("399", 500), ("500", 399)])
async def test_of_two_labels_of_one_article_the_scanned_one_is_voided(
    file: Path, gone: str, left: int
) -> None:
    labels = {cents: checked(f"2140110{int(cents):05}") for cents in ("399", "500")}
    async with open_shop(file, sold=goods(PLU, unit=TradeUnit.KG)) as shop:
        rules = CodeRules(layouts=layouts_of(["21AAAAXPPPPPC"]))
        shop.catalogue.codes = ProductCodes(shop.catalogue.sku_of, rules)
        await scanned(shop, *({"sku": code, "quantity": 1} for code in labels.values()))
        taken = basket("remove", {"sku": labels[gone], "quantity": 1})
        assert (await shop.say(taken, TILL)).accepted
        assert [line.amount_cents for line in open_lines(shop)] == [left]


async def test_an_element_string_brings_its_weight_and_the_stock_goes_down_by_it(
    file: Path,
) -> None:
    bulk = "90614141000015"
    async with open_shop(file, sold=goods(bulk, unit=TradeUnit.KG)) as shop:
        await shop.database.write(
            lambda conn: stock.put(conn, Sku(bulk), Decimal("12.5"), NOW, TradeUnit.KG)
        )
        (line,) = await scanned(shop, {"sku": f"(01){bulk}(3103)000432", "quantity": 1})
        assert (line.quantity, line.unit, line.amount_cents) == (Decimal("0.432"), "kg", 86)
        assert (await shop.say(basket("complete"), TILL)).accepted
        left = shop.database.read(lambda conn: stock.on_hand(conn, Sku(bulk)))
        assert left == Decimal("12.068")


async def test_what_is_sold_by_the_kilogram_has_its_price_by_the_gram(file: Path) -> None:
    async with open_shop(file, sold=goods(PLU, unit=TradeUnit.KG)) as shop:
        (line,) = await scanned(shop, {"sku": PLU, "quantity": "432", "unit": "g"})
        assert line.amount_cents == 86
        receipt = await shop.say(basket("add", {"sku": PLU, "quantity": 2}), TILL)
        assert (receipt.accepted, receipt.reason) == (False, "no-price")


async def test_an_answer_about_an_item_may_name_it_in_any_form(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        made = await at_till(shop)
        shown = made.slots[0].sku
        receipt = await shop.say(
            Feedback(
                decision_id=made.id, item_id=shown.zfill(14), action=FeedbackAction.ACCEPT
            ),
            TILL,
        )
        assert receipt.accepted
        told = [str(row) for row in shop.rows("SELECT CAST(body AS TEXT) FROM outbox")]
        about = [text for text in told if '"product_id"' in text]
        assert any(f'"product_id":"{shown}"' in text for text in about)
        assert not any(shown.zfill(14) in text for text in about)
