from __future__ import annotations

from pathlib import Path

import pytest

from devices.messages import Feedback, FeedbackAction
from edge.domain.consent import ConsentState, Purpose
from edge.domain.ids import ItemKey, Sku
from edge.domain.trigger import MessageState
from edge.storage.catalogue import stock
from edge.storage.connection import open_connection
from edge.storage.people.messages import PastFiring
from tests.edge.builders import ANN, KIOSK, NOW, TILL, said
from tests.edge.campaigns.triggers.house import HELLO, House, open_house
from tests.edge.fakes import HandClock
from tests.edge.shop import CARD, know, note
from tests.patience import until

WITHOUT_SHARE = [p for p in Purpose if p is not Purpose.SHARE]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    open_connection(file).close()
    know(file)
    return file


async def test_an_arrival_queues_its_message_with_the_reason(path: Path) -> None:
    async with open_house(path, HELLO) as house:
        await house.shop.sign_in()
        (found,) = house.messages()
        assert (found.headline, found.reason) == ("Hello", "You have just come in.")


async def test_a_message_is_shown_on_the_screen_of_somebody_who_is_here(path: Path) -> None:
    async with open_house(path, HELLO) as house:
        await house.shop.sign_in()
        await house.pass_by(2)
        notice = house.triggers.notice(ANN, house.shop.clock.now())
        assert notice is not None
        assert (notice.headline, house.states(), house.due()) == (
            "Hello",
            [MessageState.SENT],
            0,
        )


async def test_who_has_left_is_told_by_the_centre(path: Path) -> None:
    leaving = {**HELLO, "signal": "leaving", "when": "ended == 'paid'"}
    async with open_house(path, leaving) as house:
        await buy(house)
        await house.pass_by(2)
        assert (house.states(), house.due()) == ([MessageState.SENT], 1)


async def test_without_consent_to_sharing_nothing_goes_to_the_centre(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    open_connection(file).close()
    know(file, purposes=WITHOUT_SHARE)
    async with open_house(file, {**HELLO, "signal": "leaving"}) as house:
        await buy(house)
        await house.pass_by(2)
        assert (house.states(), house.due()) == ([MessageState.PENDING], 0)
        await house.pass_by(days=1)
        assert house.states() == [MessageState.EXPIRED]


async def test_it_fires_once_in_its_rest_also_after_a_restart(path: Path) -> None:
    async with open_house(path, HELLO) as house:
        await house.shop.sign_in()
    async with open_house(path, clock=HandClock(NOW)) as house:
        await house.pass_by(days=3)
        await buy(house)
        await house.shop.sign_in()
        assert len(house.messages()) == 1
        assert house.silent("cooling-down") == 1


async def test_a_trigger_without_consent_says_nothing(path: Path) -> None:
    note(path, said(Purpose.PERSONALISE_PRIVATE, ConsentState.WITHDRAWN, at=NOW))
    async with open_house(path, HELLO) as house:
        await house.shop.sign_in()
        assert (house.messages(), house.silent("no-consent")) == ([], 1)


async def test_a_withdrawal_takes_back_what_waits(path: Path) -> None:
    async with open_house(path, {**HELLO, "timing": "week-later"}) as house:
        await house.shop.sign_in()
        note(path, said(Purpose.PERSONALISE_PRIVATE, ConsentState.WITHDRAWN, at=NOW))
        assert house.states() == [MessageState.WITHDRAWN]


async def test_consent_is_asked_again_when_sending(path: Path) -> None:
    """The ledger in memory still says yes; the one on disk, where the message is sent from, does not."""
    async with open_house(path, {**HELLO, "signal": "leaving"}) as house:
        await buy(house)
        conn = open_connection(path)
        conn.execute(
            "UPDATE consents SET state = 'withdrawn' WHERE purpose = 'personalise-private'"
        )
        conn.close()
        await house.pass_by(2)
        assert (house.states(), house.due()) == ([MessageState.WITHDRAWN], 0)


async def test_a_basket_line_refreshes_a_place(path: Path) -> None:
    cheese = {
        "id": "beside-cheese",
        "signal": "basket-line",
        "when": "category == 'category 1'",
        "reason": "{product} is in your basket.",
        "refresh": "till-addon",
    }
    async with open_house(path, cheese) as house:
        await house.shop.till("open", card=CARD)
        await house.shop.till("add", 1)
        await until(lambda: bool(house.shop.shown(TILL)))
        (found,) = house.messages()
        assert (found.state, found.reason) == (
            MessageState.SHOWN,
            "Product 1 is in your basket.",
        )


async def test_staying_in_a_zone_is_a_signal_once(path: Path) -> None:
    dwell = {
        "id": "staying",
        "signal": "dwell",
        "when": "dwell_minutes >= 3 && zone == 'dairy'",
        "reason": "You have been here for a while.",
        "refresh": "kiosk-home",
        "cooldown_days": 0,
    }
    async with open_house(path, dwell) as house:
        await house.shop.sign_in()
        await house.pass_by(60)
        assert house.messages() == []
        for _ in range(5):
            await house.pass_by(60)
        assert house.states() == [MessageState.SHOWN]


async def test_who_asked_to_be_reminded_is_kept(path: Path) -> None:
    async with open_house(path) as house:
        await house.shop.sign_in()
        await until(lambda: bool(house.shop.shown(KIOSK)))
        shown = house.shop.shown(KIOSK)[-1]
        item = shown["items"][0]["item_id"]
        reply = Feedback(
            decision_id=shown["decision_id"],
            item_id=item,
            action=FeedbackAction.ACCEPT,
            value="remind-me",
        )
        await house.shop.say(reply)
        assert house.shop.rows("SELECT token, item FROM reminders") == [(ANN, int(item))]


async def test_the_brake_stops_triggers_too(path: Path) -> None:
    async with open_house(path, HELLO) as house:
        house.shop.takedown.pause(on=True)
        await house.shop.sign_in()
        assert house.messages() == []


async def test_almost_gone_is_told_to_regulars_who_are_here(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    conn = open_connection(file)
    stock.put(conn, Sku("9"), 4, NOW)
    conn.close()
    know(file, habits=(9,))
    few = {"id": "few", "signal": "low-stock", "reason": "Few left.", "refresh": "kiosk-home"}
    async with open_house(file, few) as house:
        await house.shop.sign_in()
        person = house.shop.people.find(ANN, NOW)
        assert person is not None
        for day in range(3):
            person.profile.record(9, 19_000 + day)
        await house.shop.till("open")
        await house.shop.till("add", 9)
        await house.shop.till("complete")
        (found,) = house.messages()
        assert (found.item, found.state) == (ItemKey(9), MessageState.SHOWN)


async def test_triggers_that_listen_to_something_else_are_not_asked(path: Path) -> None:
    quiet = [{**HELLO, "id": f"t-{n}", "signal": "leaving"} for n in range(50)]
    async with open_house(path, *quiet) as house:
        await house.shop.sign_in()
        assert house.messages() == []
        assert not [c for c in house.shop.counters.counts if c.startswith("trigger-no")]


def test_what_was_told_names_nobody() -> None:
    assert "token" not in PastFiring._fields


async def buy(house: House) -> None:
    """Ann buys one thing and leaves."""
    await house.shop.till("open", card=CARD, basket=f"b-{len(house.shop.facts())}")
    await house.shop.till("add", 2, basket=f"b-{_open(house)}")
    await house.shop.till("complete", basket=f"b-{_open(house)}")


def _open(house: House) -> str:
    ((name,),) = house.shop.rows("SELECT number FROM baskets WHERE state = 'open'")
    return str(name).removeprefix("b-")
