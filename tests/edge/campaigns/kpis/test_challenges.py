"""Bonus challenges through the whole shop: drawn at arrival, filled at the till, rewarded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.domain.consent import ConsentState, Purpose
from edge.domain.ids import OfferId
from edge.storage import erasure
from tests.edge.builders import ANN, EVERYTHING, NOW, catalogue, later, offer, product, said
from tests.edge.campaigns.kpis.counted import CountedShop, ann, challenge, counted_shop, offered
from tests.edge.fakes import HandClock, Rates
from tests.edge.shop import CARD, note


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with Ann and one challenge."""
    file = tmp_path / "store.db"
    ann(file)
    offered(file, challenge())
    return file


async def buy(counted: CountedShop, basket: str, *items: int) -> None:
    await counted.shop.till("add", *items, basket=basket, card=CARD)
    await counted.shop.till("complete", basket=basket)


def rewards(counted: CountedShop) -> list[tuple[object, ...]]:
    return counted.shop.rows("SELECT offer, campaign, cents, nth FROM redemptions")


async def test_a_card_has_two_usual_items_and_one_never_bought(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        items = counted.card()["items"]
    assert [item["new"] for item in items] == [False, False, True]
    assert {int(item["sku"]) for item in items[:2]} <= {1, 2, 3, 4}
    assert int(items[2]["sku"]) not in {1, 2, 3, 4}


async def test_two_purchases_a_nudge_on_arrival_a_third_and_one_reward(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        first, second, last = counted.missing()
        await buy(counted, "b-1", first)
        assert counted.card()["left"] == 2
        await buy(counted, "b-2", second)
        assert rewards(counted) == []
        counted.shop.clock.pass_by(3600)
        await counted.shop.sign_in()
        assert counted.card()["nudge"].endswith(f"Product {last}")
        await buy(counted, "b-3", last)
        assert rewards(counted) == [("gift", "june", 200, 1)]
        assert counted.card()["given"]


async def test_a_full_card_is_said_at_the_till_before_it_is_paid(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        await counted.shop.till("add", *counted.missing(), card=CARD)
        told = counted.card()
        assert (told["earned"], told["given"]) == (True, False)
        assert told["reward"] == {"offer_id": "gift", "cents": 200}
        await counted.shop.till("complete")
        assert counted.card()["given"]


async def test_what_is_voided_before_paying_is_no_progress(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        first, second, last = counted.missing()
        await counted.shop.till("add", first, second, last, card=CARD)
        await counted.shop.till("remove", last)
        assert counted.missing() == [last]
        await counted.shop.till("complete")
        assert rewards(counted) == []
        assert counted.missing() == [last]


async def test_an_abandoned_basket_is_no_progress(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        everything = counted.missing()
        await counted.shop.till("add", *everything, card=CARD)
        await counted.shop.till("abandon")
        assert counted.missing() == everything


async def test_a_full_card_brings_nothing_more(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        everything = counted.missing()
        for n in range(5):
            await buy(counted, f"b-{n}", *everything)
            counted.shop.clock.pass_by(1200)
        assert len(rewards(counted)) == 1


async def test_a_repeated_payment_brings_no_second_reward(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        await counted.shop.till("add", *counted.missing(), card=CARD)
        for _ in range(3):
            await counted.shop.till("complete")
        assert len(rewards(counted)) == 1


async def test_progress_and_reward_outlive_restarts(path: Path) -> None:
    clock = HandClock(NOW)
    async with counted_shop(path, clock=clock) as counted:
        await counted.shop.sign_in()
        drawn = counted.missing()
    for n, item in enumerate(drawn):
        async with counted_shop(path, clock=clock) as counted:
            assert counted.missing() == drawn[n:]
            await buy(counted, f"b-{n}", item)
    async with counted_shop(path, clock=clock) as counted:
        await buy(counted, "b-9", *drawn)
        assert rewards(counted) == [("gift", "june", 200, 1)]


async def test_the_same_card_is_drawn_whatever_the_store_went_through(
    path: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    ann(other)
    offered(other, challenge())
    drawn = list[list[int]]()
    for file in (path, other):
        async with counted_shop(file) as counted:
            await counted.shop.sign_in()
            drawn.append(counted.missing())
    assert drawn[0] == drawn[1]


async def test_a_new_week_brings_a_new_card_and_the_old_one_is_gone(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        await buy(counted, "b-1", counted.missing()[0])
        counted.shop.clock.pass_by(days=7)
        assert counted.challenges.slots(ANN, counted.shop.clock.now()) == {}
        await counted.shop.sign_in()
        assert counted.card()["left"] == 3


async def test_a_sale_after_the_week_does_not_count(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        first, *_ = counted.missing()
        counted.shop.clock.pass_by(days=6.9)
        await counted.shop.till("add", first, card=CARD)
        await counted.shop.till("complete")
        rows = counted.shop.rows("SELECT goals FROM cards")
    assert "b-1" not in rows[0][0]


@pytest.mark.parametrize("gone", [Purpose.RECOGNISE, Purpose.PERSONALISE_PRIVATE])
async def test_without_consent_there_is_no_card(tmp_path: Path, gone: Purpose) -> None:
    file = tmp_path / "store.db"
    ann(file, EVERYTHING - {gone})
    offered(file, challenge())
    async with counted_shop(file) as counted:
        await counted.shop.sign_in()
        await buy(counted, "b-1", 1)
        assert counted.shop.rows("SELECT * FROM cards") == []


async def test_consent_taken_back_stops_progress(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        everything = counted.missing()
        note(path, said(Purpose.PERSONALISE_PRIVATE, ConsentState.WITHDRAWN, at=later(-1)))
        counted.shop.takedown.recheck(ANN)
        await buy(counted, "b-1", *everything)
        assert rewards(counted) == []


@pytest.mark.parametrize("habits", [(), (1,)])
async def test_who_has_not_habits_enough_gets_no_card(
    tmp_path: Path, habits: tuple[int, ...]
) -> None:
    file = tmp_path / "store.db"
    ann(file, habits=habits)
    offered(file, challenge())
    async with counted_shop(file) as counted:
        await counted.shop.sign_in()
        assert counted.challenges.slots(ANN, NOW) == {}


async def test_a_reward_that_the_store_cannot_give_is_not_promised(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    ann(file)
    offered(file, challenge(ends_at=later(days=-1)), challenge("points", points=50))
    async with counted_shop(file) as counted:
        await counted.shop.sign_in()
        assert counted.card()["reward"] == {"points": 50}
        await buy(counted, "b-1", *counted.missing())
        told = [name for name, _ in counted.shop.facts()]
        assert rewards(counted) == []
    assert told.count("storeside.challenge-completed.v1") == 1


async def test_an_erased_person_has_no_card_and_gets_none(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        await counted.shop.till("add", *counted.missing(), card=CARD)
        await counted.shop.database.write(lambda conn: erasure.forget(conn, ANN, NOW))
        counted.challenges.forget(ANN)
        await counted.shop.till("complete")
        assert counted.shop.rows("SELECT * FROM cards") == []
        assert rewards(counted) == []


async def test_a_product_bought_once_long_ago_is_nothing_new(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    ann(file, habits=range(1, 31))
    offered(file, challenge(points=50))
    sold = catalogue([product(n, f"category {n}") for n in range(1, 41)])
    async with counted_shop(file, sold=sold, ranker=Rates.falling(38)) as counted:
        await counted.shop.sign_in()
        assert counted.missing()[-1] > 30


async def test_an_offer_that_is_over_is_not_promised(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    ann(file)
    offered(file, challenge())
    over = catalogue(offers=[offer("gift", 7, cents=200, ends_at=NOW)])
    async with counted_shop(file, sold=over) as counted:
        await counted.shop.sign_in()
        assert counted.challenges.slots(ANN, NOW) == {}


async def test_a_reward_counts_against_the_limits_of_its_offer_at_once(path: Path) -> None:
    async with counted_shop(path) as counted:
        await counted.shop.sign_in()
        await buy(counted, "b-1", *counted.missing())
        person = counted.shop.people.find(ANN, NOW)
        assert person is not None
        assert person.memory.given[OfferId("gift")] == 1
        assert counted.shop.catalogue.spending.given[OfferId("gift")] == 1
