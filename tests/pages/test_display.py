from __future__ import annotations

from playwright.async_api import Page, expect

from tests.pages import store
from tests.pages.conftest import Visitor
from tests.pages.gateway import PASSWORD, Gateway
from tests.pages.traces import left_in
from tests.patience import patient, until

BOARD = [store.STRAWBERRIES, store.BREAD, store.CHICKEN]


async def opened(visitor: Visitor, *, clock: bool = False) -> Page:
    return await visitor.open("/display/display-1", wait="display-1", clock=clock)


async def test_a_show_is_on_the_board_with_name_price_badge_and_reason(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", BOARD))
    lead = page.locator(".offer.lead")
    for words in ("Strawberries", "16 oz", "$3.99", "2 for $7", "On offer today"):
        await expect(lead).to_contain_text(words)
    await expect(page.locator(".offer.side")).to_have_count(2)


async def test_a_display_says_what_the_store_sells_before_it_is_told_anything(
    visitor: Visitor,
) -> None:
    page = await opened(visitor)
    await expect(page.locator("h1")).to_have_text("Good evening.")
    await expect(page.locator("#board")).to_contain_text("Bananas")


async def test_a_public_screen_never_greets_anybody(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    gateway.show("display-1", store.show("personal", BOARD, greeting="Quiet Otter"))
    await expect(page.locator(".offer.lead")).to_contain_text("Strawberries")
    assert "Otter" not in await left_in(page)


async def test_the_last_board_stays_when_the_line_is_cut_and_changes_when_it_is_back(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer.lead")).to_contain_text("Strawberries")
    gateway.cut()
    await expect(page.locator("body")).to_have_attribute("data-line", "down")
    await expect(page.locator(".offer.lead")).to_contain_text("Strawberries")
    gateway.show("display-1", store.show("context", [store.COFFEE]))
    gateway.mend()
    await expect(page.locator(".offer.lead")).to_contain_text("Ground coffee")


async def test_an_expired_board_for_everybody_stays_without_a_line(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, clock=True)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    gateway.cut()
    await page.clock.fast_forward(700_000)
    await expect(page.locator(".offer")).to_have_count(3)


async def test_the_same_board_told_again_goes_on_where_it_is(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, clock=True)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    await page.clock.run_for(8_100)
    lead = page.locator(".offer.lead")
    await expect(lead).to_contain_text("White bread")
    gateway.show("display-1", {**store.show("context", BOARD), "decision_id": "d-again"})
    gateway.tell("display-1", "cmd", {"command": "identify"})
    await expect(page.get_by_role("status")).to_contain_text("display-1")
    await expect(lead).to_contain_text("White bread")
    assert gateway.of_type("play") == []


async def test_an_expired_board_is_asked_for_anew(visitor: Visitor, gateway: Gateway) -> None:
    gateway.answer = lambda _device, _data: store.show("context", [store.COFFEE])
    page = await opened(visitor, clock=True)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    await page.clock.fast_forward(601_000)
    await until(lambda: gateway.asks)
    assert gateway.asks[0][1]["placement"] == "display-zone"


async def test_clear_takes_personal_content_off_and_puts_the_board_for_everybody_back(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", BOARD))
    gateway.show("display-1", store.show("personal", [store.COFFEE]))
    await expect(page.locator(".offer.lead")).to_contain_text("Ground coffee")
    gateway.tell("display-1", "cmd", {"command": "clear"})
    await expect(page.locator(".offer.lead")).to_contain_text(
        "Strawberries", timeout=patient(2_000)
    )
    assert "Ground coffee" not in await left_in(page)


async def test_personal_content_goes_after_a_minute_by_itself(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, clock=True)
    gateway.show(
        "display-1", store.show("personal", [store.COFFEE], expires_at=store.soon(86_400))
    )
    await expect(page.locator(".offer.lead")).to_contain_text("Ground coffee")
    await page.clock.fast_forward(61_000)
    await expect(page.locator("#board")).to_have_class("board house")


async def test_each_offer_leads_in_its_turn_and_a_whole_turn_is_proved(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, clock=True)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer.lead")).to_contain_text("Strawberries")
    await page.clock.run_for(8_100)
    await expect(page.locator(".offer.lead")).to_contain_text("White bread")
    await page.clock.run_for(16_000)
    await visitor.until(lambda: gateway.of_type("play") != [])
    play = gateway.of_type("play")[0]
    assert (play["decision_id"], play["creative_id"], play["completed"]) == (
        "d-context-3",
        "cr-1",
        True,
    )
    assert play["duration_ms"] >= 23_900


async def test_a_play_cut_short_is_told_as_not_completed(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    gateway.show("display-1", store.show("context", [store.COFFEE]))
    await visitor.until(lambda: gateway.of_type("play") != [])
    assert gateway.of_type("play")[0]["completed"] is False


async def test_a_proof_of_play_is_repeated_under_one_id_until_its_receipt(
    visitor: Visitor, gateway: Gateway
) -> None:
    tries: list[str] = []

    def third(event: dict[str, str]) -> dict[str, object] | None:
        tries.append(event["id"])
        return {"id": event["id"], "accepted": True} if len(tries) > 2 else None

    gateway.receipt = third
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    gateway.show("display-1", store.show("context", [store.COFFEE]))
    await visitor.until(lambda: gateway.of_type("play") != [])
    assert len(tries) >= 3
    assert len(set(tries)) == 1


async def test_a_proof_of_play_outlives_a_reload(visitor: Visitor, gateway: Gateway) -> None:
    gateway.receipt = lambda _event: None
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    gateway.show("display-1", store.show("context", [store.COFFEE]))
    await expect(page.locator(".offer")).to_have_count(1)
    assert "d-context-3" in await left_in(page)
    gateway.receipt = lambda event: {"id": event["id"], "accepted": True}
    await page.reload()
    await visitor.until(lambda: gateway.of_type("play") != [])
    assert gateway.of_type("play")[0]["decision_id"] == "d-context-3"


async def test_an_event_that_will_never_be_taken_does_not_hold_up_the_others(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.refuse = {"d-context-3"}
    page = await opened(visitor)
    for items in (BOARD, [store.COFFEE], [store.BREAD]):
        gateway.show("display-1", store.show("context", items, title=items[0]["headline"]))
        await expect(page.locator("h1")).to_have_text(items[0]["headline"])
    await visitor.until(lambda: gateway.of_type("play") != [])
    assert gateway.of_type("play")[0]["decision_id"] == "d-context-1"


async def test_the_picture_moves_a_little_so_that_nothing_burns_in(visitor: Visitor) -> None:
    page = await opened(visitor, clock=True)
    seen = set()
    for _ in range(4):
        seen.add(await page.locator("#stage").evaluate("stage => stage.style.translate"))
        await page.clock.run_for(60_000)
    assert len(seen) == 4


async def test_nothing_moves_for_those_who_asked_for_less_motion(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await page.emulate_media(reduced_motion="reduce")
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    assert await page.evaluate("document.getAnimations().length") == 0


async def test_the_key_leaves_the_address_at_once(visitor: Visitor) -> None:
    page = await opened(visitor)
    assert PASSWORD not in page.url
    assert PASSWORD not in await page.evaluate("document.documentElement.outerHTML")


async def test_a_page_signs_in_again_by_itself_when_the_gateway_lost_its_session(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.restart()
    await visitor.until(lambda: gateway.sign_ins["display-1"] == 2)
    await visitor.heard("display-1")
    gateway.show("display-1", store.show("context", [store.COFFEE]))
    await expect(page.locator(".offer.lead")).to_contain_text("Ground coffee")


async def test_whoever_finds_the_session_gone_waits_for_one_sign_in(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", BOARD))
    await expect(page.locator(".offer")).to_have_count(3)
    gateway.forget_sessions()
    gateway.show("display-1", store.show("context", [store.COFFEE]))
    gateway.restart()
    await visitor.until(lambda: gateway.of_type("play") != [])
    await visitor.heard("display-1")
    assert gateway.sign_ins["display-1"] == 2


async def test_a_wrong_key_leads_to_a_form_that_takes_the_right_one(visitor: Visitor) -> None:
    page = await visitor.open("/display/display-1", key="wrong")
    await expect(page.get_by_role("alert")).to_contain_text("this key")
    await page.get_by_label("Password of the device").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await visitor.heard("display-1")
    await expect(page.locator(".door")).to_have_count(0)


async def test_a_display_shows_its_name_when_asked(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    gateway.tell("display-1", "cmd", {"command": "identify"})
    await expect(page.locator(".nameplate")).to_have_text("display-1 · Fresh")


async def test_a_display_loads_anew_when_asked(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    async with page.expect_navigation():
        gateway.tell("display-1", "cmd", {"command": "reload"})
    await visitor.heard("display-1")


async def test_a_board_without_items_changes_nothing(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("display-1", store.show("context", [store.COFFEE]))
    gateway.tell("display-1", "show", store.show("fallback", []))
    gateway.tell("display-1", "cmd", {"command": "identify"})
    await expect(page.locator(".nameplate")).to_be_visible()
    await expect(page.locator(".offer.lead")).to_contain_text("Ground coffee")
