from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.domain.catalogue import Tuning
from edge.domain.ids import Sku
from edge.domain.transitions.transition import ContentRequest, Transition
from edge.pipeline import catalogue_refresh as shelves_module
from edge.pipeline.catalogue_refresh import CatalogueRefresh
from edge.state.catalogue import catalogue_from
from edge.storage.catalogue import offers, products, promotions, stock
from edge.storage.change_set import ChangeSet
from edge.storage.decisions import snapshots
from tests.edge.builders import DISPLAY, NOW, offer
from tests.edge.shop import Shop, open_shop
from tests.patience import patient, until


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves_module, "_SETTLE_S", 0.005)


def catalogue_refresh(shop: Shop) -> CatalogueRefresh:
    return CatalogueRefresh(
        database=shop.database,
        catalogue=shop.catalogue,
        site=shop.state.site,
        clock=shop.clock,
        sensitive_categories=frozenset({"wine"}),
        tuning=Tuning(holdout_pct=0),
        changed=asyncio.Event(),
        sold_out=shop.takedown.sold_out,
        stock_changed=shop.side_effects.triggers.stock_changed,
    )


async def deliver(shop: Shop, *numbers: int, category: str = "dairy") -> None:
    rows = [
        {
            "sku": str(n),
            "name": f"Thing {n}",
            "category": f"{category} {n % 4}",
            "department": "grocery",
            "price_cents": n,
        }
        for n in numbers
    ]
    await shop.database.write(lambda conn: products.upsert(conn, rows))


@asynccontextmanager
async def following(kept: CatalogueRefresh) -> AsyncIterator[None]:
    task = asyncio.ensure_future(kept.follow())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_promotions_that_are_not_over_are_in_the_catalogue(file: Path) -> None:
    days = {"now": ("2024-06-03", "2024-06-09"), "over": ("2024-05-27", "2024-06-01")}
    rows = {
        name: {"sku": str(n), "display": "7", "from": first, "until": last}
        for n, (name, (first, last)) in enumerate(days.items())
    }
    async with open_shop(file) as shop:
        await shop.database.write(lambda conn: promotions.upsert(conn, rows))
        await catalogue_refresh(shop).restock()
        sold = shop.catalogue.in_force
        assert sold is not None
        assert [p.key for p in sold.promotions] == [0]
        body = shop.database.read(lambda conn: snapshots.find(conn, sold.digest))
        assert catalogue_from(body or b"").promotions == sold.promotions


async def test_the_catalogue_is_what_is_on_disk_and_its_bytes_are_kept(file: Path) -> None:
    async with open_shop(file) as shop:
        await deliver(shop, 1, 2)
        await shop.database.write(lambda conn: offers.upsert(conn, [offer("o", 1)]))
        await catalogue_refresh(shop).restock()
        found = shop.catalogue.in_force
        assert found is not None
        assert [p.name for p in found.products.values()] == ["Thing 1", "Thing 2"]
        assert [o.id for o in found.offers] == ["o"]
        body = shop.database.read(lambda conn: snapshots.find(conn, found.digest))
        assert body is not None
        assert catalogue_from(body) == found


async def test_stock_is_read_with_it_and_what_has_run_out_leaves_the_screens(
    file: Path,
) -> None:
    async with open_shop(file) as shop:
        await deliver(shop, *range(1, 9))
        kept = catalogue_refresh(shop)
        await kept.restock()
        want = ContentRequest(placement="display-zone", visit=None, device=DISPLAY)
        await shop.executor.execute(Transition(facts=(), wants=(want,)), ChangeSet(at=NOW))
        first = shop.shown(DISPLAY)[-1]["items"][0]["item_id"]
        await shop.database.write(lambda conn: stock.put(conn, Sku(first), 0, NOW))
        await kept.restock()
        assert shop.catalogue.out_of_stock == (int(first),)
        await until(lambda: len(shop.shown(DISPLAY)) == 2)
        assert first not in {i["item_id"] for i in shop.shown(DISPLAY)[-1]["items"]}


async def test_pages_of_changes_make_one_new_catalogue_once_they_rest(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Five writes must fit in one rest, also where the disk is somebody else's just now.
    monkeypatch.setattr("edge.pipeline.catalogue_refresh._SETTLE_S", patient(0.3))
    async with open_shop(file) as shop:
        kept = catalogue_refresh(shop)
        async with following(kept):
            for n in range(1, 6):
                await deliver(shop, n)
                kept.changed.set()
            await until(lambda: len(shop.catalogue.in_force.products) == 5)  # type: ignore[union-attr]  # the shop opens with one
        made = shop.rows("SELECT count(*) FROM snapshots WHERE kind = 'catalogue'")[0][0]
        assert made <= 3
