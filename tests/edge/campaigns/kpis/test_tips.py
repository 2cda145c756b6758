"""Associates' figures through the whole shop: nothing that is only tapped may raise them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from devices.messages import FeedbackAction
from edge.domain.decision import Decision
from edge.domain.ids import DecisionId, Sku
from edge.domain.transitions.transition import Transition
from edge.storage.visits.associate_tips import TabletRecord
from tests.edge.builders import BEN, KIOSK, KIOSK_2, TABLET, TILL_2
from tests.edge.campaigns.kpis.counted import CountedShop, ann, counted_shop
from tests.edge.shop import CARD, know

BENS_CARD = "4100000002"


@pytest.fixture
async def counted(tmp_path: Path) -> AsyncGenerator[CountedShop]:
    """Ann and Ben are known; Ann has just arrived, and her card is on the tablet."""
    file = tmp_path / "store.db"
    ann(file)
    know(file, BEN, card=BENS_CARD)
    async with counted_shop(file) as counted:
        await counted.shop.sign_in()
        yield counted


def card(counted: CountedShop) -> Decision:
    return counted.latest("tablet-card")


def products(decision: Decision) -> list[str]:
    return [slot.sku for slot in decision.slots]


async def buy(counted: CountedShop, *items: str, basket: str = "b-1") -> None:
    numbers = [int(item) for item in items]
    await counted.shop.till("add", *numbers, basket=basket, card=CARD)
    await counted.shop.till("complete", basket=basket)


def record(counted: CountedShop) -> TabletRecord | None:
    return next(iter(counted.board().tablets), None)


async def test_a_tip_that_is_bought_counts_once(counted: CountedShop) -> None:
    told = card(counted)
    item, *_ = products(told)
    await counted.said(told, item)
    assert record(counted) is None
    await buy(counted, item, "12")
    assert record(counted) == TabletRecord(
        device=TABLET, contacted=1, sold_to=1, pieces=1, cents=100 + int(item)
    )


async def test_a_tip_that_is_not_bought_is_a_contact_without_a_sale(
    counted: CountedShop,
) -> None:
    await counted.said(card(counted), products(card(counted))[0])
    await buy(counted, "12")
    assert record(counted) == TabletRecord(
        device=TABLET, contacted=1, sold_to=0, pieces=0, cents=0
    )


async def test_a_thousand_taps_without_a_sale_are_worth_nothing(counted: CountedShop) -> None:
    told = card(counted)
    for n in range(1_000):
        item = products(told)[n % len(products(told))]
        assert (await counted.said(told, item)).accepted
    assert record(counted) is None
    assert counted.shop.rows("SELECT count(*) FROM tips") == [(len(products(told)),)]


async def test_repeated_taps_sell_no_more_than_one(counted: CountedShop) -> None:
    told = card(counted)
    item, *_ = products(told)
    for _ in range(50):
        await counted.said(told, item)
    await buy(counted, item)
    found = record(counted)
    assert found is not None
    assert (found.contacted, found.sold_to, found.pieces) == (1, 1, 1)


async def test_taps_after_paying_are_worth_nothing(counted: CountedShop) -> None:
    told = card(counted)
    await buy(counted, *products(told))
    for item in products(told):
        await counted.said(told, item)
    assert counted.shop.rows("SELECT * FROM tips") == []


async def test_what_was_in_the_basket_before_is_no_additional_product(
    counted: CountedShop,
) -> None:
    told = card(counted)
    item, *_ = products(told)
    await counted.shop.till("add", int(item), card=CARD)
    await counted.said(told, item)
    await counted.shop.till("complete")
    assert record(counted) == TabletRecord(
        device=TABLET, contacted=1, sold_to=0, pieces=0, cents=0
    )


async def test_what_the_till_took_back_was_not_sold(counted: CountedShop) -> None:
    told = card(counted)
    item, *_ = products(told)
    await counted.said(told, item)
    await counted.shop.till("add", int(item), 12, card=CARD)
    await counted.shop.till("remove", int(item))
    await counted.shop.till("complete")
    found = record(counted)
    assert found is not None
    assert (found.contacted, found.pieces, found.cents) == (1, 0, 0)


async def test_taps_of_a_device_that_has_not_the_card_are_worth_nothing(
    counted: CountedShop,
) -> None:
    told = card(counted)
    for device in ("tablet-2", KIOSK):
        await counted.said(told, products(told)[0], device=device)
    await buy(counted, *products(told))
    assert record(counted) is None


async def test_a_product_that_is_not_on_the_card_is_no_tip(counted: CountedShop) -> None:
    await counted.said(card(counted), "12" if "12" not in products(card(counted)) else "11")
    await buy(counted, "11", "12")
    assert record(counted) is None


async def test_other_content_than_a_card_is_no_tip(counted: CountedShop) -> None:
    shown = counted.latest("kiosk-home")
    for device in (TABLET, KIOSK):
        await counted.said(shown, products(shown)[0], device=device)
    await buy(counted, *products(shown))
    assert record(counted) is None


async def test_a_card_of_a_visit_that_is_over_is_no_tip(counted: CountedShop) -> None:
    told = card(counted)
    await buy(counted, "12")
    counted.shop.clock.pass_by(1200)
    await counted.shop.sign_in()
    await counted.said(told, products(told)[0])
    await buy(counted, *products(told), basket="b-2")
    assert record(counted) is None


async def test_a_card_of_another_person_moves_nothing_of_this_one(
    counted: CountedShop,
) -> None:
    anns = card(counted)
    item = products(anns)[0]
    await counted.shop.sign_in(BENS_CARD, device=KIOSK_2)
    await counted.said(anns, item)
    await counted.shop.till("add", int(item), basket="b-ben", card=BENS_CARD, device=TILL_2)
    await counted.shop.till("complete", basket="b-ben", device=TILL_2)
    assert record(counted) is None


async def test_a_card_whose_visit_is_another_persons_by_now_is_no_tip(
    counted: CountedShop,
) -> None:
    told = card(counted)
    theirs = replace(counted.shop.visit_of(), token=BEN)
    counted.shop.in_store.apply(
        Transition(facts=(), visits=(theirs,)), counted.shop.clock.now()
    )
    await counted.said(told, products(told)[0])
    assert counted.shop.rows("SELECT * FROM tips") == []


async def test_a_decision_that_was_never_made_is_refused(counted: CountedShop) -> None:
    made_up = Decision.__new__(Decision)
    object.__setattr__(made_up, "id", DecisionId("d-made-up"))
    assert not (await counted.said(made_up, "1")).accepted
    assert counted.shop.rows("SELECT * FROM tips") == []


@pytest.mark.parametrize("action", [FeedbackAction.ACCEPT, FeedbackAction.VIEW])
async def test_only_what_was_said_is_a_tip(
    counted: CountedShop, action: FeedbackAction
) -> None:
    await counted.said(card(counted), products(card(counted))[0], action=action)
    assert counted.shop.rows("SELECT * FROM tips") == []


async def test_a_tip_without_a_product_is_about_the_talking_point(counted: CountedShop) -> None:
    told = card(counted)
    await counted.said(told)
    assert counted.shop.rows("SELECT sku FROM tips") == [(Sku(products(told)[0]),)]


async def test_no_row_about_tips_names_a_person(counted: CountedShop) -> None:
    await counted.said(card(counted), products(card(counted))[0])
    await buy(counted, *products(card(counted)))
    rows = counted.shop.rows("SELECT * FROM tips")
    assert rows
    assert "c-" not in repr(rows)
