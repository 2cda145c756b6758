"""Sales in mind and on disk are one ledger: the latest state counts, and what somebody holds is known at once."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from edge.domain.booked_sale import BookedSale
from edge.domain.ids import BasketId, VisitId
from edge.domain.transitions.transition import Transition
from edge.state import sales_ledger
from edge.state.presence import Presence
from edge.state.sales_ledger import SalesLedger
from edge.storage.database import Database
from edge.storage.measurement import booked_sales
from models.items import item_key
from tests.edge.builders import ANN, BEN, DAY, basket, line
from tests.edge.storage.samples import MILK, NOW, VISIT, booked, later

MILK_KEY = item_key(MILK)


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncGenerator[SalesLedger]:
    async with Database(tmp_path / "store.db") as database:
        yield SalesLedger(database=database, presence=Presence())


async def keep(ledger: SalesLedger, *sales: BookedSale) -> None:
    """Only on the disk."""
    for sale in sales:
        await ledger.database.submit(partial(booked_sales.save, sale=sale, at=NOW))


def back(sale: BookedSale) -> BookedSale:
    """Nothing of it is the buyer's any more."""
    return replace(sale, lines=tuple(replace(one, quantity=Decimal(0)) for one in sale.lines))


async def test_a_sale_is_found_before_it_is_on_the_disk_and_after(ledger: SalesLedger) -> None:
    ledger.put(booked())
    await keep(ledger, booked(BEN, VISIT, BasketId("b-2")))
    assert [ledger.find(BasketId(n)) is not None for n in ("b-1", "b-2", "b-3")] == [
        True, True, False,
    ]  # fmt: skip


async def test_what_is_in_mind_is_newer_than_the_disk(ledger: SalesLedger) -> None:
    await keep(ledger, booked())
    ledger.put(back(booked()))
    assert ledger.find(BasketId("b-1")) == back(booked())
    assert ledger.of_person(ANN) == (back(booked()),)


async def test_a_return_is_of_the_latest_sale_that_held_it(ledger: SalesLedger) -> None:
    newer = replace(booked(BEN, VISIT, BasketId("b-2")), at=later(60))
    gone = replace(booked(BEN, VISIT, BasketId("b-3")), at=later(90)).voided()
    await keep(ledger, newer, gone)
    ledger.put(booked())
    assert ledger.original("7", None, MILK_KEY) == newer
    assert ledger.original("b-1", None, MILK_KEY) == booked()
    assert ledger.original("7", "no-such-line", MILK_KEY) is None
    assert ledger.original("7", None, item_key("42")) is None


async def test_what_came_back_is_held_no_more(ledger: SalesLedger) -> None:
    ledger.put(booked())
    assert ledger.held(ANN, DAY) == {MILK_KEY}
    assert ledger.held(ANN, DAY + 1) == ledger.held(BEN, DAY) == frozenset()
    ledger.put(back(booked()))
    assert ledger.held(ANN, DAY) == frozenset()


async def test_an_open_basket_of_the_day_holds_what_is_in_it(ledger: SalesLedger) -> None:
    mine = replace(basket("b-9", "v-9", line(5)), token=ANN, day=DAY)
    ledger.presence.apply(Transition(facts=(), basket=mine), NOW)
    assert ledger.held(ANN, DAY) == {5}
    assert ledger.held(ANN, DAY - 1) == frozenset()


async def test_an_erased_person_is_out_of_mind(ledger: SalesLedger) -> None:
    ledger.put(booked())
    ledger.put(booked(BEN, VisitId("v-2"), BasketId("b-2")))
    ledger.forget(ANN)
    assert (ledger.of_person(ANN), len(ledger.of_person(BEN))) == ((), 1)


async def test_only_the_latest_are_kept_in_mind(
    ledger: SalesLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sales_ledger, "_IN_MIND", 2)
    for n in range(4):
        ledger.put(booked(ANN, VISIT, BasketId(f"b-{n}")))
    assert [s.id for s in ledger.of_person(ANN)] == ["b-2", "b-3"]
