from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import Refusal
from devices.messages import Command, Data, till, up
from devices.simulator import station
from devices.simulator.agenda import Agenda
from devices.simulator.habits import Interest
from devices.simulator.replay import Devices, Happening, Replay, replay
from devices.simulator.script import Mark
from devices.simulator.station import ReplayStage, Station
from devices.simulator.tally import ReplayTally
from devices.simulator.trip import ShopperMethod, Trip, TripLine
from tests.devices.simulator.builders import (
    BADGES,
    NOON,
    MemoryStore,
    floor,
    show,
    store_time,
    trip,
)


def nothing(_happening: Happening) -> None:
    """A bystander who looks away."""


def devices(store: MemoryStore) -> Devices:
    return Devices(floor=floor(), connect=store, badges=BADGES)


async def play(store: MemoryStore, *trips: Trip) -> ReplayTally:
    return await replay(trips, devices(store), store_time(), nothing)


async def test_a_trip_is_played_to_its_end_and_everything_receipted() -> None:
    store, seen = MemoryStore(), list[Happening]()
    tally = await replay([trip()], devices(store), store_time(), seen.append)
    assert [h.mark for h in seen] == [Mark.ENTERS, Mark.PAYS, Mark.LEAVES]
    assert tally.visits == 1
    assert len(tally.accepted) == len(tally.sent) == len(store.heard) - tally.asks
    assert tally.waiting == []


async def test_trips_are_played_in_their_real_order() -> None:
    seen = list[Happening]()
    later = trip(number=2, arrives_at=NOON + timedelta(hours=3))
    await replay([later, trip()], devices(MemoryStore()), store_time(), seen.append)
    assert [h.trip.household for h in seen if h.mark is Mark.ENTERS] == ["1", "2"]


async def test_two_replays_say_the_same_things() -> None:
    first, second = MemoryStore(), MemoryStore()
    for store in (first, second):
        await play(store, trip(ShopperMethod.TILL), trip(ShopperMethod.KIOSK, number=2))
    assert first.heard == second.heard


async def test_a_display_plays_what_it_is_shown_and_proves_it() -> None:
    store = MemoryStore()

    def shows(_device: str, data: Data) -> None:
        if isinstance(data, up.Sighting) and data.zone == "fresh":
            store.screens["display-fresh"](show("context", "101"))

    store.on_event = shows
    tally = await play(store, trip())
    plays = [data for _, data in store.heard if isinstance(data, up.Play)]
    assert [p.completed for p in plays] == [True, True]
    assert tally.plays == 2
    assert tally.shows == 2


async def test_a_board_that_is_replaced_early_is_proven_as_not_completed() -> None:
    store = MemoryStore()

    def shows(_device: str, data: Data) -> None:
        if isinstance(data, till.Basket) and data.action == "open":
            store.screens["display-fresh"](show("context", "101"))
            store.screens["display-fresh"](show("context", "102", decision_id="d-2"))

    store.on_event = shows
    await play(store, trip(ShopperMethod.NONE))
    plays = [data for _, data in store.heard if isinstance(data, up.Play)]
    assert [(p.decision_id, p.completed) for p in plays] == [("d-1", False), ("d-2", True)]


async def test_clearing_a_screen_calls_off_the_answers_to_it() -> None:
    store = MemoryStore()

    def shows(device: str, data: Data) -> None:
        if isinstance(data, up.SignIn):
            store.screens[device](show("personal", "101"))
            store.orders[device](Command(command="clear"))

    store.on_event = shows
    tally = await play(store, trip(ShopperMethod.KIOSK))
    assert not any(isinstance(data, up.Feedback) for _, data in store.heard)
    assert len(tally.to_clear_ms) == 1


async def test_other_orders_leave_the_screen_alone() -> None:
    store = MemoryStore()

    def shows(device: str, data: Data) -> None:
        if isinstance(data, up.SignIn):
            store.screens[device](show("personal", "101"))
            store.orders[device](Command(command="identify"))

    store.on_event = shows
    await play(store, trip(ShopperMethod.KIOSK))
    assert any(isinstance(data, up.Feedback) for _, data in store.heard)


