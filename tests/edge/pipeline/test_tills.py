"""What tills of real shops say, after public reports of people who run them: each case, and others of its kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from devices.errors import Refusal
from edge.domain.basket import BasketState
from edge.domain.ids import DeviceId
from edge.domain.trade_unit import TradeUnit
from edge.pipeline import jobs
from edge.pipeline.jobs import ScreenJobs
from edge.pipeline.side_effects import SideEffects
from tests.edge.builders import (
    ANN,
    BEN,
    DAY,
    KIOSK,
    NOW,
    TABLET,
    TILL,
    TILL_2,
    catalogue,
    product,
)
from tests.edge.pipeline.street import BENS_CARD, Street, line
from tests.edge.shop import CARD, know, open_shop
from tests.patience import until

THIRD = "till-3"
APPLE_13 = "4006381333931"
YESTERDAY = DAY - 1
IDLE = timedelta(minutes=20)


@pytest_asyncio.fixture
async def street(file: Path) -> AsyncIterator[Street]:
    know(file, habits=())
    know(file, BEN, card=BENS_CARD, habits=())
    async with open_shop(
        file, sold=catalogue([product(n) for n in (*range(1, 13), 4011)])
    ) as shop:
        yield Street(shop)


async def quiet(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than anybody is taken to be here, and the job that looks for them."""
    monkeypatch.setattr(jobs, "_IDLE_LOOK_S", 0.005)
    street.pass_by(seconds=IDLE.total_seconds() + 1)
    shop = street.shop
    job = ScreenJobs(
        idle=IDLE,
        presence=shop.presence,
        executor=shop.executor,
        takedown=shop.takedown,
        device_registry=shop.device_registry,
        clock=shop.clock,
    )
    looking = asyncio.ensure_future(job.end_idle_visits())
    await until(lambda: shop.presence.visits == ())
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking


# One card at several tills.


async def test_one_card_at_two_tills_at_once_gives_two_orders_of_the_card(
    street: Street,
) -> None:
    await street.say("identify", basket="f1", loyalty=CARD)
    await street.say("add", line("1", 1, 100), basket="f1")
    await street.say("identify", basket="f2", till=TILL_2, loyalty=CARD)
    await street.say("add", line("2", 1, 50), basket="f2", till=TILL_2)
    await street.say("complete", basket="f2", till=TILL_2)
    await street.say("complete", basket="f1")
    assert street.orders() == [("f2", ANN, 50), ("f1", ANN, 100)]
    assert street.habits() == {1, 2}
    assert street.shop.presence.visits == ()


async def test_three_tills_one_card_and_a_void_in_between(street: Street) -> None:
    for n, till in enumerate((TILL, TILL_2, THIRD), 1):
        await street.say("add", line(str(n), 1, n * 100), basket=f"f{n}", till=till)
        await street.say("identify", basket=f"f{n}", till=till, loyalty=CARD)
    await street.say("add", line("4", 1, 400), basket="f2", till=TILL_2)
    await street.say("remove", line("2"), basket="f2", till=TILL_2)
    for n, till in ((3, THIRD), (1, TILL), (2, TILL_2)):
        await street.say("complete", basket=f"f{n}", till=till)
    assert street.orders() == [("f3", ANN, 300), ("f1", ANN, 100), ("f2", ANN, 400)]
    assert street.habits() == {1, 3, 4}


async def test_a_second_basket_of_one_person_abandoned_leaves_the_first_alone(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100), basket="f1", loyalty=CARD)
    await street.say("identify", basket="f1", loyalty=CARD)
    await street.say("identify", basket="f2", till=TILL_2, loyalty=CARD)
    await street.say("add", line("2", 1, 50), basket="f2", till=TILL_2)
    await street.say("abandon", basket="f2", till=TILL_2)
    await street.say("add", line("3", 1, 25), basket="f1")
    await street.say("complete", basket="f1")
    assert street.orders() == [("f1", ANN, 125)]
    assert street.habits() == {1, 3}


