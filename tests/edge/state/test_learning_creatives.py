"""What worked is counted aside from the loop, and only where a campaign learns from it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from edge.domain.creative import Creative, Modules
from edge.storage.decisions import exposures
from tests.edge.builders import campaign, catalogue, offer
from tests.edge.pipeline.test_catalogue_refresh import catalogue_refresh
from tests.edge.shop import Shop, open_shop
from tests.patience import until

BOTH = tuple(Creative(id=name, modules={"en": Modules()}) for name in "ab")


def selling(*, bandit: bool) -> Any:
    return catalogue(offers=[offer("o", creatives=BOTH)], campaigns=[campaign(bandit=bandit)])


async def learnt(shop: Shop) -> None:
    task = asyncio.ensure_future(catalogue_refresh(shop).learn_creatives())
    await asyncio.sleep(0.05)
    task.cancel()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads in which showings were counted."""
    found, count = list[int](), exposures.creatives

    def watched(conn: sqlite3.Connection) -> list[Any]:
        found.append(threading.get_ident())
        return list(count(conn))

    monkeypatch.setattr(exposures, "creatives", watched)
    return found


async def test_showings_are_counted_in_another_thread(file: Path, counted: list[int]) -> None:
    async with open_shop(file, sold=selling(bandit=True)) as shop:
        task = asyncio.ensure_future(catalogue_refresh(shop).learn_creatives())
        await until(lambda: shop.catalogue.odds is not None)
        task.cancel()
        assert counted
        assert threading.get_ident() not in counted


async def test_nothing_is_counted_where_nobody_learns(file: Path, counted: list[int]) -> None:
    async with open_shop(file, sold=selling(bandit=False)) as shop:
        await learnt(shop)
        assert (counted, shop.catalogue.odds) == ([], None)