async def test_an_answer_at_the_till_is_taken_up_if_the_shopper_buys_it() -> None:
    store = MemoryStore()
    store.answer = show("personal", "103", "999")
    tally = await play(store, trip(ShopperMethod.TILL))
    replies = [data for _, data in store.heard if isinstance(data, up.Feedback)]
    assert {r.item_id: str(r.action) for r in replies}["103"] == "accept"
    assert tally.answers == 1


NOES = {"decline", "not-for-me"}


@given(
    st.sets(st.sampled_from(["101", "102", "103", "104", "105", "106"])),
    st.sets(st.sampled_from(["103", "104", "105", "106", "107"])),
)
async def test_nobody_turns_down_what_they_ever_buy(today: set[str], ever: set[str]) -> None:
    store = MemoryStore()
    store.answer = show("personal", *(str(sku) for sku in range(101, 109)))
    lines = tuple(
        TripLine(sku=sku, quantity=1, price_cents=100, at_offset_s=200 + n)
        for n, sku in enumerate(sorted({"101", "102"} | today))
    )
    buyer = trip(ShopperMethod.TILL, lines=lines, buys=frozenset(ever))
    # Somebody else is in the store meanwhile: what they buy is not for the one at the till to take.
    other = trip(number=2, buys=frozenset({"108"}), zones=(), lines=())
    await play(store, buyer, other)
    said = {
        data.item_id: str(data.action)
        for _, data in store.heard
        if isinstance(data, up.Feedback)
    }
    bought = buyer.skus
    assert {sku for sku, action in said.items() if action == "accept"} == bought
    assert {sku for sku, action in said.items() if action in NOES} == (
        {str(sku) for sku in range(101, 109)} - bought - ever
    )


async def test_a_till_goes_on_without_an_answer() -> None:
    store = MemoryStore()
    tally = await play(store, trip(ShopperMethod.TILL))
    assert (tally.late_answers, tally.answers) == (1, 0)
    assert any(isinstance(d, till.Basket) and d.action == "complete" for _, d in store.heard)


async def test_refusals_are_counted_and_not_taken_for_receipts() -> None:
    store = MemoryStore()
    store.refuse = Refusal.UNKNOWN_BEACON
    tally = await play(store, trip())
    assert tally.accepted == []
    assert tally.refusals == {"unknown-beacon": len(tally.sent)}


async def test_after_a_stop_nobody_comes_in_and_boards_are_proven() -> None:
    store = MemoryStore()
    trips = [trip(number=n, arrives_at=NOON + timedelta(hours=n)) for n in range(1, 9)]
    running = Replay(trips=trips, devices=devices(store), time=store_time(), on_event=nothing)

    def stops(_device: str, data: Data) -> None:
        if isinstance(data, till.Basket):
            store.screens["display-fresh"](show("context", "101"))
            running.stop()

    store.on_event = stops
    tally = await running.run()
    assert tally.visits == 1
    assert isinstance(store.heard[-1][1], up.Play)


async def test_a_longer_moment_lets_several_stays_speak_at_once() -> None:
    trips = [trip(number=n, arrives_at=NOON + timedelta(seconds=n)) for n in range(1, 6)]
    tally = await Replay(
        trips=trips,
        devices=devices(MemoryStore()),
        time=store_time(),
        on_event=nothing,
        moment=timedelta(seconds=10),
    ).run()
    assert tally.visits == 5


async def test_a_late_receipt_is_an_error_but_not_a_loss(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(station, "PATIENCE_S", 0.01)
    store = MemoryStore()
    store.delay_s = 0.05
    tally = await play(store, trip(ShopperMethod.NONE, lines=trip().lines[:1]))
    assert tally.errors["receipt late"] == len(tally.sent)
    assert tally.waiting == []


async def test_a_station_without_a_line_says_so() -> None:
    stage = ReplayStage(
        agenda=Agenda(),
        tally=ReplayTally(),
        time=store_time(),
        interest=lambda _sku, _whose: Interest.NEVER,
    )
    spot = floor().kiosk("k")
    with pytest.raises(RuntimeError, match="not connected"):
        await Station(spot, stage, MemoryStore()).say(up.SignOut(reason="person"))
