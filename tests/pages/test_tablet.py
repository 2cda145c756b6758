from __future__ import annotations

from playwright.async_api import Page, expect

from tests.pages import store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.traces import left_in
from tests.patience import patient

ITEMS = [store.MILK, store.COFFEE, store.CHIPS]


async def opened(visitor: Visitor, *, clock: bool = False) -> Page:
    page = await visitor.open("/tablet?device=tablet-1", wait="tablet-1", clock=clock)
    await expect(page.locator("#line")).to_have_text("Connected")
    return page


async def test_a_card_tells_who_how_where_what_to_say_and_what_not(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
    card = page.locator(".person")
    for words in (
        "Quiet Otter",
        "by their app",
        "Fresh",
        "Say:",
        "Avoid:",
        "White milk",
        "You may be running low",
        "$2.49",
    ):
        await expect(card).to_contain_text(words)


async def test_one_tap_tells_the_store_what_came_of_a_suggestion(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
    for name in ("Said it", "Declined", "Not relevant"):
        await page.get_by_role("button", name=name, disabled=False).first.click()
    await visitor.until(lambda: len(gateway.of_type("feedback")) == 3)
    told = [(f["item_id"], f["action"]) for f in gateway.of_type("feedback")]
    assert told == [
        (i["item_id"], a) for i, a in zip(ITEMS, ("said", "decline", "not-for-me"), strict=True)
    ]


async def test_a_newer_show_of_the_same_visit_replaces_its_card(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
    gateway.show(
        "tablet-1", {**store.card("7f3a1c", "Quiet Otter", [store.SALSA]), "decision_id": "d-2"}
    )
    await expect(page.locator(".person")).to_have_count(1)
    await expect(page.locator(".person")).to_contain_text("Mild salsa")
    await expect(page.locator("h1")).to_contain_text("One person")


async def test_a_card_leaves_when_its_time_is_over(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor, clock=True)
    gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
    await expect(page.locator(".person")).to_have_count(1)
    await page.clock.run_for(61_000)
    await expect(page.locator("h1")).to_contain_text("Nobody")


async def test_a_repeated_show_keeps_its_card_and_the_taps_on_it(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    for _ in range(2):
        gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
        await page.get_by_role("button", name="Said it").first.click(
            timeout=patient(1_000), force=True
        )
    await expect(page.get_by_role("button", name="Said it").first).to_be_disabled()


async def test_a_show_that_came_too_late_is_not_shown(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show(
        "tablet-1", {**store.card("1", "Quiet Otter", ITEMS), "expires_at": store.soon(-5)}
    )
    gateway.show("tablet-1", store.card("2", "Amber Finch", ITEMS))
    await expect(page.locator(".person")).to_contain_text("Amber Finch")


async def test_clear_takes_every_card_away(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
    await expect(page.locator(".person")).to_have_count(1)
    gateway.tell("tablet-1", "cmd", {"command": "clear"})
    await expect(page.locator(".person")).to_have_count(0, timeout=patient(2_000))
    assert "Otter" not in await left_in(page)


async def test_clear_for_one_visit_leaves_the_other_cards(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    for visit, alias in (("7f3a1c", "Quiet Otter"), ("09be44", "Amber Finch")):
        gateway.show("tablet-1", store.card(visit, alias, ITEMS))
    await expect(page.locator(".person")).to_have_count(2)
    gateway.tell("tablet-1", "cmd", {"command": "clear", "visit": "7f3a1c"})
    await expect(page.locator(".person")).to_have_count(1, timeout=patient(2_000))
    assert "Otter" not in await left_in(page)
    await expect(page.locator("h1")).to_contain_text("One person")


async def test_after_a_reload_the_tablet_asks_who_is_here(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.answer = lambda _device, _data: store.card("7f3a1c", "Quiet Otter", ITEMS)
    await page.reload()
    await expect(page.locator(".person")).to_contain_text("Quiet Otter")


async def test_taps_without_a_line_are_kept_over_a_reload_and_sent_later(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.receipt = lambda _event: None
    gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
    await page.get_by_role("button", name="Said it").first.click()
    await expect(page.locator("#unsent")).to_have_text("1 not sent yet")
    left = await left_in(page)
    await page.reload()
    gateway.receipt = lambda event: {"id": event["id"], "accepted": True}
    await visitor.until(lambda: gateway.of_type("feedback") != [])
    assert "said" in left
    assert "Otter" not in await left_in(page)


async def test_a_cut_line_is_said_and_cards_stay_their_time(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("tablet-1", store.card("7f3a1c", "Quiet Otter", ITEMS))
    await expect(page.locator(".person")).to_have_count(1)
    gateway.cut()
    await expect(page.locator("#line")).to_contain_text("Not connected")
    await expect(page.locator(".person")).to_have_count(1)


async def test_content_for_everybody_is_not_a_person(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.show("tablet-1", store.show("context", ITEMS))
    gateway.tell("tablet-1", "cmd", {"command": "identify"})
    await expect(page.locator(".nameplate")).to_have_text("tablet-1")
    await expect(page.locator(".person")).to_have_count(0)


async def test_the_tablet_can_be_installed(visitor: Visitor) -> None:
    page = await opened(visitor)
    manifest = await page.evaluate(
        "fetch(document.querySelector('[rel=manifest]').href).then((r) => r.json())"
    )
    assert (manifest["start_url"], manifest["display"]) == ("/tablet", "standalone")
