"""Single cases of goods that come back: days later, of one of several baskets, with tips, cards and consents."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from devices.messages import Feedback, FeedbackAction
from devices.messages.till import TillLineKind
from edge.campaigns.kpis.board import read_board
from edge.domain.consent import ConsentState, Purpose
from edge.domain.ids import OfferId, Token
from edge.storage import erasure
from edge.storage.measurement import booked_sales
from models.features.profile import Profile
from models.items import item_key
from tests.edge.builders import ANN, BEN, DAY, NOW, TABLET, later, said
from tests.edge.pipeline.day_with_returns import (
    BENS_CARD,
    TURNED_DOWN,
    Return,
    Sale,
    Sold,
    TillDay,
    Void,
    arrive,
    prepare,
    till_day,
)
from tests.edge.shop import CARD, note

MILK, BREAD, NEW = Sold(item=1), Sold(item=3), Sold(item=5)
GIFT = OfferId("gift")
CARD_ITEMS = (MILK, BREAD, NEW)
"""The products of Ann's card."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "store.db")
    return tmp_path / "store.db"


@pytest.fixture
async def day(path: Path) -> AsyncGenerator[TillDay]:
    async with till_day(path) as day:
        await arrive(day)
        yield day


def bought(day: TillDay, item: int, token: Token = ANN) -> int:
    """On how many days."""
    known = Profile.from_bytes(day.habits(token))
    counts = dict(zip(known.keys.tolist(), known.counts.tolist(), strict=True))
    return int(counts.get(item_key(str(item)), 0))


def card(day: TillDay) -> list[bool]:
    """Which goals of Ann's card are reached."""
    rows = day.shop.rows(
        "SELECT json_extract(value, '$[2]') FROM cards, json_each(goals) WHERE token = ?", ANN
    )
    return [basket is not None for (basket,) in rows]


async def test_the_day_of_the_law_counts_something_in_every_figure(day: TillDay) -> None:
    await day.play([Sale(number="1", lines=CARD_ITEMS, coupons=1)])
    assert [name for name, figure in day.figures().items() if not figure] == []


async def test_a_sale_taken_back_the_next_day_is_taken_off_its_own_day(day: TillDay) -> None:
    before = day.figures()
    await day.play([Sale(number="1", lines=(MILK, BREAD))])
    day.shop.clock.pass_by(days=1)
    await day.play([Sale(number="2", lines=(MILK,)), Void(number="1")])
    assert day.count("baskets", DAY) == {name: n for _, name, n in before["counts"]}["baskets"]
    assert day.count("baskets", DAY + 1) == 1
    assert (bought(day, 1), bought(day, 3)) == (2, 1)


async def test_the_trend_of_yesterday_loses_what_is_left_of_it(day: TillDay) -> None:
    sold = Sale(number="1", lines=(NEW,))
    trend = day.shop.pipeline.learning.trend
    await day.play([sold])
    day.shop.clock.pass_by(days=1)
    await day.play([Sale(number="2", lines=(BREAD,)), Void(number="1")])
    keys, weights = trend.weights()
    there = dict(zip(keys.tolist(), weights.sum(axis=1).tolist(), strict=True))
    assert there.get(5, 0) == pytest.approx(0, abs=1e-6)
    assert trend.trips().sum() == pytest.approx(27 * 0.5 ** (1 / 28), rel=1e-6)


async def test_what_is_kept_no_more_cannot_be_found_and_counts_for_itself(day: TillDay) -> None:
    await day.play([Sale(number="1", lines=(MILK,))])
    await day.shop.database.submit(
        lambda conn: bool(booked_sales.sweep(conn, later(days=9), 100))
    )
    day.shop.pipeline.side_effects.corrections.parts.sales.forget(ANN)
    await day.play([Return(number="2", of="1", place=0, quantity="1")])
    assert day.count("returned-cents", DAY) == 200
    (told,) = day.told("order-refunded")
    assert told["products"][0]["without_sale"] == 1
    assert bought(day, 1) == 1


async def test_a_return_without_a_sale_is_back_on_the_shelf(day: TillDay) -> None:
    left, weighed = day.left(1), day.left(8)
    lines = [
        MILK.told(kind=TillLineKind.RETURN),
        Sold(item=8, quantity="0.25", price=1000, unit="kg").told(kind=TillLineKind.RETURN),
    ]
    assert (await day.say("complete", "1", *lines)).accepted
    assert left is not None
    assert weighed is not None
    assert (day.left(1), day.left(8)) == (left + 1, weighed + Decimal("0.25"))


async def test_a_return_fills_no_card_and_takes_up_no_offer(day: TillDay) -> None:
    before = day.figures()
    lines = [one.told(kind=TillLineKind.RETURN) for one in CARD_ITEMS]
    assert (await day.say("complete", "1", *lines, card=CARD)).accepted
    after = day.figures()
    for name in ("cards", "rewards", "taken up", "trips", "outcomes", "stretches", "trend"):
        assert after[name] == before[name], name
    hits = day.shop.counters.hit_rate.visits
    assert hits == 2


