"""The form of a campaign: fields, fake screens, the tower's word beside each part; nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import FrameLocator, Page, expect

from edge.api.views.portfolio import Step
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.checks.findings import Fault
from edge.domain.audience import FACTS
from edge.domain.offer import OFFER_TYPES
from tests.edge.campaigns.authoring.bodies import a_portfolio, an_offer
from tests.pages.conftest import Visitor
from tests.pages.desk_steps import begin, offer_bread, opened, step
from tests.pages.gateway import WEB
from tests.pages.marketer import Desk

BREAD: dict[str, object] = {"skus": ["110"], "category": "bread", "campaign": "bakery"}


def screen(page: Page, surface: str) -> FrameLocator:
    return page.frame_locator(f'iframe[src$="surface={surface}"]')


def bakery(**changed: object) -> PortfolioBody:
    return a_portfolio(an_offer("o-bread", **BREAD), id="bakery", name="Bakery", **changed)


async def stands(desk: Desk, **changed: object) -> None:
    await desk.portfolio.draft(bakery(**changed), "console: anna")
    await desk.portfolio.approve("bakery", Step(), "console: anna")
    assert (await desk.portfolio.publish("bakery", Step(), "console: anna")).published


@pytest.mark.parametrize(
    ("screens", "surface", "at"),
    [
        ("Public displays", "display", ".offer.lead"),
        ("Kiosk", "kiosk", ".tile"),
        ("Associate’s tablet", "tablet", ".idea"),
        ("Till", "till", ".addon"),
    ],
)
async def test_every_screen_is_drawn_by_its_own_parts(
    at_desk: Visitor, screens: str, surface: str, at: str
) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page, screens=[screens])
    await page.get_by_label("Badge").fill("Save 20c")
    await expect(screen(page, surface).locator(at)).to_contain_text("Save 20c")
    await expect(page.locator(".fake-screen:visible")).to_have_count(1)


async def test_the_screens_speak_the_language_that_is_looked_at(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page, screens=["Kiosk"])
    await page.get_by_label("Add a language").select_option("es")
    await page.locator('[lang="es"]').get_by_label("Headline").fill("Pan, 20 centavos menos")
    await page.get_by_label("In which language").select_option("es")
    await expect(screen(page, "kiosk").locator(".badge")).to_have_text("Pan, 20 centavos menos")


async def test_the_tower_stands_beside_the_part_it_is_about_with_the_mend(
    at_desk: Visitor,
) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page, off="9.00")
    found = page.locator('.findings[data-place="what"] .finding')
    await expect(found.first).to_be_visible()
    await expect(found.first.locator(".mend")).not_to_be_empty()
    await expect(page.locator("#tower h2")).to_contain_text("says no")
    await step(page, "Save draft", "Saved")
    await step(page, "Approve", "Approved")
    await step(page, "Publish", "keeps it off the screens")


async def test_a_reload_brings_back_what_was_typed(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    await begin(page, "Half a thought")
    await page.get_by_label("The offer in one line").fill("Not yet")
    await page.reload()
    await expect(page.get_by_label("Name of the campaign")).to_have_value("Half a thought")
    await expect(page.get_by_label("The offer in one line")).to_have_value("Not yet")
    await page.get_by_role("button", name="Throw away").click()
    await expect(page.get_by_label("Name of the campaign")).to_have_value("")


async def test_a_refusal_leaves_the_form_as_it_is(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page)
    await page.get_by_label("Segment").fill("")
    await expect(page.locator('.findings[data-place="who"] .finding')).to_be_visible()
    await step(page, "Save draft", "did not take it")
    await expect(page.get_by_label("The offer in one line")).to_have_value(
        "20 cents off rye bread"
    )


async def test_a_store_that_is_away_takes_nothing_from_the_form(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page)
    await page.context.set_offline(offline=True)
    await step(page, "Save draft", "cannot be reached")
    await expect(page.get_by_label("Name of the campaign")).to_have_value(
        "Rolls for the weekend"
    )
    await page.context.set_offline(offline=False)
    await step(page, "Save draft", "Saved as version 1")


async def test_several_ways_become_a_test_and_a_learner(at_desk: Visitor, desk: Desk) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page)
    await page.get_by_role("button", name="Say it another way").click()
    await (
        page.locator('[data-creative="second"]')
        .get_by_label("Headline")
        .fill("A good week for bread")
    )
    await page.get_by_text("Test them against each other").click()
    await step(page, "Save draft", "Saved")
    (body,) = (await desk.portfolio.version("rolls-for-the-weekend", 1)).campaigns
    assert [(v.name, v.creatives) for v in body.variants] == [
        ("first", ("first",)),
        ("second", ("second",)),
    ]
    await page.get_by_text("Learn which works").click()
    await step(page, "Save draft", "Saved as version 2")
    (body,) = (await desk.portfolio.version("rolls-for-the-weekend", 2)).campaigns
    assert (body.bandit, body.variants) == (True, ())


async def test_hours_and_dates_are_the_stores_own(at_desk: Visitor, desk: Desk) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page)
    await page.get_by_label("Starts").fill("2026-12-01T09:00")
    await page.get_by_role("button", name="Only at certain hours").click()
    await page.get_by_text("Sun", exact=True).click()
    await step(page, "Save draft", "Saved")
    told = await desk.portfolio.version("rolls-for-the-weekend", 1)
    (body,), (offer,) = told.campaigns, told.offers
    assert (body.starts_at, offer.starts_at) == (body.starts_at, body.starts_at)
    assert body.starts_at.isoformat() == "2026-12-01T09:00:00+00:00"
    assert [(w.first_hour, w.last_hour, w.days) for w in body.windows] == [
        (16, 20, (1, 2, 3, 4, 5, 6))
    ]


async def test_the_whole_way_works_with_the_keyboard_alone(
    at_desk: Visitor, desk: Desk
) -> None:
    page = await opened(at_desk)
    await page.get_by_role("link", name="New campaign").press("Enter")
    await page.get_by_label("Name of the campaign").press_sequentially("Keys")
    await page.get_by_label("Products: find them").press_sequentially("rye")
    await page.get_by_role("button", name="Rye bread").wait_for()
    await page.get_by_label("Products: find them").press("Enter")
    await page.get_by_label("The offer in one line").press_sequentially("Bread")
    await page.get_by_label("Kiosk", exact=True).press("Space")
    await page.get_by_role("button", name="Save draft").press("Enter")
    await expect(page.locator("#said")).to_contain_text("Saved")
    assert (await desk.portfolio.campaign("keys")).campaign.offers == 1


async def test_every_control_of_the_form_has_a_name(at_desk: Visitor, desk: Desk) -> None:
    await stands(desk, windows=[{"first_hour": 8, "last_hour": 12}])
    page = await opened(at_desk)
    await page.get_by_role("button", name="Bakery").click()
    await page.get_by_label("Add a sentence").select_option("spend")
    nameless = """() => [...document.querySelectorAll("main :is(input, select, textarea, button, iframe)")]
        .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.title || one.textContent.trim()))
        .map((one) => one.outerHTML)"""
    assert await page.evaluate(nameless) == []
    twice = """() => {
        const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
        return ids.filter((id, at) => ids.indexOf(id) !== at);
    }"""
    assert await page.evaluate(twice) == []


async def test_closed_lists_of_the_form_are_those_of_the_store() -> None:
    draft = (WEB / "campaigns" / "campaign-draft.js").read_text()
    kinds = set(
        re.findall(
            r'(?:^|[{,])\s*"?([a-z-]+)"?: "',
            draft.split("TYPES = {")[1].split("};")[0],
            re.MULTILINE,
        )
    )
    assert kinds == set(OFFER_TYPES)


async def test_everything_that_the_tower_finds_has_its_place_in_the_form() -> None:
    places = (
        (WEB / "campaigns" / "findings.js").read_text().split("PLACES = {")[1].split("\n};")[0]
    )
    assert set(re.findall(r'"([a-z-]+)"', places)) == {fault.value for fault in Fault}


async def test_sentences_read_facts_that_there_are() -> None:
    source = (
        (WEB / "campaigns" / "audience.js")
        .read_text()
        .split("SENTENCES = {")[1]
        .split("\n};")[0]
    )
    written = re.findall(r"write: \([^)]*\) => (.*?), reads", source)
    named = {name for text in written for name in re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", text)}
    assert named & FACTS.keys() >= {"trips", "segments", "hour", "basket_cents"}
    assert named - FACTS.keys() - {"text", "name", "n", "a", "b", "in", "cents"} == set()
