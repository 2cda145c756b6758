"""A draft held against what the store sells and what stands in it."""

from __future__ import annotations

import pytest

from edge.api.services.drafting import CampaignDrafting
from edge.api.services.pictures import StoredPictures
from edge.api.services.portfolio import StoredPortfolio
from edge.api.views.portfolio import Step
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.errors import NoSuchCampaign
from tests.edge.api.services.shop import Shop
from tests.edge.campaigns.authoring.bodies import a_portfolio, an_offer

BREAD: dict[str, object] = {"skus": ["110"], "category": "bread", "campaign": "bakery"}


@pytest.fixture
def portfolio(shop: Shop) -> StoredPortfolio:
    return StoredPortfolio(shop.runtime)


@pytest.fixture
def drafting(shop: Shop) -> CampaignDrafting:
    return CampaignDrafting(shop.runtime)


@pytest.fixture
def pictures(shop: Shop) -> StoredPictures:
    return StoredPictures(shop.runtime.database, shop.runtime.clock)


def bakery(**changed: object) -> PortfolioBody:
    return a_portfolio(an_offer("o-bread", **{**BREAD, **changed}), id="bakery")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("milk", ["Buttermilk", "Oat drink", "Skimmed milk", "Whole milk"]),
        ("MILK whole", ["Whole milk"]),
        ("bread", ["Rye bread", "White bread"]),
        ("110", ["Rye bread"]),
        ("caviar", []),
        ("  ", []),
    ],
)
async def test_products_are_found_by_all_their_words(
    drafting: CampaignDrafting, words: str, names: list[str]
) -> None:
    assert [one.name for one in await drafting.products(words, [])] == names


async def test_names_of_products_are_told_by_number(drafting: CampaignDrafting) -> None:
    found = await drafting.products("", ["111", "no-such"])
    assert [(one.sku, one.name, one.category) for one in found] == [
        ("111", "White bread", "bread")
    ]


async def test_a_check_finds_what_publishing_would_and_keeps_nothing(
    portfolio: StoredPortfolio, drafting: CampaignDrafting
) -> None:
    judgement = await drafting.check(bakery(skus=["no-such"]))
    assert "unknown-product" in {one.code for one in judgement.findings}
    assert not judgement.published
    with pytest.raises(NoSuchCampaign):
        await portfolio.campaign("bakery")


async def test_a_draft_does_not_collide_with_the_version_that_it_replaces(
    portfolio: StoredPortfolio, drafting: CampaignDrafting
) -> None:
    await portfolio.draft(bakery(), "console")
    await portfolio.approve("bakery", Step(), "console")
    assert (await portfolio.publish("bakery", Step(), "console")).published
    renamed = a_portfolio(an_offer("o-other", **BREAD), id="bakery")
    codes = {one.code for one in (await drafting.check(renamed)).findings}
    assert "collision" not in codes


async def test_a_picture_tells_which_offers_show_it(
    portfolio: StoredPortfolio, pictures: StoredPictures
) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
    kept = await pictures.keep(svg, "rolls", ())
    shown = [{"id": "plain", "modules": {"en": {"headline": "Bread", "image": kept.sha256}}}]
    await portfolio.draft(bakery(creatives=shown), "console")
    await portfolio.approve("bakery", Step(), "console")
    await portfolio.publish("bakery", Step(), "console")
    (asset,) = await pictures.assets("", "")
    assert (kept.used_by, asset.used_by) == ((), ("o-bread",))
