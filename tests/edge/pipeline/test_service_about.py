from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from edge.app.market_policies import SHIPPED, read_policy
from edge.domain.creative import Creative, Modules
from edge.domain.currency import currency
from edge.domain.placement import SCREENS
from edge.pipeline.service_about import ServiceAboutJob
from tests.edge.builders import STORE, catalogue, offer
from tests.edge.shop import Shop, open_shop
from tests.patience import until


def job(shop: Shop, money: str = "USD") -> ServiceAboutJob:
    return ServiceAboutJob(
        store=STORE,
        contract="1.0.0",
        market=read_policy(SHIPPED / "us.yaml"),
        currency=currency(money),
        locale="en-US",
        catalogue=shop.catalogue,
        bus=shop.ears,
    )


async def test_it_lists_what_can_be_asked_for_and_signed_under(file: Path) -> None:
    async with open_shop(file) as shop:
        job(shop, "JPY").tell()
        (sent,) = shop.ears.on("about", "service")
        assert (sent.topic, sent.retain) == (f"storeside/1/{STORE}/service/about", True)
        about = sent.body
        assert [one["name"] for one in about["placements"]] == list(SCREENS)
        assert {
            "name": "till-addon",
            "class": "pos",
            "limit": 3,
            "public": False,
        } in about["placements"]
        assert about["notices"] == ["notice-us-1", "notice-us-2"]
        assert "checkout-offer" in about["purposes"]
        assert (about["currency"], about["currency_exponent"]) == ("JPY", 0)
        assert (about["contract"], about["languages"]) == ("1.0.0", ["en-US"])


async def test_the_list_by_which_the_model_is_judged_is_not_to_be_asked_for(file: Path) -> None:
    async with open_shop(file) as shop:
        assert "arrival" not in {one.name for one in job(shop).present.placements}


async def test_it_is_told_again_when_an_offer_brings_another_language(file: Path) -> None:
    async with open_shop(file) as shop:
        running = asyncio.create_task(job(shop).publish())
        await until(lambda: len(shop.ears.on("about", "service")) == 1)
        words = Creative(id="c-1", modules={"es": Modules(headline="Hola"), "en": Modules()})
        shop.catalogue.in_force = catalogue(offers=[offer("a", 1, creatives=(words,))])
        await until(lambda: len(shop.ears.on("about", "service")) == 2)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert shop.ears.on("about", "service")[-1].body["languages"] == ["en-US", "en", "es"]


@pytest.mark.parametrize(("money", "exponent"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
async def test_a_currency_has_its_own_exponent(file: Path, money: str, exponent: int) -> None:
    async with open_shop(file) as shop:
        about = job(shop, money).present
        assert (about.currency, about.currency_exponent) == (money, exponent)