async def test_the_same_product_in_two_baskets_of_one_person_stays_a_habit_when_one_is_voided(
    street: Street,
) -> None:
    await street.say("identify", basket="f1", loyalty=CARD)
    await street.say("add", line("1", 1, 100), basket="f1")
    await street.say("complete", basket="f1")
    await street.say("identify", basket="f2", till=TILL_2, loyalty=CARD)
    await street.say("add", line("1", 1, 100), line("2", 1, 50), basket="f2", till=TILL_2)
    await street.say("remove", line("1"), basket="f2", till=TILL_2)
    await street.say("complete", basket="f2", till=TILL_2)
    assert street.habits() == {1, 2}


async def test_a_card_shown_at_the_second_till_by_another_person_takes_nothing_from_the_first(
    street: Street,
) -> None:
    await street.say("identify", basket="f1", loyalty=CARD)
    await street.say("identify", basket="f2", till=TILL_2, loyalty=BENS_CARD)
    await street.say("add", line("1", 1, 100), basket="f1")
    await street.say("add", line("2", 1, 50), basket="f2", till=TILL_2)
    await street.say("complete", basket="f1")
    await street.say("complete", basket="f2", till=TILL_2)
    assert street.orders() == [("f1", ANN, 100), ("f2", BEN, 50)]
    assert (street.habits(), street.habits(BEN)) == ({1}, {2})


# A number that comes again.


async def test_the_same_number_at_another_till_is_another_sale(street: Street) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("add", line("2", 1, 50), till=TILL_2)
    await street.say("complete", till=TILL_2)
    await street.say("complete")
    assert street.orders() == [("b-1", None, 50), ("b-1", None, 100)]
    assert len({sale.id for sale in street.sales()}) == 2


async def test_the_same_number_on_the_next_day_is_another_sale(street: Street) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("complete")
    street.pass_by(days=1)
    assert (await street.say("add", line("2", 1, 50))).accepted
    await street.say("complete")
    assert street.orders() == [("b-1", None, 100), ("b-1", None, 50)]
    assert [sale.skus for sale in street.sales()] == [("1",), ("2",)]


async def test_over_a_stale_open_basket_the_number_begins_anew(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100))
    await quiet(street, monkeypatch)
    street.pass_by(seconds=5)
    await street.say("add", line("2", 1, 50))
    await street.say("complete")
    assert street.orders() == [("b-1", None, 50)]
    assert [b.state for b in street.baskets()] == [BasketState.COMPLETE, BasketState.ABANDONED]
    assert street.habits() == set()


async def test_a_stale_basket_of_yesterday_lends_nothing_to_the_number_today(
    street: Street,
) -> None:
    """The service was down in the night: nobody ended the visit."""
    await street.say("add", line("1", 1, 100))
    street.pass_by(days=1)
    await street.say("open")
    await street.say("add", line("2", 1, 50))
    await street.say("complete")
    assert street.orders() == [("b-1", None, 50)]


