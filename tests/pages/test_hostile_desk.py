"""Whatever a campaign, a picture, a test or a trigger is called: the console's pages show words and do nothing."""

from __future__ import annotations

from playwright.async_api import expect

from edge.api.views.portfolio import FindingView, Judgement
from edge.campaigns.authoring.document import PortfolioBody
from tests.edge.api.fakes import PASSWORD
from tests.edge.campaigns.authoring.bodies import a_portfolio, an_offer
from tests.pages import trials
from tests.pages.conftest import Visitor
from tests.pages.desk_steps import opened
from tests.pages.marketer import Desk
from tests.pages.test_hostile_words import VECTORS, assert_only_words

# Characters of direction are refused in what is kept.
KEPT = [words for words in VECTORS if words.isprintable()]


def called(words: str, number: int) -> PortfolioBody:
    modules = dict.fromkeys(("headline", "text", "disclaimer"), words)
    offer = an_offer(
        f"o-{number}",
        skus=["110"],
        category=words,
        segment=words,
        headline=words,
        campaign=f"c-{number}",
        creatives=[{"id": "plain", "modules": {"en": modules}}],
    )
    return a_portfolio(offer, id=f"c-{number}", name=words)


async def test_campaigns_show_words_only(at_desk: Visitor, desk: Desk) -> None:
    for number, words in enumerate(KEPT):
        await desk.portfolio.draft(called(words, number), "console")
    page = await opened(at_desk)
    for words in KEPT:
        await assert_only_words(page, words, at_least=2)


async def test_a_form_and_its_screens_show_words_only(at_desk: Visitor, desk: Desk) -> None:
    for number, words in enumerate(KEPT[:4]):
        await desk.portfolio.draft(called(words, number), "console")
        page = await opened(at_desk)
        await page.locator(f'[data-campaign="c-{number}"] button').first.click()
        await expect(page.get_by_label("The offer in one line")).to_have_value(words)
        badge = page.frame_locator('iframe[src$="=kiosk"]').locator(".badge")
        await expect(badge).to_have_text(words.strip())
        assert await page.evaluate("window.hit === undefined")
        assert await page.frames[1].evaluate(
            "window.hit === undefined && !document.querySelector('.badge *')"
        )
        await page.close()


async def test_what_the_tower_says_shows_words_only(at_desk: Visitor, desk: Desk) -> None:
    await desk.portfolio.draft(called("Plain", 1), "console")
    page = await opened(at_desk)
    told = [FindingView(code=w, grade=w, culprits=(w, w), says=w, mend=w) for w in VECTORS]
    body = Judgement(published=False, findings=tuple(told)).model_dump_json()
    await page.route(
        "**/v1/portfolio/check",
        lambda route: route.fulfill(body=body, content_type="application/json"),
    )
    await page.get_by_role("button", name="Plain").first.click()
    await expect(page.locator("#tower .finding")).to_have_count(len(VECTORS))
    tower = page.locator("#tower")
    for words in VECTORS:
        await expect(tower).to_contain_text(words)
    await expect(tower.locator("img, script, iframe, a, form, style, base")).to_have_count(0)
    assert await page.evaluate("window.hit === undefined")


async def test_tests_show_words_only(at_desk: Visitor, desk: Desk) -> None:
    desk.trials.tests = [
        trials.trial(
            words,
            words,
            state=words,
            people={words: 5},
            headline=trials.compared(words=words, metric=words, segment=words),
        )
        for words in VECTORS
    ]
    page = await at_desk.open("/experiments", key=PASSWORD)
    for words in VECTORS:
        await assert_only_words(page, words, at_least=5)