async def test_a_visit_whose_sale_was_none_is_no_hit_and_no_miss(path: Path) -> None:
    async with till_day(path) as day:
        rate = day.shop.counters.hit_rate
        await day.shop.sign_in()
        first = next(d for d in day.shop.stored() if d.placement == "arrival")
        listed = {int(slot.sku) for slot in first.slots}
        hit = Sold(item=int(first.slots[0].sku))
        miss = Sold(item=next(item for item in (12, 13, 14, 15) if item not in listed))
        await day.play([Sale(number="1", lines=(hit, miss))])
        assert (rate.visits, rate.hits) == (1, 1)
        await day.play([Return(number="2", of="1", place=0, quantity="1")])
        assert (rate.visits, rate.hits) == (1, 0)
        await day.play([Void(number="1")])
        assert (rate.visits, rate.hits) == (0, 0)


async def test_what_was_turned_down_is_turned_down_again_when_its_purchase_comes_back(
    day: TillDay,
) -> None:
    def noes() -> set[str]:
        person = day.shop.people.find(ANN, day.shop.clock.now())
        assert person is not None
        return set(person.memory.disliked(day.shop.clock.now()))

    milk, bread = (f"category {item}" for item in TURNED_DOWN)
    assert noes() == {milk, bread}
    await day.play([Sale(number="1", lines=(MILK, BREAD))])
    assert noes() == set()
    await day.play([Return(number="2", of="1", place=0, quantity="1")])
    assert noes() == {milk}
    # A return taken back was none, and a second purchase stands by itself.
    await day.play([Void(number="2")])
    assert noes() == set()
    await day.play([Sale(number="3", lines=(MILK,)), Void(number="1")])
    assert noes() == {bread}


async def test_a_full_card_is_emptied_and_its_reward_taken_back(day: TillDay) -> None:
    await day.play([Sale(number="1", lines=CARD_ITEMS)])
    person = day.shop.people.find(ANN, day.shop.clock.now())
    assert person is not None
    assert (card(day), person.memory.given[GIFT]) == ([True] * 3, 1)
    await day.play([Return(number="2", of="1", place=2, quantity="1", by=BEN)])
    assert (card(day), person.memory.given[GIFT]) == ([True, True, False], 0)
    assert day.shop.catalogue.spending.given[GIFT] == 0
    assert day.shop.rows("SELECT * FROM redemptions") == []
    (told,) = day.told("challenge-reversed")
    assert told["reward"] == {"offer_id": "gift", "cents": 200}


async def test_a_card_that_is_filled_again_is_told_again(day: TillDay) -> None:
    await day.play(
        [
            Sale(number="1", lines=CARD_ITEMS),
            Void(number="1"),
            Sale(number="2", lines=CARD_ITEMS),
        ]
    )
    assert len(day.told("challenge-completed")) == 2
    assert len(day.shop.rows("SELECT * FROM redemptions")) == 1


async def test_the_centre_hears_of_the_buyers_points_under_the_buyers_name(
    day: TillDay,
) -> None:
    await day.play([Sale(number="1", lines=CARD_ITEMS)])
    await day.play([Return(number="2", of="1", place=0, quantity="1", by=BEN)])
    reversed_ = [s for kind, s in day.shop.facts() if kind.endswith("challenge-reversed.v1")]
    assert reversed_ == [ANN]


async def test_a_void_leaves_what_another_basket_of_the_day_holds(day: TillDay) -> None:
    days = bought(day, 1)
    await day.say("add", "1", MILK.told(), card=CARD)
    await day.say("add", "2", MILK.told(), card=CARD)
    assert bought(day, 1) == days + 1
    await day.say("abandon", "1")
    assert bought(day, 1) == days + 1
    await day.say("remove", "2", MILK.told())
    assert bought(day, 1) == days


async def test_a_sale_taken_back_leaves_what_an_open_basket_holds(day: TillDay) -> None:
    days = bought(day, 1)
    await day.play([Sale(number="1", lines=(MILK,))])
    await day.say("add", "2", MILK.told(), card=CARD)
    await day.play([Void(number="1")])
    assert bought(day, 1) == days + 1
    await day.say("abandon", "2")
    assert bought(day, 1) == days


async def test_a_basket_that_turns_out_to_be_somebody_elses_is_unlearned(day: TillDay) -> None:
    hers, his = bought(day, 3), bought(day, 3, BEN)
    await day.say("add", "1", BREAD.told(), card=CARD)
    assert bought(day, 3) == hers + 1
    await day.say("identify", "1", card=BENS_CARD)
    assert (bought(day, 3), bought(day, 3, BEN)) == (hers, his + 1)
    await day.say("complete", "1")
    assert (bought(day, 3), bought(day, 3, BEN)) == (hers, his + 1)


