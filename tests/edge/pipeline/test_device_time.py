"""Facts of devices whose clocks are wrong, through a whole shop."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.messages import (
    Ask,
    Feedback,
    FeedbackAction,
    Telemetry,
    encode,
)
from devices.messages.fields import written
from devices.topics import Leaf
from edge.domain.consent import Purpose
from tests.edge.builders import ANN, KIOSK, NOW, TABLET, TILL, event, later
from tests.edge.pipeline.test_executor import withdrawal
from tests.edge.pipeline.test_intake import listening
from tests.edge.shop import Shop, know, open_shop, till
from tests.patience import until

HOUR_S, DAY_S = 3600, 86_400


def told_of(shop: Shop, name: str) -> list[dict[str, Any]]:
    """What the centre will be told under this name."""
    rows = shop.rows("SELECT body FROM outbox ORDER BY seq")
    messages = [json.loads(body) for (body,) in rows]
    return [m for m in messages if m.get("event") == name]


async def sale(shop: Shop, ahead_s: float, basket: str, *, ago_s: float = 0) -> list[Any]:
    """A paid sale by a till whose clock is ahead; ``ago_s``: so long it waited at the till."""
    at = shop.clock.now() + timedelta(seconds=ahead_s - ago_s)
    steps = (till("open", 1, basket=basket), till("complete", basket=basket))
    return [await shop.pipeline.intake.accept(shop.event(s, TILL, at=at)) for s in steps]


@pytest.mark.parametrize("ahead_s", [121, 180, HOUR_S, DAY_S, 400 * DAY_S])
async def test_a_till_that_is_ahead_loses_no_sale(file: Path, ahead_s: int) -> None:
    async with open_shop(file) as shop:
        for receipt in await sale(shop, ahead_s, "b-1"):
            assert (receipt.accepted, receipt.time_repaired) == (True, True)
        (order,) = told_of(shop, "Order Completed")
        assert order["timestamp"] == written(NOW)
        assert order["originalTimestamp"] == written(later(ahead_s))
        assert order["properties"]["time_repaired"] is True
        assert order["properties"]["original_time"] == written(later(ahead_s))
        assert shop.counters.counts["repaired"] == 2


async def test_the_time_of_sale_is_repaired_like_that_of_its_telling(file: Path) -> None:
    async with open_shop(file) as shop:
        told = shop.clock.now() + timedelta(hours=3)
        paid = till("complete", 1).model_copy(update={"sold_at": told - timedelta(minutes=40)})
        receipt = await shop.pipeline.intake.accept(shop.event(paid, TILL, at=told))
        assert (receipt.accepted, receipt.time_repaired) == (True, True)
        (order,) = told_of(shop, "Order Completed")
        assert order["timestamp"] == written(later(-40 * 60))


async def test_a_till_that_is_right_is_told_nothing_of_clocks(file: Path) -> None:
    async with open_shop(file) as shop:
        receipts = await sale(shop, 0, "b-1")
        assert [json.loads(encode(r)) for r in receipts] == [
            {"id": r.id, "accepted": True} for r in receipts
        ]
        (order,) = told_of(shop, "Order Completed")
        assert "time_repaired" not in order["properties"]
        assert order["timestamp"] == order["originalTimestamp"] == written(NOW)


@pytest.mark.parametrize("waited_s", [60, HOUR_S, 72 * HOUR_S])
async def test_a_queue_of_a_right_clock_keeps_its_times(file: Path, waited_s: int) -> None:
    async with open_shop(file) as shop:
        for n in range(5):
            for receipt in await sale(shop, 0, f"b-{n}", ago_s=waited_s - n * 10):
                assert (receipt.accepted, receipt.time_repaired) == (True, None)
        orders = [o["timestamp"] for o in told_of(shop, "Order Completed")]
        assert orders == [written(later(n * 10 - waited_s)) for n in range(5)]


async def test_a_till_two_hours_behind_that_asks_is_seen_through(file: Path) -> None:
    behind = timedelta(hours=2)
    async with open_shop(file) as shop, listening(shop):
        asked = shop.message(Ask(placement="till-addon", deadline_ms=5_000), TILL)
        body = json.loads(asked.payload) | {"time": written(NOW - behind)}
        shop.pipeline.intake.receive(asked._replace(payload=json.dumps(body).encode()))
        # The question itself is judged by what was known before it.
        await until(lambda: bool(shop.answers()))
        assert shop.answers()[0]["reason"] == "stale"
        for receipt in await sale(shop, -behind.total_seconds(), "b-1"):
            assert receipt.time_repaired
        (order,) = told_of(shop, "Order Completed")
        repaired = datetime.fromisoformat(order["timestamp"])
        assert abs(repaired - NOW) < timedelta(seconds=30)
        shop.pipeline.intake.receive(asked._replace(payload=json.dumps(body).encode()))
        await until(lambda: len(shop.answers()) == 2)
        assert "reason" not in shop.answers()[1]


async def test_without_a_sign_a_slow_clock_is_believed_like_a_queue(file: Path) -> None:
    async with open_shop(file) as shop:
        for receipt in await sale(shop, -2 * HOUR_S, "b-1"):
            assert (receipt.accepted, receipt.time_repaired) == (True, None)


async def test_a_withdrawal_of_1970_holds_from_now_on(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        said = event(
            withdrawal(*Purpose),
            KIOSK,
            name="w-1",
            at=datetime.fromisoformat("1970-01-01T00:00:07Z"),
        )
        receipt = await shop.pipeline.intake.accept(said)
        assert (receipt.accepted, receipt.time_repaired) == (True, True)
        person = shop.people.find(ANN, NOW)
        assert person is not None
        assert person.customer.consents.allowed(NOW) == frozenset()
        (withdrawn,) = told_of(shop, "Consent Withdrawn")
        assert withdrawn["timestamp"] == written(NOW)
        assert withdrawn["properties"]["original_time"] == "1970-01-01T00:00:07Z"
    async with open_shop(file) as shop:
        person = shop.people.find(ANN, NOW)
        assert person is not None
        assert person.customer.consents.allowed(NOW) == frozenset()


async def test_what_a_tablet_redeems_a_day_ahead_is_redeemed_now(file: Path) -> None:
    know(file)
    async with open_shop(file) as shop:
        await shop.sign_in()
        decision = shop.shown(KIOSK)[-1]["decision_id"]
        said = Feedback(decision_id=decision, action=FeedbackAction.REDEEM)
        receipt = await shop.pipeline.intake.accept(shop.event(said, TABLET, at=later(days=1)))
        assert (receipt.accepted, receipt.time_repaired) == (True, True)
        (used,) = told_of(shop, "Coupon Applied")
        assert used["timestamp"] == written(NOW)


async def test_figures_with_a_time_tell_how_far_a_counter_is_off(file: Path) -> None:
    async with open_shop(file) as shop, listening(shop):
        source = event(Ask(placement="x"), "camera-1").source
        report = Telemetry(at=later(-600), values={"people": 2.0})
        shop.pipeline.intake.receive(
            shop.message(till("open"))._replace(
                topic=f"{source}/{Leaf.TELEMETRY}", payload=encode(report)
            )
        )
        await until(lambda: bool(shop.state.device_clocks.all()))
        (off,) = shop.state.device_clocks.all().values()
        assert off.known
        assert off.ahead_s == pytest.approx(-600, abs=30)
