from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloud_sync import deadlines
from cloud_sync.delivery import DeliveryVerdict
from cloud_sync.envelope import Record
from cloud_sync.uplink import Uplink
from edge.campaigns.triggers.sending import write
from edge.campaigns.triggers.stock_news import ShelfState
from edge.domain.catalogue import Catalogue
from edge.domain.ids import DecisionId, ItemKey, OfferId
from edge.domain.trigger import MessageState, SuppressionReason
from edge.storage import erasure
from edge.storage.catalogue import triggers
from edge.storage.connection import open_connection, transaction
from edge.storage.decisions import exposures
from edge.storage.decisions.exposures import Exposure
from edge.storage.people import profiles, reminders
from edge.storage.people.reminders import Reminder
from models.features.profile import Profile
from models.features.request import ModelRequest
from models.items import Keys
from models.serving.ranker import ANNIVERSARY, Shortlist
from tests.edge.builders import ANN, BEN, DAY, NOW, campaign, catalogue, later, offer
from tests.edge.campaigns.triggers.house import HELLO, House, open_house
from tests.edge.fakes import HandClock, Rates
from tests.edge.shop import CARD, know

CHEAPER: dict[str, Any] = {
    "id": "cheaper",
    "signal": "price-drop",
    "when": "drop_pct >= 10",
    "reason": "You buy {product} often.",
    "message": {"headline": "{product} costs {price}"},
}
MISSED: dict[str, Any] = {
    "id": "missed",
    "signal": "usual-day-missed",
    "reason": "You usually come on this day.",
    "message": {"headline": "We missed you"},
}
LATER: dict[str, Any] = {**HELLO, "timing": "week-later", "expires_after_hours": 6}
KILLED_RC = 9
KILLED = """
import os, sys
from datetime import datetime, UTC
from pathlib import Path
from edge.domain.event import StoreEvent
from edge.domain.trigger import MessageState
from edge.storage.people import messages
from edge.storage.connection import open_connection, transaction
from edge.campaigns.triggers.sending import SendingVerdict, write

now = datetime(2024, 6, 3, 14, 40, tzinfo=UTC)
conn = open_connection(Path(sys.argv[1]))
(message,) = messages.due(conn, now.replace(year=2099), 2)
fact = StoreEvent(id=message.id + ".due", name="Message Due", at=now, source="storeside", token=message.token)
with transaction(conn):
    state = write(conn, SendingVerdict(message=message, state=MessageState.SENT, fact=fact), now, now)
    assert state is MessageState.SENT
    os._exit(9)
"""
WAS, IS = {ItemKey(9): 200}, {ItemKey(9): 150}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    open_connection(file).close()
    know(file)
    habits(file, 9, *range(DAY - 21, DAY, 7))
    return file


def habits(path: Path, item: int, *days: int) -> None:
    found = Profile.empty()
    for day in days:
        found.record(item, day)
    conn = open_connection(path)
    with transaction(conn):
        profiles.save(conn, ANN, found.to_bytes())
    conn.close()


def wish(path: Path, item: int = 9) -> None:
    conn = open_connection(path)
    with transaction(conn):
        reminders.ask(conn, Reminder(token=ANN, item=ItemKey(item), at=NOW))
    conn.close()


async def drop(
    house: House, was: dict[ItemKey, int] = WAS, now: dict[ItemKey, int] = IS
) -> None:
    house.triggers.stock_changed(
        ShelfState(prices=was), ShelfState(prices=now), house.shop.clock.now()
    )
    await house.pass_by(2)


async def test_a_price_drop_is_told_to_who_buys_it_regularly(path: Path) -> None:
    async with open_house(path, CHEAPER) as house:
        await drop(house)
        (found,) = house.messages()
        assert (found.headline, found.reason) == (
            "Product 9 costs 1.09",
            "You buy Product 9 often.",
        )
        assert (found.state, house.due()) == (MessageState.SENT, 1)


async def test_a_price_drop_is_told_to_who_asked(path: Path) -> None:
    habits(path, 1, DAY - 7)
    wish(path)
    async with open_house(path, {**CHEAPER, "when": "asked"}) as house:
        await drop(house)
        assert house.states() == [MessageState.SENT]


