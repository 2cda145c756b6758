from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.pages import floor, records, store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.traces import left_in


async def opened(visitor: Visitor, *, clock: bool = False) -> Page:
    page = await visitor.open("/", wait="console", clock=clock)
    await expect(page.locator("h1")).to_have_text("Maple Street")
    return page


def lane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


async def test_health_comes_first_and_says_what_needs_a_look(visitor: Visitor) -> None:
    page = await opened(visitor)
    health = page.locator("#health")
    for words in (
        "Running",
        "6 of 7",
        "Connected",
        "waiting, oldest 1.2 s",
        "grocer@2026.11",
        "p99 6.4 ms",
        "p99 24 ms",
    ):
        await expect(health).to_contain_text(words)
    await expect(health.get_by_role("img", name="needs a look")).to_have_count(1)


async def test_a_hub_that_is_cut_off_is_told_and_that_the_store_goes_on(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    hub: store.Json = {"state": "down", "last_contact_s": None, "events": None, "streams": {}}
    gateway.tell("console", "overview", store.overview(hub=hub))
    await expect(page.locator("#health")).to_contain_text("Cut off")
    await expect(page.locator("#health")).to_contain_text("alone")


async def test_the_hit_rate_stands_beside_its_baseline(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await expect(page.locator("#rate")).to_contain_text("67.2 %")
    await expect(page.locator("#rate")).to_contain_text("58.1 %")
    gateway.tell(
        "console",
        "overview",
        store.overview(hit_rate_at_10={"value": None, "baseline": None, "visits": 0}),
    )
    await expect(page.locator("#rate")).to_contain_text("first known visit")


async def test_figures_without_values_do_not_break_the_page(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    none = {"p50": None, "p99": None}
    empty = store.overview(
        latency_ms={"decision": none, "signal_to_screen": none},
        devices=[],
        consents={},
        refusals={},
        rungs={},
        pages=[],
        model={"label": "local@1", "digest": None, "fallback": True},
    )
    gateway.tell("console", "overview", empty)
    await expect(page.locator("#health")).to_contain_text("own counts")
    await expect(page.locator("#consents")).to_contain_text("Nobody has agreed")


async def test_devices_consents_refusals_inputs_and_screens_are_listed(
    visitor: Visitor,
) -> None:
    page = await opened(visitor)
    await expect(page.locator("#devices")).to_contain_text("till-2")
    await expect(page.locator("#consents")).to_contain_text("Personalise private")
    await expect(page.locator("#refusals")).to_contain_text("Unknown beacon")
    await expect(page.locator("#rungs")).to_contain_text("with care")
    assert await page.locator("#pages").get_by_role("link").count() == 5


async def test_a_device_whose_clock_is_off_is_named(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    till = {"name": "till-9", "class": "pos", "state": "ready", "zone": "checkout"}
    slow, near = {**till, "clock_off_s": -7200.0}, {**till, "clock_off_s": 59.0}
    for devices, words in (([slow], ["clock 2 h behind"]), ([near], [])):
        gateway.tell("console", "overview", store.overview(devices=devices))
        await expect(page.locator("#devices tr")).to_have_count(1)
        await expect(page.locator("#devices .pill.warn")).to_have_text(words)


async def test_a_shopper_walks_from_zone_to_zone(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    gateway.tell("console", "visit", floor.arrival("v1", "Quiet Otter"))
    await expect(lane(page, "Entrance")).to_contain_text("Quiet Otter")
    gateway.tell(
        "console",
        "visit",
        {**floor.arrival("v1", "Quiet Otter", zone="chilled"), "phase": "zone"},
    )
    await expect(lane(page, "Chilled")).to_contain_text("Quiet Otter")
    await expect(lane(page, "Entrance")).not_to_contain_text("Quiet Otter")


async def test_a_stranger_becomes_known_on_the_same_card(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.tell("console", "visit", floor.arrival("v1", "anonymous", "anonymous_context"))
    await expect(page.locator(".guest")).to_contain_text("Anonymous")
    gateway.tell(
        "console",
        "visit",
        {**floor.arrival("v1", "Quiet Otter", "pos_loyalty"), "phase": "identified"},
    )
    await expect(page.locator(".guest")).to_contain_text("Quiet Otter")
    await expect(page.locator("#present")).to_have_text("1 here · 1 known")


async def test_what_was_picked_at_arrival_and_then_bought_is_ticked(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.tell("console", "visit", floor.arrival("v1", "Quiet Otter"))
    gateway.tell("console", "decision", floor.decision(1, "v1", "Quiet Otter", "arrival"))
    gateway.tell(
        "console", "basket", floor.basket("v1", "Quiet Otter", 3, [store.EGGS["item_id"]])
    )
    await expect(page.locator(".pick.bought")).to_contain_text("Extra large eggs")
    await expect(page.locator(".guest")).to_contain_text("1 hit")
    await expect(page.locator(".guest")).to_contain_text("$4.51")


async def test_a_visit_that_ended_leaves_after_a_moment(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor, clock=True)
    gateway.tell("console", "visit", floor.arrival("v1", "Quiet Otter"))
    gateway.tell(
        "console",
        "visit",
        {**floor.arrival("v1", "Quiet Otter"), "phase": "ended", "reason": "withdrawn"},
    )
    await expect(page.locator(".guest")).to_contain_text("took consent back")
    await page.clock.run_for(6_100)
    await expect(page.locator("#present")).to_have_text("nobody just now")


async def test_those_who_were_here_before_the_page_are_found(
    visitor: Visitor, gateway: Gateway
) -> None:
    row = {
        "visit": "v9",
        "who": "Brave Heron",
        "method": "app_beacon",
        "zone": "fresh",
        "opened_at": store.soon(-9),
        "seen_at": store.soon(-1),
    }
    gateway.records["/v1/visits"] = [
        {**row, "ended_at": None, "ended": None},
        {**row, "visit": "v8", "ended_at": store.soon(-1), "ended": "paid"},
    ]
    page = await opened(visitor)
    await expect(lane(page, "Fresh")).to_contain_text("Brave Heron")
    await expect(page.locator(".guest")).to_have_count(1)


async def test_a_decision_opens_why_this_and_why_not_that(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.records["/v1/decisions/d-1"] = records.DECISION
    page = await opened(visitor)
    gateway.tell("console", "decision", floor.decision(1, "v1", "Quiet Otter", "arrival"))
    await page.locator("#decisions button").click()
    drawer = page.locator("#why")
    for words in (
        "chosen first",
        "White milk",
        "61.2 %",
        "Bought just now",
        "Offer shown often enough",
        "5400 s old, degrade",
        "0.88 ms",
    ):
        await expect(drawer).to_contain_text(words)
    await page.keyboard.press("Escape")
    await expect(drawer).not_to_be_visible()


async def test_a_decision_tells_its_terms_its_creative_its_arms_and_what_was_withheld(
    visitor: Visitor, gateway: Gateway
) -> None:
    gateway.records["/v1/decisions/d-1"] = records.DECISION
    page = await opened(visitor)
    gateway.tell("console", "decision", floor.decision(1, "v1", "Quiet Otter", "arrival"))
    await page.locator("#decisions button").click()
    for words in (
        "timely: +20 % · cost to privacy: 50 % · trust: 80 %",
        "said as “idea”, drawn with 47.5 %",
        "chips: idea, rolls: held-out",
        "o-rolls",
    ):
        await expect(page.locator("#why")).to_contain_text(words)


async def test_the_console_leads_to_campaigns_and_tests(visitor: Visitor) -> None:
    page = await opened(visitor)
    ways = page.get_by_role("navigation", name="Console").get_by_role("link")
    assert [await way.get_attribute("href") for way in await ways.all()] == [
        "/",
        "/campaigns",
        "/experiments",
    ]


async def test_a_decision_that_is_gone_says_so(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    gateway.tell("console", "decision", floor.decision(1, "v1", "Quiet Otter", "arrival"))
    await page.locator("#decisions button").click()
    await expect(page.locator("#why")).to_contain_text("no longer")


async def test_the_feed_keeps_the_newest_and_marks_what_was_answered(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    for number in range(60):
        gateway.tell(
            "console", "decision", floor.decision(number, "v1", "Quiet Otter", "tablet-card")
        )
    gateway.tell("console", "feedback", {"decision_id": "d-59", "action": "decline"})
    await expect(page.locator("#decisions li")).to_have_count(40)
    await expect(page.locator("#decisions li").first).to_contain_text("declined")


async def test_pause_all_is_one_press_and_one_press_back(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await page.get_by_role("button", name="Pause all").click()
    await expect(page.get_by_role("alert")).to_contain_text("paused")
    await page.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("alert")).to_be_hidden()
    assert gateway.posts == [("/v1/pause", {"paused": True}), ("/v1/pause", {"paused": False})]


async def test_the_last_known_state_stays_when_the_service_is_away(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    gateway.tell("console", "visit", floor.arrival("v1", "Quiet Otter"))
    await expect(page.locator(".guest")).to_have_count(1)
    gateway.cut()
    await expect(page.locator("#health")).to_contain_text("Not reached")
    await expect(page.locator(".guest")).to_have_count(1)


async def test_the_admin_key_is_asked_for_and_not_left_in_the_page(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await visitor.open("/", key=None)
    await page.get_by_label("Admin key of the store").fill("right-horse")
    await page.get_by_role("button", name="Connect").click()
    await expect(page.locator("#store")).to_have_text("Maple Street")
    assert "right-horse" not in page.url
    gateway.cut()
    assert "right-horse" not in await page.evaluate("document.documentElement.outerHTML")


async def test_links_lead_to_this_store_only(visitor: Visitor, gateway: Gateway) -> None:
    page = await opened(visitor)
    pages = [
        {"title": t, "url": u}
        for t, u in (
            ("a", "https://else.example/"),
            ("b", "javascript:alert(1)"),
            ("c", "/kiosk/kiosk-9"),
        )
    ]
    gateway.tell("console", "overview", store.overview(pages=pages))
    await expect(page.locator("#pages").get_by_role("link")).to_have_count(1)
    assert "else.example" not in await left_in(page)


async def test_the_clock_is_the_stores_own_where_its_zone_is_known(
    visitor: Visitor, gateway: Gateway
) -> None:
    page = await opened(visitor)
    await expect(page.locator("#clock")).to_have_text("Wed 6 Dec, 17:42:10 UTC")
    there = {**store.overview()["store"], "timezone": "America/New_York", "speed": 0}
    gateway.tell("console", "overview", store.overview(store=there))
    await expect(page.locator("#clock")).to_have_text("Wed 6 Dec, 12:42:10")
    await expect(page.locator("#speed")).to_have_text("")
