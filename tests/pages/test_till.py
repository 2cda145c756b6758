from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from playwright.async_api import Page, expect

from tests.pages import store, till_records
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway, Json
from tests.pages.traces import left_in


async def opened(visitor: Visitor) -> Page:
    page = await visitor.open("/till/till-1", wait="till-1")
    # Nothing can be scanned before the store has said what it costs.
    await expect(page.locator(".article").first).to_be_enabled()
    return page


async def scan(page: Page, *names: str) -> None:
    for name in names:
        await page.locator(".article").filter(has_text=name).first.click()


async def test_a_sale_is_told_step_by_step_under_one_basket(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await scan(page, "Bananas", "Bananas", "Butter")
    await page.get_by_role("button", name="One less: Bananas").click()
    await page.get_by_label("Loyalty number").fill("4001234567")
    await page.get_by_role("button", name="Identify").click()
    await page.get_by_role("button", name="Pay").click()
    await visitor.until(lambda: len(gateway.of_type("basket")) == 8)
    told = gateway.of_type("basket")
    assert [b["action"] for b in told] == [
        "open",
        "add",
        "add",
        "add",
        "remove",
        "identify",
        "total",
        "complete",
    ]
    assert len({b["basket_id"] for b in told}) == 1
    assert [b["lines"][0]["line_id"] for b in told[1:4]] == ["1", "2", "3"]
    assert told[-1]["lines"] == [
        {"sku": "1082185", "quantity": 1, "price_cents": 93},
        {"sku": "976199", "quantity": 1, "price_cents": 199},
    ]


async def test_the_total_follows_the_lines(visitor: Visitor) -> None:
    page = await opened(visitor)
    await scan(page, "Bananas", "Bananas", "Butter")
    await expect(page.locator("#total")).to_have_text("$3.85")
    await page.get_by_role("button", name="Pay").click()
    await expect(page.locator("#told")).to_have_text("Paid $3.85. Thank you.")


async def test_the_sale_never_waits_for_the_store(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    gateway.cut()
    await scan(page, "Bananas", "Butter")
    await page.get_by_role("button", name="Pay").click()
    await expect(page.locator("#told")).to_have_text("Paid $2.92. Thank you.")
    await expect(page.locator("#unsent")).to_contain_text("5 waiting")
    gateway.mend()
    await visitor.until(lambda: len(gateway.of_type("basket")) == 5)
    assert all(a["id"] != b["id"] for (_, a), (_, b) in pairwise(gateway.events))


async def test_suggestions_come_beside_the_basket_and_an_accepted_one_is_redeemed(
    visitor: Visitor, gateway: Gateway, tmp_path: Path
) -> None:
    told = await till_records.made(tmp_path)
    gateway.answer, gateway.offer = (
        (lambda _device, _data: told.show),
        (lambda _data: told.granted),
    )
    page = await opened(visitor)
    await scan(page, "Bananas")
    await expect(page.locator(".addon .was")).to_have_text("$2.75")
    await expect(page.locator(".addon price-tag")).to_have_text("$2.75$2.25")
    await page.locator(".addon").click()
    await expect(page.locator("#lines .discount .sum")).to_have_text("-$0.50")
    await expect(page.locator("#total")).to_have_text("$3.18")
    await page.get_by_role("button", name="Pay").click()
    await expect(page.locator("#told")).to_have_text("Paid $3.18. Thank you.")
    await visitor.until(lambda: gateway.of_type("basket")[-1]["action"] == "complete")
    assert [f["action"] for f in gateway.of_type("feedback")] == ["accept"]
    assert [(o["verb"], o["offer_id"]) for o in gateway.offers] == [("redeem", "o-chips")]
    assert gateway.of_type("basket")[-1]["lines"] == [
        {"sku": "1082185", "quantity": 1, "price_cents": 93},
        {
            "sku": "5568378",
            "quantity": 1,
            "price_cents": 275,
            "discounts": [{"kind": "amount", "amount": 50, "offer_id": "o-chips"}],
        },
    ]
    asked = gateway.asks[0][1]
    assert (asked["placement"], asked["deadline_ms"]) == ("till-addon", 100)
    assert asked["after_line_id"] == gateway.of_type("basket")[1]["lines"][0]["line_id"]


async def test_a_code_is_taken_off_once_and_can_be_put_back(
    visitor: Visitor, gateway: Gateway, tmp_path: Path
) -> None:
    told = await till_records.made(tmp_path)
    gateway.offer = lambda _data: told.granted
    page = await opened(visitor)
    await scan(page, "Tortilla")
    for _ in range(2):
        await page.get_by_label("Offer code").fill("CHIPS50")
        await page.get_by_role("button", name="Take off").click()
    await visitor.until(lambda: len(gateway.offers) == 2)
    await expect(page.locator("#lines .discount")).to_have_count(1)
    await expect(page.locator("#lines .discount .what")).to_have_text("Offer · CHIPS50")
    await expect(page.locator("#total")).to_have_text("$2.00")
    await page.get_by_role("button", name="Put back: Offer · CHIPS50").click()
    await expect(page.locator("#total")).to_have_text("$2.50")
    await visitor.until(lambda: gateway.offers[-1]["verb"] == "reverse")
    await scan(page, "Tortilla")


async def test_an_offer_goes_with_the_last_of_its_items(
    visitor: Visitor, gateway: Gateway, tmp_path: Path
) -> None:
    told = await till_records.made(tmp_path)
    gateway.offer = lambda _data: told.granted
    page = await opened(visitor)
    await scan(page, "Bananas", "Tortilla")
    await page.get_by_label("Offer code").fill("CHIPS50")
    await page.get_by_role("button", name="Take off").click()
    await expect(page.locator("#lines .discount")).to_have_count(1)
    await page.get_by_role("button", name="One less: Tortilla").click()
    await expect(page.locator("#lines .discount")).to_have_count(0)
    await expect(page.locator("#total")).to_have_text("$0.93")


async def test_what_the_store_does_not_give_is_said_and_not_taken_off(
    visitor: Visitor, gateway: Gateway, tmp_path: Path
) -> None:
    told = await till_records.made(tmp_path)
    gateway.offer = lambda _data: told.refused
    page = await opened(visitor)
    await scan(page, "Bananas")
    await page.get_by_label("Offer code").fill("NOTHING")
    await page.get_by_role("button", name="Take off").click()
    await expect(page.locator("#told")).to_contain_text("unknown-code")
    await expect(page.locator("#total")).to_have_text("$0.93")


async def test_an_offer_that_comes_when_the_sale_is_paid_is_put_back(
    visitor: Visitor, gateway: Gateway, tmp_path: Path
) -> None:
    told = await till_records.made(tmp_path)
    page = await opened(visitor)
    await scan(page, "Bananas")

    def late(data: Json) -> Json | None:
        return told.granted if data["verb"] == "reverse" else None

    gateway.offer = late
    await page.get_by_label("Offer code").fill("CHIPS50")
    await page.get_by_role("button", name="Take off").click()
    await visitor.until(lambda: [o["verb"] for o in gateway.offers] == ["redeem", "reverse"])
    await expect(page.locator("#total")).to_have_text("$0.93")


async def test_a_late_answer_belongs_to_no_later_basket(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.answer = lambda _device, _data: (
        store.show("personal", [store.CHIPS]) if len(gateway.asks) == 1 else None
    )
    page = await opened(visitor)
    await scan(page, "Bananas")
    await page.get_by_role("button", name="Void").click()
    await scan(page, "Butter")
    await visitor.until(lambda: len(gateway.asks) == 2)
    await expect(page.locator("#addons")).to_be_hidden()


async def test_a_card_number_is_never_written_down(visitor: Visitor, gateway: Gateway) -> None:
    gateway.receipt = lambda _event: None
    page = await opened(visitor)
    await page.get_by_label("Loyalty number").fill("4001234567")
    await page.get_by_role("button", name="Identify").click()
    await expect(page.locator("#unsent")).to_contain_text("2 waiting")
    assert "4001234567" not in await left_in(page)


async def test_a_step_that_the_store_refuses_is_said_and_the_sale_goes_on(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.receipt = lambda event: {
        "id": event["id"],
        "accepted": False,
        "reason": "unknown-basket",
    }
    page = await opened(visitor)
    await scan(page, "Bananas")
    await expect(page.locator("#told")).to_contain_text("unknown-basket")
    await expect(page.get_by_role("button", name="Pay")).to_be_enabled()


async def test_a_number_can_be_typed_and_clear_takes_suggestions_off(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.answer = lambda _device, _data: store.show("personal", [store.CHIPS])
    page = await opened(visitor)
    await page.get_by_label("Article number").fill("5550001")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#lines")).to_contain_text("Article 5550001")
    await expect(page.locator("#addons")).to_be_visible()
    gateway.tell("till-1", "cmd", {"command": "clear"})
    await expect(page.locator("#addons")).to_be_hidden()