async def test_a_price_drop_is_not_told_to_who_never_bought_it(path: Path) -> None:
    habits(path, 1, DAY - 7)
    async with open_house(path, CHEAPER) as house:
        await drop(house)
        assert house.messages() == []


async def test_one_price_drop_is_told_once(path: Path) -> None:
    async with open_house(path, {**CHEAPER, "cooldown_days": 0}) as house:
        await drop(house)
        await drop(house)
        assert len(house.messages()) == 1


async def test_back_in_stock_is_told_to_who_asked(path: Path) -> None:
    wish(path)
    back = {**CHEAPER, "signal": "back-in-stock", "when": "asked"}
    async with open_house(path, back) as house:
        none, some = {ItemKey(9): 0}, {ItemKey(9): 5}
        house.triggers.stock_changed(
            ShelfState(prices={}, on_hand=none), ShelfState(prices={}, on_hand=some), NOW
        )
        await house.pass_by(2)
        assert house.states() == [MessageState.SENT]


async def test_what_was_bought_meanwhile_is_not_told(path: Path) -> None:
    async with open_house(
        path, {**CHEAPER, "quiet": {"first_hour": 13, "last_hour": 16}}
    ) as house:
        await drop(house)
        assert house.states() == [MessageState.PENDING]
        person = house.shop.people.find(ANN, NOW)
        assert person is not None
        person.profile.record(9, DAY)
        await house.pass_by(3 * 3_600)
        (found,) = house.messages()
        assert (found.state, found.suppressed_by) == (
            MessageState.DROPPED,
            SuppressionReason.MEANWHILE,
        )


async def test_an_anniversary_fires_on_its_date_and_on_no_other(path: Path) -> None:
    """C25: flowers bought a year ago; the clock stands at other dates, then at that one."""
    habits(path, 9, DAY - 365)
    year = {**HELLO, "signal": "anniversary", "message": {"headline": "{product} again?"}}
    ranker = Dates(year_ago=DAY)
    clock = HandClock(NOW - timedelta(days=40))
    async with open_house(path, year, clock=clock, ranker=ranker) as house:
        assert house.messages() == []
        await house.pass_by(days=40)
        assert [one.headline for one in house.messages()] == ["Product 9 again?"]
        await house.pass_by(days=1)
        assert len(house.messages()) == 1


async def test_a_missed_day_is_told_the_day_after(path: Path) -> None:
    """She comes each Monday; this Monday the store was open and she did not come."""
    habits(path, 9, *range(DAY - 49, DAY, 7))
    clock = HandClock(NOW - timedelta(days=1))
    async with open_house(path, MISSED, clock=clock) as house:
        for _ in range(2 * 24 * 6):
            await house.pass_by(600)
        assert [one.headline for one in house.messages()] == ["We missed you"]


async def test_days_that_nobody_watched_were_not_missed(path: Path) -> None:
    habits(path, 9, *range(DAY - 49, DAY, 7))
    async with open_house(path, MISSED, clock=HandClock(later(days=-1))):
        pass
    async with open_house(path, MISSED, clock=HandClock(later(days=1))) as house:
        await house.pass_by(600)
        assert house.messages() == []


async def test_a_clock_jump_fires_nothing(path: Path) -> None:
    habits(path, 9, *range(DAY - 49, DAY, 7))
    clock = HandClock(later(days=-1))
    async with open_house(path, MISSED, LATER, clock=clock) as house:
        await house.shop.sign_in()
        for _ in range(6):
            await house.pass_by(600)
        clock.pass_by(days=7)  # somebody set it; the steady clock goes on
        for _ in range(4):
            await house.pass_by(60)
        assert house.triggers.doubt_s > 600_000
        assert (house.states(), house.due()) == ([MessageState.PENDING], 0)


async def test_while_the_clock_is_doubtful_no_signal_fires(path: Path) -> None:
    async with open_house(path, HELLO) as house:
        house.shop.clock.pass_by(3_600)
        await house.look()
        await house.shop.sign_in()
        assert house.messages() == []


async def test_a_clock_that_has_run_evenly_again_is_believed(path: Path) -> None:
    async with open_house(path, HELLO) as house:
        house.shop.clock.pass_by(3_600)
        await house.look()
        for _ in range(11):
            await house.pass_by(60)
        await house.shop.sign_in()
        assert len(house.messages()) == 1


