from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import Page, expect

from tests.pages import records
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.traces import left_in


async def opened(visitor: Visitor) -> Page:
    page = await visitor.open("/me#t=one-use", key=None)
    await expect(page.locator("h1")).to_have_text("Quiet Otter")
    return page


async def test_the_ticket_is_used_once_and_leaves_the_address(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    assert gateway.posts == [("/v1/me/session", {"ticket": "one-use"})]
    assert page.url == f"{gateway.url}/me"
    await page.reload()
    await expect(page.locator("h1")).to_have_text("Quiet Otter")
    assert len(gateway.posts) == 1


async def test_without_a_session_the_page_is_closed(visitor: Visitor, gateway: Gateway) -> None:
    gateway.records["/v1/me"] = None
    page = await visitor.open("/me", key=None)
    await expect(page.locator("h1")).to_contain_text("closed")


async def test_the_page_tells_what_is_known_why_and_what_was_chosen(visitor: Visitor) -> None:
    page = await opened(visitor)
    for words in (
        "41",
        "212",
        "Jan 2017",
        "because you buy it about every week",
        "Share with partners",
        "withdrawn",
    ):
        await expect(page.locator("main")).to_contain_text(words)
    assert await page.get_by_role("switch").count() == 8


async def test_switching_off_withdraws_that_purpose_only(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await page.get_by_label("Offers at the till").uncheck()
    await expect(page.locator("#told")).to_contain_text("is off")
    assert gateway.posts[-1] == ("/v1/me/withdraw", {"purposes": ["checkout-offer"]})


async def test_what_is_off_cannot_be_switched_on_without_its_notice(visitor: Visitor) -> None:
    page = await opened(visitor)
    await expect(page.get_by_label("Share with partners")).to_be_disabled()


async def test_everything_can_be_switched_off_after_one_question(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await page.get_by_role("button", name="Switch everything off").click()
    await page.get_by_role("dialog").get_by_role("button", name="Switch everything off").click()
    await expect(page.locator("#told")).to_contain_text("Everything")
    assert len(gateway.posts[-1][1]["purposes"]) == 8


async def test_erasing_asks_once_and_gives_a_receipt(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await page.get_by_role("button", name="Erase my data").click()
    await page.get_by_role("button", name="Leave it as it is").click()
    assert gateway.posts[-1][0] == "/v1/me/session"
    await page.get_by_role("button", name="Erase my data").click()
    await page.get_by_role("dialog").get_by_role("button", name="Erase my data").click()
    await expect(page.locator("h1")).to_have_text("You are forgotten")
    await expect(page.locator("main")).to_contain_text("e-1")
    assert "Otter" not in await left_in(page)


async def test_the_data_can_be_taken_along(
    visitor: Visitor, gateway: Gateway, tmp_path: Path
) -> None:
    gateway.records["/v1/me/export"] = {"trips": [1, 2]}
    page = await opened(visitor)
    async with page.expect_download() as waiting:
        await page.get_by_role("button", name="Take my data along").click()
    await (await waiting.value).save_as(tmp_path / "data.json")
    assert json.loads((tmp_path / "data.json").read_text()) == {"trips": [1, 2]}


async def test_a_failed_wish_is_said(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    gateway.cut()
    await page.get_by_label("Offers at the till").click()
    await expect(page.locator("#told")).to_contain_text("try again")
    await expect(page.get_by_label("Offers at the till")).to_be_checked()


async def test_the_page_keeps_nothing_on_the_phone(visitor: Visitor) -> None:
    page = await opened(visitor)
    kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])")
    assert kept == "[{},{}]"
    assert records.ME["alias"] == "Quiet Otter"