async def test_the_same_number_later_on_the_same_day_is_another_sale_but_a_late_line_is_none(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("complete")
    street.pass_by(seconds=5)
    late = await street.say("add", line("3", 1, 25), at=NOW - timedelta(seconds=1))
    assert (late.accepted, late.reason) == (False, Refusal.UNKNOWN_BASKET)
    assert (await street.say("add", line("2", 1, 50))).accepted
    await street.say("complete")
    assert street.orders() == [("b-1", None, 100), ("b-1", None, 50)]


async def test_a_number_used_four_times_a_day_is_four_sales(street: Street) -> None:
    for n in range(1, 5):
        await street.say("add", line(str(n), 1, n * 100))
        await street.say("complete")
        street.pass_by(seconds=5)
    assert [cents for _, _, cents in street.orders()] == [100, 200, 300, 400]
    assert len({sale.id for sale in street.sales()}) == 4


async def test_after_an_abandoned_basket_the_number_begins_anew(street: Street) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("abandon")
    street.pass_by(seconds=5)
    await street.say("add", line("2", 1, 50))
    await street.say("complete")
    assert street.orders() == [("b-1", None, 50)]


async def test_a_number_reused_after_a_restart_is_another_sale(file: Path) -> None:
    async with open_shop(file) as shop:
        before = Street(shop)
        await before.say("add", line("1", 1, 100))
        await before.say("complete")
        clock = shop.clock
    clock.pass_by(5)
    async with open_shop(file, clock=clock) as shop:
        after = Street(shop)
        await after.say("add", line("2", 1, 50))
        await after.say("complete")
        assert after.orders() == [("b-1", None, 100), ("b-1", None, 50)]


async def test_a_till_whose_clock_is_behind_uses_its_number_again_after_a_restart(
    file: Path,
) -> None:
    """What was learned of its clock is gone with the restart: the till's own order of events is not."""
    behind = timedelta(hours=2)
    async with open_shop(file) as shop:
        before = Street(shop)
        # By its own time, which the store has repaired meanwhile.
        shop.pipeline.intake._parts.device_clocks.note(  # noqa: SLF001 - as a till that says when it sends
            DeviceId(TILL), NOW - behind, asyncio.get_running_loop().time(), live=True
        )
        await before.say("add", line("1", 1, 100), at=NOW - behind)
        assert (await before.say("complete", at=NOW - behind)).time_repaired
        clock = shop.clock
    clock.pass_by(5)
    async with open_shop(file, clock=clock) as shop:
        after = Street(shop)
        at = clock.now() - behind
        late = await after.say("add", line("3", 1, 25), at=NOW - behind - timedelta(seconds=1))
        assert late.reason is Refusal.UNKNOWN_BASKET
        assert (await after.say("add", line("2", 1, 50), at=at)).accepted
        assert (await after.say("complete", at=at)).accepted
        assert after.orders() == [("b-1", None, 100), ("b-1", None, 50)]


async def test_a_till_that_writes_whole_seconds_opens_the_next_basket_in_the_same_second(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("complete")
    assert (await street.say("open")).accepted
    await street.say("add", line("2", 1, 50))
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [100, 50]


async def test_a_basket_that_is_scanned_over_midnight_is_one_sale_of_its_own_day(
    street: Street,
) -> None:
    street.pass_by(hours=9, minutes=25)
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100))
    street.pass_by(minutes=10)
    await street.say("add", line("2", 1, 50))
    await street.say("complete")
    assert street.orders() == [("b-1", ANN, 150)]
    assert [sale.day for sale in street.sales()] == [DAY]


# Weights, units and labels.


@pytest.mark.parametrize("quantity", [0.432, "0.432"])
async def test_what_is_weighed_costs_its_weight(street: Street, quantity: object) -> None:
    receipt = await street.say("add", line("4011", quantity, 199, unit="kg"))
    assert (receipt.accepted, receipt.lines) == (True, None)
    await street.say("complete")
    assert street.orders() == [("b-1", None, 86)]
    (item,) = street.told("Order Completed")[0]["products"]
    assert (item["unit"], item["quantity"], item["amount_cents"]) == ("kg", 0.432, 86)


@pytest.mark.parametrize(
    ("told", "cents"),
    [
        (line("4011", "250", unit="g", unit_price="0.199"), 50),
        (line("4011", "1.25", 349, unit="lb"), 436),
        (line("4011", "6.5", unit="oz", unit_price="21.8125"), 142),
        (line("4011", "0.75", 120, unit="l"), 90),
        (line("4011", "0.005", 100, unit="kg"), 1),
        (line("4011", "0.004", 100, unit="kg"), 0),
        (line("4011", 1.5, 99), 149),
    ],
)
async def test_every_unit_is_priced_in_exact_decimals(
    street: Street, told: object, cents: int
) -> None:
    assert (await street.say("add", told)).accepted
    await street.say("complete")
    assert [amount for _, _, amount in street.orders()] == [cents]


@pytest.mark.parametrize(
    ("quantity", "unit", "cents"),
    [("0.432", "kg", 86), (432, "g", 86), ("2", "lb", 181), (16, "oz", 90)],
)
async def test_the_price_of_the_store_is_for_its_own_unit(
    file: Path, quantity: object, unit: str, cents: int
) -> None:
    loose = replace(product(4011), price_cents=199, unit=TradeUnit.KG)
    async with open_shop(file, sold=catalogue([loose])) as shop:
        street = Street(shop)
        await street.say("add", line("4011", quantity, unit=unit))
        await street.say("complete")
        assert [amount for _, _, amount in street.orders()] == [cents]