async def test_ten_days_without_a_line_nothing_stale_goes_out(path: Path) -> None:
    """C27: queued for the centre, offline for ten days; then the line is back."""
    async with open_house(path, CHEAPER) as house:
        await drop(house)
        assert house.due() == 1
        house.shop.clock.pass_by(days=10)
        assert "storeside.message-due.v1" not in await sent_up(house)
        assert house.shop.rows("SELECT type, count FROM outbox_dropped") == [
            ("storeside.message-due.v1", 1)
        ]
        house.steady_s += 10 * 86_400
        await house.look()
        assert house.states() == [MessageState.EXPIRED]


async def test_in_time_it_goes_out(path: Path) -> None:
    async with open_house(path, CHEAPER) as house:
        await drop(house)
        assert (await sent_up(house)).count("storeside.message-due.v1") == 1
        house.shop.clock.pass_by(days=10)
        assert not house.shop.database.read(deadlines.is_any_missed)


async def test_exactly_a_week_later_and_only_on_that_day(path: Path) -> None:
    week = {**LATER, "signal": "leaving"}
    async with open_house(path, week) as house:
        await buy(house)
        await house.pass_by(days=6.9)
        assert house.states() == [MessageState.PENDING]
        await house.pass_by(days=0.1)
        assert (house.states(), house.due()) == ([MessageState.SENT], 1)


async def test_a_week_later_but_too_late_is_dropped_and_counted(path: Path) -> None:
    async with open_house(path, {**LATER, "signal": "leaving"}) as house:
        await buy(house)
        await house.pass_by(days=7.5)
        assert (house.states(), house.due()) == ([MessageState.EXPIRED], 0)
        assert house.shop.counters.counts["message-expired"] == 1


async def test_killed_between_queue_and_send_it_is_sent_once(path: Path) -> None:
    async with open_house(path, CHEAPER) as house:
        house.triggers.stock_changed(ShelfState(prices=WAS), ShelfState(prices=IS), NOW)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("edge.campaigns.triggers.scheduler.write", killed)
            with pytest.raises(sqlite3.OperationalError):
                await house.pass_by(2)
        assert (house.states(), house.due()) == ([MessageState.PENDING], 0)
    for _ in range(3):
        async with open_house(path, clock=HandClock(later(10))) as house:
            await house.pass_by(2)
            assert (house.states(), house.due()) == ([MessageState.SENT], 1)


def killed(conn: sqlite3.Connection, **given: Any) -> None:
    """The power goes after the message is settled and before the transaction ends."""
    write(conn, **given)
    raise sqlite3.OperationalError("gone")


async def test_a_process_killed_before_the_commit_has_sent_nothing(path: Path) -> None:
    """A real process on the real file, ended without a word after it has settled the message."""
    async with open_house(
        path, {**CHEAPER, "quiet": {"first_hour": 14, "last_hour": 15}}
    ) as house:
        await drop(house)
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", KILLED, str(path)], check=False
    )
    assert ended.returncode == KILLED_RC
    async with open_house(path, clock=HandClock(later(3_600))) as house:
        assert (house.states(), house.due()) == ([MessageState.SENT], 1)
    async with open_house(path, clock=HandClock(later(3_700))) as house:
        assert (house.states(), house.due()) == ([MessageState.SENT], 1)


async def test_a_message_with_an_offer_is_one_showing_of_it(path: Path) -> None:
    async with open_house(path, with_offer(), sold=shop_with()) as house:
        await drop(house)
        rows = house.shop.rows("SELECT offer, surface, ghost, campaign FROM exposures")
        assert rows == [("o-1", "message", 0, "june")]
        person = house.shop.people.find(ANN, NOW)
        assert person is not None
        assert [touch.offer for touch in person.memory.touches] == [OfferId("o-1")]


async def test_a_capped_offer_is_not_sent(path: Path) -> None:
    conn = open_connection(path)
    with transaction(conn):
        for n in range(3):
            exposures.add(conn, showing(n))
    conn.close()
    async with open_house(path, with_offer(), sold=shop_with()) as house:
        await drop(house)
        (found,) = house.messages()
        assert (found.state, found.suppressed_by) == (
            MessageState.DROPPED,
            SuppressionReason.CAPPED,
        )