async def test_habits_of_the_next_visit_know_of_what_came_back(day: TillDay) -> None:
    await day.play([Sale(number="1", lines=(NEW,)), Void(number="1")])
    person = day.shop.people.find(ANN, day.shop.clock.now())
    assert person is not None
    assert person.habits is None
    day.shop.clock.pass_by(1200)
    await day.shop.sign_in()
    assert person.freeze().body == day.habits()


async def test_who_left_the_figures_is_not_counted_below_nought(path: Path) -> None:
    async with till_day(path) as day:
        await arrive(day)
        await day.play([Sale(number="1", lines=(MILK,))])
        at = day.shop.clock.now()
    taken = [
        replace(
            said(Purpose.MEASURE, state), id=f"late-{n}", given_at=at + timedelta(minutes=n + 1)
        )
        for n, state in enumerate((ConsentState.WITHDRAWN, ConsentState.GIVEN))
    ]
    note(path, *taken)
    async with till_day(path, day.shop.clock) as again:
        again.shop.clock.pass_by(300)
        await again.play([Sale(number="2", lines=(BREAD,)), Void(number="1")])
        assert again.shop.rows("SELECT baskets, cents FROM trips WHERE token = ?", ANN) == [
            (1, 200)
        ]


async def test_what_an_erased_person_bought_is_corrected_no_more(day: TillDay) -> None:
    await day.play([Sale(number="1", lines=(MILK,))])
    await day.shop.database.submit(lambda conn: bool(erasure.forget(conn, ANN, NOW)))
    day.shop.side_effects.forget(ANN)
    day.shop.people.forget(ANN)
    before = day.shop.rows("SELECT * FROM day_counts WHERE name = 'baskets'")
    await day.say("void-sale", "1")
    assert day.shop.rows("SELECT * FROM day_counts WHERE name = 'baskets'") == before
    assert day.shop.rows("SELECT * FROM booked_sales WHERE token = ?", ANN) == []


def tips(day: TillDay) -> list[tuple[Any, ...]]:
    return day.shop.rows(
        "SELECT sku, paid_us IS NOT NULL, pieces, cents FROM tips ORDER BY sku"
    )


async def test_a_tip_is_worth_nothing_once_its_product_has_come_back(path: Path) -> None:
    async with till_day(path) as day:
        await day.shop.sign_in()
        shown = [d for d in day.shop.stored() if d.placement == "tablet-card"][-1]
        item = int(shown.slots[0].sku)
        told = Feedback(decision_id=shown.id, item_id=str(item), action=FeedbackAction.SAID)
        await day.shop.say(told, TABLET)
        await day.play([Sale(number="1", lines=(Sold(item=item, quantity="2"), BREAD))])
        assert tips(day) == [(str(item), 1, 2, 400)]
        await day.play([Return(number="2", of="1", place=0, quantity="1")])
        assert tips(day) == [(str(item), 1, 1, 200)]
        await day.play([Void(number="1")])
        assert tips(day) == [(str(item), 0, 0, 0)]
        await day.play([Void(number="2")])
        assert tips(day) == [(str(item), 0, 0, 0)]


async def test_one_of_two_sales_of_a_stay_settles_what_the_other_did(path: Path) -> None:
    async with till_day(path) as day:
        await day.shop.sign_in()
        shown = [d for d in day.shop.stored() if d.placement == "tablet-card"][-1]
        item = int(shown.slots[0].sku)
        told = Feedback(decision_id=shown.id, item_id=str(item), action=FeedbackAction.SAID)
        await day.shop.say(told, TABLET)
        goods = Sold(item=item)
        await day.say("add", "1", goods.told(), card=CARD)
        await day.say("add", "2", goods.told(quantity=Decimal(3)), card=CARD)
        for number in ("1", "2"):
            day.shop.clock.pass_by(60)
            await day.say("complete", number)
        assert tips(day) == [(str(item), 1, 1, 200)]
        await day.play([Void(number="1")])
        assert tips(day) == [(str(item), 1, 3, 600)]


async def test_the_board_tells_net_sales_and_what_came_back_of_no_known_sale(
    day: TillDay,
) -> None:
    await day.play([Sale(number="1", lines=(MILK,))])
    assert (await day.say("complete", "2", BREAD.told(kind=TillLineKind.RETURN))).accepted
    board = day.shop.database.read(lambda conn: read_board(conn, DAY, later(days=-27)))
    told = {figure.name: figure.value for figure in board.figures}
    assert (told["sales"], told["returns"], told["returned-pieces"]) == (400, 200, 1)


async def test_a_void_says_nothing_to_an_unknown_basket(day: TillDay) -> None:
    receipt = await day.say("void-sale", "never-sold")
    assert (receipt.accepted, receipt.reason) == (False, "unknown-basket")
