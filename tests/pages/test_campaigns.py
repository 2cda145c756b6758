"""A marketer without code, before the real doors and the real control tower."""

from __future__ import annotations

from playwright.async_api import FrameLocator, Page, expect

from edge.api.views.portfolio import Halt, Step
from edge.campaigns.authoring.document import PortfolioBody
from tests.edge.campaigns.authoring.bodies import a_portfolio, an_offer
from tests.pages.conftest import Visitor
from tests.pages.desk_steps import begin, offer_bread, opened, publish, step
from tests.pages.marketer import Desk
from tests.patience import until

BREAD: dict[str, object] = {"skus": ["110"], "category": "bread", "campaign": "bakery"}


def screen(page: Page, surface: str) -> FrameLocator:
    return page.frame_locator(f'iframe[src$="surface={surface}"]')


def bakery(**changed: object) -> PortfolioBody:
    return a_portfolio(an_offer("o-bread", **BREAD), id="bakery", name="Bakery", **changed)


async def stands(desk: Desk, **changed: object) -> None:
    await desk.portfolio.draft(bakery(**changed), "console: anna")
    await desk.portfolio.approve("bakery", Step(), "console: anna")
    assert (await desk.portfolio.publish("bakery", Step(), "console: anna")).published


async def test_from_an_idea_to_live_without_code(at_desk: Visitor, desk: Desk) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page)
    await expect(screen(page, "display").locator(".offer.lead")).to_contain_text("Rye bread")
    await publish(page)
    await until(lambda: desk.proposes("rolls-for-the-weekend-1"))
    await page.get_by_role("link", name="Campaigns").click()
    row = page.locator('[data-campaign="rolls-for-the-weekend"]')
    await expect(row).to_contain_text("live")


async def test_what_is_published_says_what_was_typed(at_desk: Visitor, desk: Desk) -> None:
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page)
    await page.get_by_label("Add a sentence").select_option("trips")
    await page.get_by_label("Redeemed by one person").fill("1")
    await publish(page)
    offer = await desk.portfolio.offer("rolls-for-the-weekend-1")
    assert (offer.skus, offer.category, offer.discount_cents) == (("110",), "bread", 20)
    assert (offer.channels, offer.placements) == (
        ("display", "kiosk"),
        ("display-zone", "kiosk-home"),
    )
    assert (offer.audience, offer.per_person, offer.segment) == ("trips >= 3", 1, "everybody")


async def test_each_step_is_open_only_after_the_one_before(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    await begin(page)
    steps = page.locator("#steps")
    for name in ("Save draft", "Approve", "Publish"):
        await expect(steps.get_by_role("button", name=name)).to_be_disabled()
    await expect(page.locator("#lacks")).to_contain_text("one product")
    await offer_bread(page)
    await step(page, "Save draft", "Nobody sees it yet")
    await expect(steps.get_by_role("button", name="Publish")).to_be_disabled()
    await page.get_by_label("The offer in one line").fill("Another line")
    await expect(steps.get_by_role("button", name="Approve")).to_be_disabled()


async def test_two_offers_that_collide_are_both_named(at_desk: Visitor, desk: Desk) -> None:
    await stands(desk)
    page = await opened(at_desk)
    await begin(page)
    await offer_bread(page, screens=["Kiosk"])
    await expect(page.locator("#tower .finding").first).to_contain_text("o-bread")


async def test_a_name_that_is_taken_overwrites_nothing(at_desk: Visitor, desk: Desk) -> None:
    await stands(desk)
    page = await opened(at_desk)
    await begin(page, "Bakery")
    await offer_bread(page)
    await step(page, "Save draft", "another name")
    assert len((await desk.portfolio.campaign("bakery")).versions) == 1


async def test_a_version_is_brought_back(at_desk: Visitor, desk: Desk) -> None:
    await stands(desk)
    page = await opened(at_desk)
    await page.get_by_role("button", name="Bakery").click()
    await page.get_by_label("The offer in one line").fill("A worse idea")
    await publish(page)
    assert (await desk.portfolio.offer("o-bread")).headline == "A worse idea"
    await page.get_by_role("button", name="Go back to 1").click()
    await expect(page.locator("#said")).to_contain_text("stands again")
    await expect(page.get_by_label("The offer in one line")).to_have_value("20 cents off milk")
    assert (await desk.portfolio.offer("o-bread")).headline == "20 cents off milk"


async def test_a_campaign_is_paused_from_the_list_and_goes_on(
    at_desk: Visitor, desk: Desk
) -> None:
    await stands(desk)
    page = await opened(at_desk)
    row = page.locator('[data-campaign="bakery"]')
    await row.get_by_role("button", name="Pause").click()
    await expect(row).to_contain_text("paused")
    await row.get_by_role("button", name="Go on").click()
    await expect(row).to_contain_text("live")


async def test_the_next_version_names_its_parent(at_desk: Visitor, desk: Desk) -> None:
    await stands(desk)
    page = await opened(at_desk)
    await page.get_by_role("button", name="Bakery").click()
    await page.get_by_role("button", name="Next version").click()
    await page.get_by_label("Badge").fill("New words")
    await step(page, "Save draft", "Saved as version 1")
    (body,) = (await desk.portfolio.version("bakery-v2", 1)).campaigns
    assert (body.parent, body.name, body.salt) == ("bakery", "Bakery v2", None)


async def test_the_list_counts_ranks_and_links_iterations(at_desk: Visitor, desk: Desk) -> None:
    await stands(desk)
    await desk.portfolio.draft(a_portfolio(id="june", impact=1, ease=1), "console")
    offer = an_offer("o-2", **{**BREAD, "campaign": "bakery-v2"})
    await desk.portfolio.draft(
        a_portfolio(offer, id="bakery-v2", name="Bakery v2", parent="bakery", impact=5),
        "console",
    )
    page = await opened(at_desk)
    await expect(page.get_by_label("The portfolio in figures")).to_contain_text("2draft")
    await expect(page.locator(".ranked li").first).to_contain_text("5 × 3 = 15")
    await expect(page.locator(".lines a")).to_have_text(["v1 Bakery", "v2 Bakery v2"])


async def test_a_paused_campaign_that_may_not_go_on_says_why(
    at_desk: Visitor, desk: Desk
) -> None:
    await stands(desk)
    await desk.portfolio.pause("bakery", Halt(), "console")
    page = await opened(at_desk)
    desk.shop.clock.pass_by(20 * 365 * 86_400)
    await page.locator('[data-campaign="bakery"]').get_by_role("button", name="Go on").click()
    await expect(page.locator("#told")).to_contain_text("may not")