async def test_who_is_held_out_leaves_a_ghost_and_gets_nothing(path: Path) -> None:
    async with open_house(path, with_offer(), sold=shop_with(holdout_pct=100)) as house:
        await drop(house)
        assert (house.states(), house.due()) == ([MessageState.WITHHELD], 0)
        assert house.shop.rows("SELECT offer, ghost FROM exposures") == [("o-1", 1)]


async def test_an_offer_that_is_over_is_not_sent(path: Path) -> None:
    async with open_house(path, with_offer("o-9"), sold=shop_with()) as house:
        await drop(house)
        assert [one.suppressed_by for one in house.messages()] == [SuppressionReason.OFFER_OVER]


async def test_a_trigger_out_of_force_sends_nothing(path: Path) -> None:
    async with open_house(path, {**LATER, "signal": "leaving"}) as house:
        await buy(house)
        conn = open_connection(path)
        triggers.withdraw(conn, "hello")
        conn.close()
        await house.pass_by(days=7)
        assert [one.suppressed_by for one in house.messages()] == [SuppressionReason.WITHDRAWN]


async def test_one_message_a_day_over_all_triggers(path: Path) -> None:
    other = {**LATER, "id": "other", "signal": "leaving"}
    async with open_house(path, {**LATER, "signal": "leaving"}, other) as house:
        await buy(house)
        await house.pass_by(days=7)
        assert [one.state for one in house.messages()] == [MessageState.SENT]


async def test_somebody_erased_is_sent_nothing(path: Path) -> None:
    async with open_house(path, {**LATER, "signal": "leaving"}) as house:
        await buy(house)
        conn = open_connection(path)
        with transaction(conn):
            erasure.forget(conn, ANN, NOW)
        conn.close()
        house.triggers.forget(ANN)
        house.shop.people.forget(ANN)
        await house.pass_by(days=7)
        assert (house.messages(), house.due()) == ([], 0)


async def test_nobody_else_hears_of_it(path: Path) -> None:
    know(path, BEN, card="4100000002", habits=(1,))
    async with open_house(path, CHEAPER) as house:
        await drop(house)
        assert house.messages(BEN) == []


class Centre:
    """The other end of the line: takes everything and remembers what kinds of events it was given."""

    def __init__(self) -> None:
        self.types: list[str] = []

    async def send(self, records: Sequence[Record], _now: datetime) -> list[DeliveryVerdict]:
        self.types += [one.type for one in records]
        return [DeliveryVerdict(id=one.id, verdict="accepted") for one in records]


async def sent_up(house: House) -> list[str]:
    """The line is there: kinds of the events that reach the centre."""
    centre = Centre()
    uplink = Uplink(house.shop.database, centre, clock=house.shop.clock.now)
    running = asyncio.create_task(uplink.run())
    await uplink.wait_empty()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    return centre.types


class Dates(Rates):
    """Of the products somebody bought, all belong to the date ``year_ago`` days, and to no other."""

    def __init__(self, *, year_ago: int) -> None:
        super().__init__({n: 0.4 - n / 100 for n in range(1, 13)})
        self._day = year_ago

    def shortlist(self, view: ModelRequest, limit: int, extra: Keys) -> Shortlist:
        found = super().shortlist(view, limit, extra)
        own = np.zeros(len(found.keys), np.bool_)
        if view.profile is not None and view.moment.day == self._day:
            own = np.isin(found.keys, view.profile.keys)
        return Shortlist(
            keys=found.keys, sources=np.where(own, ANNIVERSARY, 0).astype(np.uint16)
        )


def with_offer(name: str = "o-1") -> dict[str, Any]:
    return {**CHEAPER, "message": {"headline": "{product}", "offer": name}}


def shop_with(**changed: object) -> Catalogue:
    return catalogue(offers=[offer("o-1", 9, cap=3)], campaigns=[campaign("june", **changed)])


def showing(number: int) -> Exposure:
    return Exposure(
        token=ANN,
        offer=OfferId("o-1"),
        surface="kiosk",
        at=later(-number * 3_600),
        decision=DecisionId(f"d-{number}"),
        campaign="june",
        category="dairy",
    )


async def buy(house: House) -> None:
    """Ann buys one thing and leaves."""
    await house.shop.till("open", card=CARD)
    await house.shop.till("add", 2)
    await house.shop.till("complete")
