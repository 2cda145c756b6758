"""The card "Model" of the console, shown what the real service told of a shop's first weeks."""

from __future__ import annotations

import copy

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.pages import model_records, store
from tests.pages.conftest import Visitor
from tests.pages.gateway import Gateway
from tests.pages.model_records import Json, ModelRecords


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(tmp_path_factory: pytest.TempPathFactory) -> ModelRecords:
    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:
        # The keys of whoever runs the tests are none of theirs.
        patch.setenv("XDG_CONFIG_HOME", str(folder / "own"))
        return await model_records.made(folder / "store")


async def shown(visitor: Visitor, gateway: Gateway, model: Json) -> tuple[Page, Locator]:
    """The console with this model, and its card."""
    page = await visitor.open("/", wait="console")
    gateway.tell("console", "overview", store.overview(model=model))
    card = page.get_by_role("region", name="Model", exact=True)
    await expect(card).to_contain_text(model["label"])
    return page, card


def health(page: Page) -> Locator:
    return page.locator("#health .cell", has_text="Model")


async def test_before_anything_is_learnt_the_card_says_who_answers(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    page, card = await shown(visitor, gateway, told.opened)
    await expect(card.locator(".answer[data-by=counts]")).to_contain_text("own counts")
    await expect(card).to_contain_text("No night yet")
    assert await card.get_by_role("table").count() == 0
    await expect(health(page)).to_have_class("cell good")


async def test_too_little_sold_is_told_with_how_much_it_was(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    _, card = await shown(visitor, gateway, told.first_day)
    await expect(card.locator("[data-verdict=too-little] .pill")).to_contain_text("Too little")
    await expect(card).to_contain_text(f"{told.first_day['night']['baskets']} baskets")


async def test_the_store_s_own_model_shows_what_it_knows_and_how_it_was_judged(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    _, card = await shown(visitor, gateway, told.learnt)
    await expect(card.locator(".answer[data-by=own]")).to_contain_text("own model")
    await expect(card.locator(".ratio")).to_have_text(
        ["Goods on sale100.0 %", "Last week's lines100.0 %"]
    )
    await expect(card.locator(".verdict .pill")).to_have_text("Activated")
    (judged,) = await card.get_by_role("table").all()
    lists = told.learnt["night"]["trial"]["lists"]
    for one in lists:
        row = judged.locator(f"tr[data-list={one['name']}]")
        await expect(row).to_contain_text(f"{one['low']:.3f} – {one['high']:.3f}")
    assert await judged.get_by_role("rowheader").count() == len(lists) == 3


async def test_a_day_that_was_left_out_is_named_with_the_reason(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    _, card = await shown(visitor, gateway, told.learnt)
    await expect(card.locator(".days-out li")).to_have_count(1)
    await expect(card.locator(".days-out")).to_contain_text("more baskets")


async def test_a_night_that_was_kept_back_says_than_what_it_was_worse(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    page, card = await shown(visitor, gateway, told.kept_back)
    await expect(card.locator(".verdict .pill.warn")).to_have_text("Kept back")
    for rival in ("own counts", "in use"):
        await expect(card.locator(".verdict")).to_contain_text(rival)
    await expect(health(page)).to_have_class("cell warn")


async def test_a_model_from_outside_that_won_is_told_on_both_comparisons(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    _, card = await shown(visitor, gateway, told.outside)
    await expect(card.locator(".answer[data-by=outside]")).to_contain_text("outside")
    await expect(card.locator(".verdict .pill")).to_have_text("Model from outside")
    await expect(card.get_by_role("table")).to_have_count(2)


async def test_a_model_that_knows_other_goods_does_not_answer_and_shows_why(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    page, card = await shown(visitor, gateway, told.foreign)
    await expect(card.locator(".answer[data-by=counts]")).to_contain_text("own counts")
    await expect(card).to_contain_text(f"{told.foreign['active']} knows too little")
    await expect(card.locator(".ratio").first).to_contain_text("0.0 %")
    await expect(health(page)).to_have_class("cell warn")


async def test_the_card_is_left_in_peace_until_something_of_it_changes(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    page, card = await shown(visitor, gateway, told.learnt)
    verdict = await card.locator(".verdict").element_handle()
    assert verdict is not None
    changed = store.overview(model=told.learnt, consents={"share": 4711})
    gateway.tell("console", "overview", changed)
    await expect(page.locator("#consents")).to_contain_text("4,711")
    assert await verdict.evaluate("node => node.isConnected")
    gateway.tell("console", "overview", store.overview(model=told.kept_back))
    await expect(card).to_contain_text("Kept back")
    assert not await verdict.evaluate("node => node.isConnected")


async def test_words_that_a_later_service_says_stay_words(
    visitor: Visitor, gateway: Gateway, told: ModelRecords
) -> None:
    model = copy.deepcopy(told.learnt)
    model["night"] |= {"verdict": "<b>new</b>", "left_out": {"2026-11-02": "<i>odd</i>"}}
    model["night"]["trial"]["lists"][0]["name"] = "<u>rival</u>"
    _, card = await shown(visitor, gateway, model)
    for words in ("<b>new</b>", "<i>odd</i>", "<u>rival</u>"):
        await expect(card).to_contain_text(words)


@pytest.mark.parametrize("width", [1440, 1024, 390])
async def test_nothing_of_the_card_is_cut_off(
    visitor: Visitor, gateway: Gateway, told: ModelRecords, width: int
) -> None:
    page, card = await shown(visitor, gateway, told.outside)
    await page.set_viewport_size({"width": width, "height": 900})
    wide = await card.evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert wide[0] <= wide[1]
