"""Tests as they run, the winner made the rule, and the board of key figures."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from edge.api.services.uplift_text import uplift_view
from edge.api.views.experiments import IntervalView
from edge.campaigns.experiments.campaign_uplift import campaign_uplift
from edge.campaigns.experiments.results import ExperimentEvidence
from tests.edge.api.fakes import NOW, PASSWORD
from tests.pages import trials
from tests.pages.conftest import Visitor
from tests.pages.marketer import Desk


async def opened(visitor: Visitor, *, clock: bool = False) -> Page:
    page = await visitor.open("/experiments", key=PASSWORD, clock=clock)
    await expect(page.locator("#tests > .test").first).to_be_visible()
    await expect(page.locator("#triggers")).to_contain_text("Due again")
    return page


def test_of(page: Page, id_: str) -> Locator:
    return page.locator(f'[data-test="{id_}"]')


test_of.__test__ = False  # type: ignore[attr-defined]  # a finder, not a test


async def test_a_running_test_says_what_it_brings_in_the_stores_own_words(
    at_desk: Visitor,
) -> None:
    page = await opened(at_desk)
    rolls = test_of(page, "rolls-v3")
    for words in (
        "+3.4 %",
        "+1.2 % … +5.6 %",
        "second does more than first",
        "2,140",
        "live",
        "version 3 of 3",
    ):
        await expect(rolls).to_contain_text(words)
    await expect(rolls.locator(".interval.good")).to_have_count(1)


async def test_an_interval_is_drawn_to_scale_around_nought(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    drawn = test_of(page, "rolls-v3").locator(".interval")
    nought = float(await drawn.locator(".nought").get_attribute("x1") or 0)
    left = float(await drawn.locator(".range").get_attribute("x") or 0)
    wide = float(await drawn.locator(".range").get_attribute("width") or 0)
    value = float(await drawn.locator(".value").get_attribute("cx") or 0)
    assert nought < left < value < left + wide
    assert (left - nought) / (value - nought) == pytest.approx(0.012 / 0.034, rel=0.01)
    assert (left + wide - nought) / (value - nought) == pytest.approx(0.056 / 0.034, rel=0.01)


async def test_too_few_people_is_progress_and_not_a_figure(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    eggs = test_of(page, "eggs")
    await expect(eggs).to_contain_text("197 of at least 400")
    await expect(eggs.locator(".interval")).to_have_count(0)
    await expect(eggs.get_by_role("button", name="rule")).to_have_count(0)


async def test_people_who_fell_wrongly_are_an_alarm_and_nothing_is_green(
    at_desk: Visitor,
) -> None:
    page = await opened(at_desk)
    milk = test_of(page, "milk")
    await expect(milk.get_by_role("alert")).to_contain_text("believe no figure")
    await expect(milk.locator(".interval.good")).to_have_count(0)


async def test_a_switchback_tells_its_pairs(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    await expect(test_of(page, "wall")).to_contain_text("42 pairs of stretches")
    await expect(test_of(page, "wall")).to_contain_text("hours")


async def test_a_test_opens_by_segment_and_version_and_stays_open(at_desk: Visitor) -> None:
    page = await opened(at_desk, clock=True)
    await page.get_by_role("button", name="the weekend v3").press("Enter")
    rolls = test_of(page, "rolls-v3")
    for words in ("regular", "new here", "v1 Rolls", "v2 Rolls v2", "chance 41.0 %"):
        await expect(rolls).to_contain_text(words)
    await page.clock.run_for(6_000)
    await expect(rolls.locator(".iterations li")).to_have_count(3)
    focused = "document.activeElement.id"
    assert await page.evaluate(focused) == "test-rolls-v3"


async def test_an_opened_test_says_whom_it_moves(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    await page.get_by_role("button", name="the weekend v3").click()
    moved = test_of(page, "rolls-v3").locator(".uplift")
    for words in ("It moves some more than others", "The third moved most", "moved least"):
        await expect(moved).to_contain_text(words)
    await expect(moved.locator(".interval")).to_have_count(4)


async def test_a_test_that_may_not_say_whom_it_moves_says_why(
    at_desk: Visitor, desk: Desk
) -> None:
    nobody = ExperimentEvidence(
        id="rolls-v3", name="Rolls", shares={"first": 0.5, "second": 0.5}
    )
    closed = uplift_view(campaign_uplift(nobody, NOW))
    desk.trials.report = trials.REPORT.model_copy(update={"uplift": closed})
    page = await opened(at_desk)
    await page.get_by_role("button", name="the weekend v3").click()
    moved = test_of(page, "rolls-v3").locator(".uplift")
    await expect(moved).to_have_attribute("data-closed", "no-holdout")
    await expect(moved.locator(".interval")).to_have_count(0)


async def test_the_winner_becomes_the_rule_after_one_question(
    at_desk: Visitor, desk: Desk
) -> None:
    page = await opened(at_desk)
    await page.get_by_role("button", name="the weekend v3").click()
    await page.get_by_role("button", name="Make “second” the rule").click()
    await expect(page.get_by_role("dialog")).to_contain_text("being measured")
    assert desk.trials.promoted == []
    await page.get_by_role("button", name="Make it the rule").click()
    await expect(page.locator("#told")).to_contain_text("is the rule")
    assert desk.trials.promoted == [("rolls-v3", "second")]


async def test_a_question_that_is_answered_with_no_changes_nothing(
    at_desk: Visitor, desk: Desk
) -> None:
    page = await opened(at_desk)
    await page.get_by_role("button", name="the weekend v3").click()
    await page.get_by_role("button", name="Make “second” the rule").click()
    await page.get_by_role("button", name="Go on testing").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert desk.trials.promoted == []


async def test_a_refused_winner_says_why(at_desk: Visitor, desk: Desk) -> None:
    desk.trials.refuses = True
    page = await opened(at_desk)
    await page.get_by_role("button", name="the weekend v3").click()
    await page.get_by_role("button", name="Make “second” the rule").click()
    await page.get_by_role("button", name="Make it the rule").click()
    await expect(page.locator("#told")).to_contain_text("more people")


async def test_an_arm_that_loses_to_those_held_out_can_be_stopped(
    at_desk: Visitor, desk: Desk
) -> None:
    worse = trials.compared(
        arm="first",
        against="held-out",
        relative=IntervalView(value=-0.03, low=-0.05, high=-0.01),
    )
    desk.trials.report = trials.REPORT.model_copy(update={"compared": (worse,)})
    page = await opened(at_desk)
    await page.get_by_role("button", name="the weekend v3").click()
    await page.get_by_role("button", name="Stop it: without it is better").click()
    await page.get_by_role("button", name="Stop it", exact=True).click()
    await expect(page.locator("#told")).to_contain_text("is stopped")
    assert desk.trials.promoted == [("rolls-v3", "held-out")]


async def test_results_move_by_themselves(at_desk: Visitor, desk: Desk) -> None:
    page = await opened(at_desk, clock=True)
    desk.trials.tests = [
        trials.trial("new", "A new test", people={"held-out": 1, "treated": 9})
    ]
    await page.clock.run_for(6_000)
    await expect(page.locator("#tests")).to_contain_text("A new test")


async def test_key_figures_bounties_and_triggers_are_on_the_board(at_desk: Visitor) -> None:
    page = await opened(at_desk)
    board = page.locator("#board")
    for words in (
        "$12,841.13",
        "43.1 %",
        "too little to tell yet",
        "4.4 of five",
        "E mail captured",
        "$24.00",
        "22.5 %",
        "Three of the week",
    ):
        await expect(board).to_contain_text(words)
    await expect(page.locator("#triggers")).to_contain_text("Due again")
    await expect(page.locator("#triggers")).to_contain_text("3 sent")


async def test_the_last_figures_stay_when_the_store_is_away(
    at_desk: Visitor, desk: Desk
) -> None:
    page = await opened(at_desk)
    desk.store.feed.close()
    await expect(page.locator("#tests")).to_contain_text("the weekend v3")