async def test_the_amount_that_the_till_rounded_itself_is_taken(street: Street) -> None:
    await street.say("add", line("4011", "0.433", 87, unit="kg", unit_price="199"))
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [87]


async def test_a_weight_is_no_count_of_pieces(street: Street) -> None:
    """A shopper who buys 0.432 kg bought one thing, and a habit is a habit at any weight."""
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("4011", "0.432", 199, unit="kg"))
    await street.say("complete")
    assert street.habits() == {4011}


# One product under several codes.


@pytest.mark.parametrize(
    ("added", "removed"),
    [
        (APPLE_13, f"0{APPLE_13}"),
        (f"0{APPLE_13}", APPLE_13),
        ("036000291452", "0036000291452"),
        ("0036000291452", "00036000291452"),
        ("00036000291452", "036000291452"),
        ("96385074", "00000096385074"),
    ],
)
async def test_a_void_under_another_form_of_the_code_takes_the_line(
    street: Street, added: str, removed: str
) -> None:
    await street.say("add", line(added, 1, 500))
    assert (await street.say("remove", line(removed, 1, 500))).lines is None
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [0]


async def test_a_void_by_id_takes_that_line_at_that_price(street: Street) -> None:
    await street.say(
        "add",
        line("1", 1, 100, line_id="l1"),
        line("1", 1, 80, line_id="l2", price_override=True),
    )
    await street.say("remove", {"line_id": "l1"})
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [80]


# Put aside and taken up.


async def test_a_suspended_basket_is_resumed_at_another_lane(street: Street) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    await street.say("add", line("3", 1, 300), basket="b-2")
    await street.say("complete", basket="b-2")
    resumed = {"from": {"device": TILL, "basket_id": "b-1"}}
    assert (await street.say("resume", basket="x-9", till=TILL_2, **resumed)).accepted
    await street.say("add", line("2", 1, 50), basket="x-9", till=TILL_2)
    await street.say("complete", basket="x-9", till=TILL_2)
    assert street.orders() == [("b-2", None, 300), ("x-9", ANN, 150)]
    assert street.habits() == {1, 2}


async def test_a_basket_is_suspended_and_resumed_twice_over_a_restart(file: Path) -> None:
    know(file, habits=())
    async with open_shop(file) as shop:
        before = Street(shop)
        await before.say("identify", loyalty=CARD)
        await before.say("add", line("1", 1, 100))
        await before.say("suspend")
        await before.say(
            "resume", basket="y", till=TILL_2, **{"from": {"device": TILL, "basket_id": "b-1"}}
        )
        await before.say("suspend", basket="y", till=TILL_2)
        clock = shop.clock
    async with open_shop(file, clock=clock) as shop:
        after = Street(shop)
        from_ = {"from": {"device": TILL_2, "basket_id": "y"}}
        assert (await after.say("resume", basket="z", till=THIRD, **from_)).accepted
        await after.say("complete", basket="z", till=THIRD)
        assert after.orders() == [("z", ANN, 100)]


async def test_what_was_resumed_elsewhere_is_resumed_once(street: Street) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    from_ = {"from": {"device": TILL, "basket_id": "b-1"}}
    assert (await street.say("resume", basket="x", till=TILL_2, **from_)).accepted
    again = await street.say("resume", basket="y", till=THIRD, **from_)
    assert (again.accepted, again.reason) == (False, Refusal.UNKNOWN_BASKET)


