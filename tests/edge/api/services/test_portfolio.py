from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from edge.api.services.portfolio import StoredPortfolio
from edge.api.views.portfolio import Halt, Sketch, Step
from edge.campaigns.authoring.document import PortfolioBody
from edge.campaigns.authoring.errors import (
    NoSuchCampaign,
    PortfolioInvalid,
    WrongState,
)
from edge.campaigns.authoring.offer_body import OfferBody
from edge.domain.ids import OfferId
from tests.edge.api.services.shop import Shop
from tests.edge.campaigns.authoring.bodies import a_portfolio, an_offer
from tests.patience import until

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
BREAD: dict[str, object] = {"skus": ["110"], "category": "bread"}


@pytest.fixture
async def portfolio(shop: Shop) -> AsyncGenerator[StoredPortfolio]:
    following = asyncio.create_task(shop.runtime.pipeline.catalogue_refresh.follow())
    yield StoredPortfolio(shop.runtime)
    following.cancel()


def bread(id_: str = "o-bread", **changed: object) -> dict[str, object]:
    return {**an_offer(id_, campaign="bakery"), **BREAD, **changed}


def bakery(*offers: dict[str, object], **changed: object) -> PortfolioBody:
    told = a_portfolio(*(offers or (bread(),)), id="bakery", **changed)
    return PortfolioBody.model_validate(told)


async def publish(portfolio: StoredPortfolio, told: PortfolioBody | None = None) -> bool:
    await portfolio.draft(told or bakery(), "console: anna")
    await portfolio.approve("bakery", Step(), "console: bo")
    return (await portfolio.publish("bakery", Step(), "console: bo")).published


async def proposed(shop: Shop, offer: str) -> None:
    """Wait until the catalogue that decides holds the offer."""

    def holds() -> bool:
        catalogue = shop.runtime.state.catalogue.in_force
        return catalogue is not None and OfferId(offer) in catalogue.offers_by_id

    await until(holds)


async def test_what_is_published_is_proposed_at_once(
    shop: Shop, portfolio: StoredPortfolio
) -> None:
    assert await publish(portfolio)
    await proposed(shop, "o-bread")
    catalogue = shop.runtime.state.catalogue.in_force
    assert catalogue is not None
    assert "bakery" in catalogue.campaigns


async def test_a_draft_is_not_proposed(portfolio: StoredPortfolio) -> None:
    await portfolio.draft(bakery(), "console")
    (line,) = await portfolio.campaigns()
    assert (line.state, line.version, line.waiting, line.offers) == ("draft", None, 1, 1)
    with pytest.raises(WrongState):
        await portfolio.publish("bakery", Step(), "console")


async def test_the_tower_keeps_a_faulty_version_out(portfolio: StoredPortfolio) -> None:
    assert not await publish(portfolio, bakery(bread(skus=["no-such"])))
    (line,) = await portfolio.campaigns()
    assert (line.state, line.waiting) == ("approved", 1)


async def test_a_campaign_shows_how_it_stands_and_its_versions(
    portfolio: StoredPortfolio,
) -> None:
    await publish(portfolio)
    view = await portfolio.campaign("bakery")
    assert [one.id for one in view.standing.offers] == ["o-bread"]
    (version,) = view.versions
    assert (version.state, version.drafted.by) == ("live", "console: anna")
    assert (await portfolio.version("bakery", 1)).offers == view.standing.offers
    assert (await portfolio.offer("o-bread")).campaign == "bakery"


async def test_what_there_is_not_is_told(portfolio: StoredPortfolio) -> None:
    for asked in (
        portfolio.campaign("none"),
        portfolio.version("none", 1),
        portfolio.offer("none"),
    ):
        with pytest.raises(NoSuchCampaign):
            await asked


async def test_a_campaign_is_paused_without_asking_and_rolled_back(
    portfolio: StoredPortfolio,
) -> None:
    await publish(portfolio)
    await publish(portfolio, bakery(bread("o-rye")))
    assert (await portfolio.pause("bakery", Halt(), "console")).version == 3
    assert (await portfolio.campaigns())[0].state == "paused"
    assert (await portfolio.pause("bakery", Halt(paused=False), "console")).published
    back = await portfolio.rollback("bakery", Step(version=1), "console")
    assert (back.published, back.version) == (True, 5)
    assert (await portfolio.offer("o-bread")).skus == ("110",)


async def test_one_offer_is_put_over_what_stands(portfolio: StoredPortfolio) -> None:
    await publish(portfolio)
    cheaper = OfferBody.model_validate(bread(discount_cents=30))
    assert (await portfolio.put_offer(cheaper, "console")).published
    assert (await portfolio.offer("o-bread")).discount_cents == 30
    stray = OfferBody.model_validate(bread("o-stray", campaign="nowhere", skus=["120"]))
    (warning,) = (await portfolio.put_offer(stray, "console")).findings
    assert (warning.grade, warning.culprits) == ("warning", ("o-stray", "nowhere"))


async def test_the_portfolio_is_told_in_figures(portfolio: StoredPortfolio) -> None:
    image = "0" * 64
    await publish(portfolio)
    await portfolio.draft(a_portfolio(impact=5), "console")
    glance = await portfolio.glance()
    assert (glance.counts["live"], glance.counts["draft"]) == (1, 1)
    assert glance.backlog == ("june",)
    assert image not in glance.missing


async def test_an_offer_is_drawn_for_each_of_its_screens(portfolio: StoredPortfolio) -> None:
    told = bread(
        channels=["kiosk", "pos"],
        placements=["kiosk-home", "till-addon"],
        creatives=[
            {"id": "a", "modules": {"en": {"badge": "Fresh"}, "es": {"badge": "Fresco"}}},
            {"id": "b", "modules": {"en": {"headline": "Rye!", "image": "0" * 64}}},
        ],
    )
    offer = OfferBody.model_validate(told)
    shows = await portfolio.preview(Sketch(offer=offer, locale="es"))
    assert {show.placement: show.items[0].badge for show in shows} == {
        "kiosk-home": "Fresco", "till-addon": "Fresco",
    }  # fmt: skip
    (kiosk,) = await portfolio.preview(
        Sketch(offer=offer, creative="b", placement="kiosk-home")
    )
    assert (kiosk.items[0].badge, kiosk.items[0].image) == ("Rye!", "0" * 64)
    assert kiosk.items[0].price_cents == 104


@pytest.mark.parametrize(
    ("changed", "creative", "why"),
    [({}, "none", "has no creative none"), ({"skus": ["no-such"]}, None, "is sold here")],
)
async def test_what_cannot_be_drawn_is_told(
    portfolio: StoredPortfolio, changed: dict[str, object], creative: str | None, why: str
) -> None:
    offer = OfferBody.model_validate({**bread(), **changed})
    with pytest.raises(PortfolioInvalid, match=why):
        await portfolio.preview(Sketch(offer=offer, creative=creative))


async def test_two_who_publish_at_once_are_judged_one_after_the_other(
    portfolio: StoredPortfolio,
) -> None:
    await publish(portfolio)
    rivals = [OfferBody.model_validate(bread(f"o-{n}", skus=["120"])) for n in (1, 2)]
    verdicts = await asyncio.gather(*(portfolio.put_offer(one, "console") for one in rivals))
    assert sorted(verdict.published for verdict in verdicts) == [False, True]
