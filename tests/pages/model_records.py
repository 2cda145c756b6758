"""What the real service tells of its model: a store of invented goods, its nights, and a bundle of other goods."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devices.broker import BrokerChild
from edge.api.services.overview import StoreOverview
from edge.app.bootstrap import Bootstrap
from edge.app.settings import load_settings
from edge.cli import model_learning
from edge.cli.init import provide
from edge.cli.program import call
from models.serving.registry import SHIPPED_BUNDLE, STARTER_BUNDLE, BundleRegistry
from tests.edge.cli.conftest import write_config
from tests.edge.corner_shop import DAYS, CornerShop, bundle_from_outside
from tests.models.keys import trusting
from tests.models.random_weights import random_network, with_weights_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecords:
    """The overview's part ``model`` at one moment each."""

    opened: Json
    first_day: Json
    learnt: Json
    kept_back: Json
    outside: Json
    foreign: Json


async def made(folder: Path) -> ModelRecords:
    """Live through a shop's first weeks; some ten seconds a night."""
    list(provide(load_settings(write_config(folder))))
    trusting(folder)
    shop = CornerShop(folder)
    shop.open()
    opened = await _told(folder)
    shop.sell(1, until=shop.today - DAYS + 1)
    first_day = await _after_night(folder)
    shop.sell(DAYS - 1)
    outside = bundle_from_outside(shop, folder / "outside")
    BundleRegistry(folder / "models", folder / "model-keys").activate(outside)
    # Somebody tests the till: a basket after the other, of the same two things.
    shop.book((shop.today - 3, 9, None, [198, 199]) for _ in range(400))
    learnt = await _after_night(folder)
    with pytest.MonkeyPatch.context() as patch:
        bad = with_weights_of(random_network(2, -4.0), STARTER_BUNDLE, folder / "bad")
        patch.setattr(model_learning, "STARTER_BUNDLE", bad)
        centre = await _after_night(folder)
        kept_back = await _after_night(folder)
    await asyncio.to_thread(
        call,
        [
            "models",
            "activate",
            str(SHIPPED_BUNDLE),
            "--dir",
            str(folder),
            "--anyway",
            "--older",
        ],
    )
    return ModelRecords(
        opened=opened,
        first_day=first_day,
        learnt=learnt,
        kept_back=kept_back,
        outside=centre,
        foreign=await _told(folder),
    )


async def _after_night(folder: Path) -> Json:
    assert await asyncio.to_thread(call, ["models", "learn", "--dir", str(folder)]) == 0
    return await _told(folder)


async def _told(folder: Path) -> Json:
    """Started anew, the service tells its overview."""
    async with BrokerChild(folder / "fleet") as broker, AsyncExitStack() as stack:
        store = Bootstrap(load_settings(write_config(folder, port=broker.port)))
        runtime = await store.open(stack)
        told = StoreOverview(runtime, folder / "no-links.json").now()
        model: Json = told.model_dump(mode="json")["model"]
        return model