async def test_the_number_of_a_suspended_basket_serves_the_next_customer(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    await street.say(
        "resume", basket="x", till=TILL_2, **{"from": {"device": TILL, "basket_id": "b-1"}}
    )
    street.pass_by(seconds=5)
    await street.say("add", line("2", 1, 50))
    await street.say("complete")
    await street.say("complete", basket="x", till=TILL_2)
    assert street.orders() == [("b-1", None, 50), ("x", None, 100)]


# Refused by line; the till's own truth.


async def test_one_bad_line_is_named_and_the_good_ones_are_on_disk(street: Street) -> None:
    receipt = await street.say(
        "add",
        line("1", 1, 100),
        line("2", "many", 50),
        line("999999", 1),
        line("3", "0.5", 300, unit="kg"),
    )
    assert receipt.accepted
    assert receipt.lines is not None
    assert [(x.index, x.field, x.reason) for x in receipt.lines] == [
        (1, "quantity", Refusal.MALFORMED),
        (2, "price_cents", Refusal.NO_PRICE),
    ]
    await street.say("complete")
    assert [cents for _, _, cents in street.orders()] == [250]
    assert street.told("Order Completed")[0]["unread_lines"] == 2


async def test_a_complete_of_bad_lines_only_is_refused_and_the_basket_stays_open(
    street: Street,
) -> None:
    await street.say("open")
    receipt = await street.say("complete", line("1", 0, 100), line("2", 1, "x"))
    assert (receipt.accepted, receipt.reason) == (False, Refusal.MALFORMED)
    assert receipt.lines is not None
    assert [x.index for x in receipt.lines] == [0, 1]
    assert street.orders() == []
    assert [b.state for b in street.baskets()] == [BasketState.OPEN]
    assert (await street.say("complete", line("1", 1, 100))).accepted
    assert street.orders() == [("b-1", None, 100)]


async def test_an_unreadable_complete_of_a_scanned_basket_pays_what_was_scanned(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100))
    receipt = await street.say("complete", line("1", 0, 100))
    assert receipt.accepted
    assert [cents for _, _, cents in street.orders()] == [100]
    assert street.told("Order Completed")[0]["unread_lines"] == 1


@pytest.mark.parametrize(
    ("told", "cents", "differs"),
    [
        ((line("1", 1, 100), line("2", 1, 50)), 150, False),
        ((line("2", 1, 50), line("1", 1, 100)), 150, False),
        ((line("1", 1, 100),), 100, True),
        ((line("1", 2, 100), line("2", 1, 50)), 250, True),
        ((line("1", 1, 90), line("2", 1, 50)), 140, True),
        ((line("3", 1, 300),), 300, True),
    ],
)
async def test_the_lines_of_complete_replace_what_was_scanned_and_a_difference_is_marked(
    street: Street, told: tuple[object, ...], cents: int, *, differs: bool
) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100), line("2", 1, 50))
    await street.say("complete", *told)
    assert street.orders() == [("b-1", ANN, cents)]
    assert street.told("Order Completed")[0].get("differs", False) is differs
    assert street.habits() == {int(one["sku"]) for one in told}  # type: ignore[index]  # lines


# Told late.


async def late_sale(street: Street, **more: Any) -> None:
    sold_at = (NOW - timedelta(days=1)).isoformat()
    receipt = await street.say(
        "complete", line("5", 2, 150), basket="late-1", sold_at=sold_at, **more
    )
    assert receipt.accepted


async def test_a_sale_of_yesterday_is_booked_to_its_own_day_and_person(street: Street) -> None:
    await late_sale(street, loyalty=CARD)
    (told,) = street.told("Order Completed")
    assert (told["token"], told["revenue_cents"], told["at"][:10]) == (ANN, 300, "2024-06-02")
    assert (street.habits(day=YESTERDAY), street.habits()) == ({5}, set())
    assert [sale.day for sale in street.sales()] == [YESTERDAY]


async def test_a_sale_of_yesterday_touches_nobody_who_is_here_now(street: Street) -> None:
    await street.shop.sign_in()
    before = street.shop.visit_of()
    street.shop.ears.sent.clear()
    await late_sale(street, loyalty=CARD)
    assert street.shop.visit_of() == before
    assert street.shop.cleared() == set()
    assert [one for device in (KIOSK, TABLET, TILL) for one in street.shop.shown(device)] == []


