"""A simulated device and a hand-made service, through the real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from devices.bus import Bus, Inbound
from devices.client import DeviceClient
from devices.device_classes import DeviceClass
from devices.errors import Refusal
from devices.messages import (
    About,
    Ask,
    Command,
    Context,
    DeviceState,
    Receipt,
    Show,
    Telemetry,
    encode,
    parse_report,
    parse_up,
)
from devices.topics import Leaf, context_topic, every, parse
from tests.devices.builders import ONE_OF_EACH, a_show
from tests.devices.conftest import NOW, QUICK, Store
from tests.patience import until

BASKET = ONE_OF_EACH["basket"][1]


class _Service:
    """Answers every event and question; it can be told to miss the first ones."""

    def __init__(
        self, store: Store, *, misses: int = 0, refuses: Refusal | None = None
    ) -> None:
        self.events = list[str]()
        self.sent = list[datetime | None]()
        self.reports = dict[Leaf, list[bytes]]()
        self._misses = misses
        self._refuses = refuses
        leaves = (Leaf.EVENT, Leaf.ASK, Leaf.STATE, Leaf.ABOUT, Leaf.TELEMETRY)
        self.bus = Bus(
            store.access(store.service),
            on_message=self._heard,
            subscriptions=[every("s1", leaf) for leaf in leaves],
        )

    def _heard(self, message: Inbound) -> None:
        topic = parse(message.topic)
        if topic.leaf not in {Leaf.EVENT, Leaf.ASK}:
            self.reports.setdefault(topic.leaf, []).append(message.payload)
            return
        event = parse_up(
            topic, message.payload, message.user, content_type=message.content_type
        )
        self.events.append(event.id)
        self.sent.append(event.sent)
        if len(self.events) <= self._misses:
            return
        if topic.leaf is Leaf.ASK:
            answer = str(topic.at(Leaf.ANSWER))
            self.bus.publish(answer, encode(a_show()), correlation=message.correlation)
        else:
            receipt = Receipt(id=event.id, accepted=self._refuses is None, reason=self._refuses)
            self.bus.publish(str(topic.at(Leaf.RECEIPT)), encode(receipt))

    def said(self, leaf: Leaf) -> list[DeviceState | About | Telemetry]:
        topic = parse(f"storeside/1/s1/pos/till-1/{leaf}")
        return [parse_report(topic, payload) for payload in self.reports.get(leaf, [])]


@asynccontextmanager
async def _till(
    store: Store, service: _Service, **given: object
) -> AsyncIterator[DeviceClient]:
    credential = store.add("till-1")
    async with service.bus:
        await service.bus.wait_connected()
        client = DeviceClient(
            store.access(credential),
            "s1",
            DeviceClass.POS,
            limits=QUICK,
            repeat_first_s=0.05,
            clock=lambda: NOW,
            **given,  # type: ignore[arg-type] # callbacks, as the test gives them
        )
        async with client:
            await client.bus.wait_connected()
            yield client


async def test_an_event_is_answered_by_its_receipt(store: Store) -> None:
    service = _Service(store)
    async with _till(store, service) as till:
        receipt = await till.send(BASKET, id="e-1")
        assert receipt == Receipt(id="e-1", accepted=True)
        assert service.events == ["e-1"]


async def test_a_refusal_is_a_receipt_too(store: Store) -> None:
    async with _till(store, _Service(store, refuses=Refusal.STALE)) as till:
        receipt = await till.send(BASKET)
        assert (receipt.accepted, receipt.reason) == (False, Refusal.STALE)


async def test_an_event_is_said_again_until_its_receipt(store: Store) -> None:
    service = _Service(store, misses=2)
    async with _till(store, service) as till:
        assert (await till.send(BASKET, id="e-1")).accepted
        assert service.events == ["e-1"] * 3
        # Each try tells when it was made, though the event is the same.
        assert service.sent == [NOW] * 3


async def test_many_events_at_once_get_their_own_receipts(store: Store) -> None:
    async with _till(store, _Service(store)) as till:
        receipts = await asyncio.gather(*(till.send(BASKET, id=f"e-{n}") for n in range(50)))
        assert [receipt.id for receipt in receipts] == [f"e-{n}" for n in range(50)]


async def test_a_question_is_answered_or_not_in_time(store: Store) -> None:
    async with _till(store, _Service(store, misses=1)) as till:
        question = Ask(placement="receipt")
        assert await till.ask(question, 0.05) is None
        assert await till.ask(question, 5.0) == a_show()


async def test_it_introduces_itself_and_says_goodbye(store: Store) -> None:
    service = _Service(store)
    about = About(model="T-1", zone="front")
    async with _till(store, service, about=about) as till:
        till.report("sleeping")
        till.measure(Telemetry(values={"uptime_s": 5}))
        await until(lambda: Leaf.TELEMETRY in service.reports)
        session = till.bus.session
        await till.bus.flush()
    states = [one for one in service.said(Leaf.STATE) if isinstance(one, DeviceState)]
    assert [one.state for one in states][:2] == ["ready", "sleeping"]
    assert {one.session for one in states} == {session}
    assert service.said(Leaf.ABOUT) == [about]


async def test_leaving_tells_the_broker_and_is_retained(store: Store) -> None:
    async with _till(store, _Service(store)):
        pass
    late = store.line(store.service, every("s1", Leaf.STATE))
    async with late.bus:
        heard = (await late.hears())[0]
    assert heard.retain
    assert DeviceState.model_validate_json(heard.payload).state == "disconnected"


async def test_shows_commands_and_context_come_to_their_callbacks(store: Store) -> None:
    shows, commands, contexts = list[Show](), list[Command](), list[Context]()
    service = _Service(store)
    given = {
        "on_show": shows.append,
        "on_command": commands.append,
        "on_context": contexts.append,
    }
    async with _till(store, service, **given) as till:
        clear, context = Command(command="clear"), Context(at=NOW, daypart="morning")
        service.bus.publish(str(till.topic.at(Leaf.SHOW)), encode(a_show()))
        service.bus.publish(str(till.topic.at(Leaf.CMD)), encode(clear))
        service.bus.publish(context_topic("s1"), encode(context))
        await until(lambda: bool(contexts))
        assert (shows, commands, contexts) == ([a_show()], [clear], [context])


@pytest.mark.parametrize("leaf", [Leaf.SHOW, Leaf.CMD, Leaf.RECEIPT, Leaf.ANSWER])
async def test_what_is_not_to_the_contract_is_counted_and_left_alone(
    store: Store, leaf: Leaf
) -> None:
    service = _Service(store)
    async with _till(store, service) as till:
        service.bus.publish(str(till.topic.at(leaf)), b'{"surprise":1}')
        await until(lambda: till.unreadable == 1)
        assert (await till.send(BASKET)).accepted


async def test_receipts_and_answers_for_others_change_nothing(store: Store) -> None:
    service = _Service(store)
    async with _till(store, service) as till:
        stray = Receipt(accepted=False, reason=Refusal.NOT_JSON)
        service.bus.publish(str(till.topic.at(Leaf.RECEIPT)), encode(stray))
        service.bus.publish(str(till.topic.at(Leaf.ANSWER)), encode(a_show()))
        assert (await till.send(BASKET)).accepted
        assert till.unreadable == 0


async def test_a_device_that_was_given_nothing_to_do_takes_all_in_silence(store: Store) -> None:
    service, credential = _Service(store), store.add("till-1")
    async with (
        service.bus,
        DeviceClient(store.access(credential), "s1", DeviceClass.POS) as till,
    ):
        await till.bus.wait_connected()
        await service.bus.wait_connected()
        service.bus.publish(str(till.topic.at(Leaf.SHOW)), encode(a_show()))
        assert (await till.send(BASKET)).accepted
        assert till.unreadable == 0


async def test_a_device_that_never_connected_can_be_left(store: Store) -> None:
    credential = store.add("till-1")
    store.fleet.revoke("till-1")
    async with DeviceClient(store.access(credential), "s1", DeviceClass.POS) as till:
        assert not till.bus.connected
