"""What tills of real shops say, after public reports of people who run them: each case, and others of its kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from devices.errors import Refusal
from edge.domain.basket import BasketState
from edge.domain.ids import DeviceId
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


def there(till: str, number: str) -> dict[str, Any]:
    """A basket at another till, as a message names it."""
    return {"from": {"device": till, "basket_id": number}}


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
    # Nor does a line alone say that another customer is there.
    alone = await street.say("add", line("2", 1, 50))
    assert (alone.accepted, alone.reason) == (False, Refusal.UNKNOWN_BASKET)
    assert (await street.say("open")).accepted
    assert (await street.say("add", line("2", 1, 50))).accepted
    await street.say("complete")
    assert street.orders() == [("b-1", None, 100), ("b-1", None, 50)]


async def test_a_number_used_four_times_a_day_is_four_sales(street: Street) -> None:
    for n in range(1, 5):
        await street.say("open")
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
        await after.say("open")
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
        assert (await after.say("open", at=at)).accepted
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


# Put aside and taken up.


async def test_a_suspended_basket_is_resumed_at_another_lane(street: Street) -> None:
    await street.say("identify", loyalty=CARD)
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    await street.say("add", line("3", 1, 300), basket="b-2")
    await street.say("complete", basket="b-2")
    resumed = there(TILL, "b-1")
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
        await before.say("resume", basket="y", till=TILL_2, **there(TILL, "b-1"))
        await before.say("suspend", basket="y", till=TILL_2)
        clock = shop.clock
    async with open_shop(file, clock=clock) as shop:
        after = Street(shop)
        from_ = there(TILL_2, "y")
        assert (await after.say("resume", basket="z", till=THIRD, **from_)).accepted
        await after.say("complete", basket="z", till=THIRD)
        assert after.orders() == [("z", ANN, 100)]


async def test_what_was_resumed_elsewhere_is_resumed_once(street: Street) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    from_ = there(TILL, "b-1")
    assert (await street.say("resume", basket="x", till=TILL_2, **from_)).accepted
    again = await street.say("resume", basket="y", till=THIRD, **from_)
    assert (again.accepted, again.reason) == (False, Refusal.UNKNOWN_BASKET)


async def test_the_number_of_a_suspended_basket_serves_the_next_customer(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    await street.say("resume", basket="x", till=TILL_2, **there(TILL, "b-1"))
    street.pass_by(seconds=5)
    await street.say("add", line("2", 1, 50))
    await street.say("complete")
    await street.say("complete", basket="x", till=TILL_2)
    assert street.orders() == [("b-1", None, 50), ("x", None, 100)]


async def test_a_basket_is_resumed_at_its_own_till_on_the_next_day(street: Street) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    street.pass_by(days=1)
    assert (await street.say("resume")).accepted
    await street.say("complete")
    assert street.orders() == [("b-1", None, 100)]


async def test_a_basket_is_not_resumed_onto_one_that_is_being_scanned(street: Street) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    await street.say("add", line("2", 1, 50), basket="x", till=TILL_2)
    refused = await street.say("resume", basket="x", till=TILL_2, **there(TILL, "b-1"))
    assert (refused.accepted, refused.field) == (False, "basket_id")
    await street.say("complete", basket="x", till=TILL_2)
    assert (await street.say("resume", basket="y", till=TILL_2, **there(TILL, "b-1"))).accepted
    await street.say("complete", basket="y", till=TILL_2)
    assert street.orders() == [("x", None, 50), ("y", None, 100)]


async def test_the_sale_that_is_taken_back_is_the_one_paid_last_under_its_number(
    street: Street,
) -> None:
    await street.say("add", line("1", 1, 100))
    await street.say("suspend")
    for n in (2, 3):
        street.pass_by(seconds=5)
        await street.say("open", till=TILL_2)
        await street.say("add", line(str(n), 1, n), till=TILL_2)
        await street.say("complete", till=TILL_2)
    street.pass_by(seconds=5)
    # Under the number that this lane has used twice today.
    await street.say("resume", till=TILL_2, **there(TILL, "b-1"))
    await street.say("complete", till=TILL_2)
    street.pass_by(seconds=5)
    assert (await street.say("void-sale", till=TILL_2)).accepted
    assert [one["revenue_cents"] for one in street.told("Order Cancelled")] == [100]
    late = await street.say("add", line("4"), till=TILL_2, at=NOW + timedelta(seconds=14))
    assert late.reason is Refusal.UNKNOWN_BASKET
    assert (await street.say("open", till=TILL_2)).accepted
    assert (await street.say("add", line("4", 1, 4), till=TILL_2)).accepted


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