async def test_a_late_sale_under_a_number_that_is_being_scanned_leaves_that_basket_alone(
    street: Street,
) -> None:
    await street.say("identify", basket="late-1", loyalty=BENS_CARD)
    await street.say("add", line("1", 1, 100), basket="late-1")
    await late_sale(street, loyalty=CARD)
    await street.say("add", line("2", 1, 50), basket="late-1")
    await street.say("complete", basket="late-1")
    assert street.orders() == [("late-1", ANN, 300), ("late-1", BEN, 150)]


async def test_a_sale_queued_since_yesterday_is_booked_step_by_step_to_yesterday(
    street: Street,
) -> None:
    began = NOW - timedelta(hours=20)
    for n, (action, lines, more) in enumerate(
        (
            ("open", (), {}),
            ("identify", (), {"loyalty": CARD}),
            ("add", (line("6", 1, 600), line("7", 1, 700)), {}),
            ("remove", (line("7"),), {}),
            ("complete", (), {}),
        )
    ):
        receipt = await street.say(action, *lines, at=began + timedelta(seconds=n), **more)
        assert receipt.accepted, (action, receipt)
    assert street.orders() == [("b-1", ANN, 600)]
    assert (street.habits(day=YESTERDAY), street.habits()) == ({6}, set())
    assert street.shop.presence.visits == ()


async def test_a_late_sale_fires_no_trigger(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    fired = list[bool]()
    honest = SideEffects.triggered

    def watched(self: SideEffects, transition: Any, at: Any, now: Any) -> Any:
        effects = honest(self, transition, at, now)
        fired.append(bool(effects.wants or effects.messages or effects.reminders))
        return effects

    monkeypatch.setattr(SideEffects, "triggered", watched)
    await late_sale(street, loyalty=CARD)
    assert fired == [False]


# Returns and whole sales taken back.


async def test_a_return_is_told_as_a_refund_and_is_no_purchase(street: Street) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("complete", line("1", 1, 100, kind="return"))
    assert street.orders() == []
    (told,) = street.told("Order Refunded")
    assert (told["token"], told["refund_cents"]) == (ANN, 100)
    assert street.habits() == set()


@pytest.mark.parametrize(
    "told", [line("1", -1, 100), line("1", 1, -100), line("1", "-0.5", 200, unit="kg")]
)
async def test_a_minus_without_a_kind_is_a_return(street: Street, told: object) -> None:
    await street.say("complete", told)
    assert [one["refund_cents"] for one in street.told("Order Refunded")] == [100]


async def test_an_exchange_is_an_order_and_a_refund(street: Street) -> None:
    await street.say("complete", line("1", 1, 100, kind="return"), line("2", 1, 250))
    assert [cents for _, _, cents in street.orders()] == [250]
    assert [one["refund_cents"] for one in street.told("Order Refunded")] == [100]
    assert street.told("Order Completed")[0]["total_cents"] == 150


async def test_a_whole_sale_is_taken_back(street: Street) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100))
    await street.say("complete")
    street.pass_by(minutes=2)
    assert (await street.say("void-sale")).accepted
    (told,) = street.told("Order Cancelled")
    assert (told["token"], told["revenue_cents"]) == (ANN, 100)
    assert street.habits() == set()
    again = await street.say("void-sale")
    assert (again.accepted, again.reason) == (False, Refusal.UNKNOWN_BASKET)


async def test_discounts_deposits_fees_and_tax_stand_beside_the_price(street: Street) -> None:
    await street.say(
        "add",
        line("1", 3, 100, discounts=[{"kind": "price", "amount": 90}]),
        line("2", 1, 999, discounts=[{"kind": "percent", "amount": "33.3"}]),
        line(None, 1, 25, kind="deposit"),
        line(None, 1, 10, kind="fee"),
        line("3", 1, 100, tax={"rate_pct": "7.25", "included": False}),
    )
    await street.say("complete", discounts=[{"kind": "amount", "amount": 36}])
    (told,) = street.told("Order Completed")
    # 270 + 666 + 100 − 36 + fee 10; deposit and tax come on top.
    assert told["revenue_cents"] == 1010
    assert told["total_cents"] == 1010 + 25 + 7
    assert told["discount_cents"] == 30 + 333 + 36
    assert Decimal(told["tax_cents"]) == 7
