"""The whole simulator over the real broker, against a small service that answers by the contract alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from devices.accounts import NewDevice
from devices.broker import BrokerChild
from devices.bus import Bus
from devices.fleet import Fleet
from devices.line import BrokerLogin, Inbound
from devices.messages import Ask, Receipt, Sighting, SignIn, encode, parse_up
from devices.simulator.lines import DeviceLines
from devices.simulator.replay import Devices, Happening, replay
from devices.simulator.tally import ReplayTally
from devices.simulator.trip import ShopperMethod, Trip
from devices.topics import Leaf, Topic, every, parse
from tests.devices.simulator.builders import BADGES, floor, show, store_time, trip


class SmallService:
    """Receipts every event, shows a board when a zone is seen and tiles at sign-in, answers every question."""

    def __init__(self, access: BrokerLogin) -> None:
        self.ids = list[str]()
        self.bus = Bus(
            access,
            on_message=self.heard,
            subscriptions=[every("store-7", Leaf.EVENT), every("store-7", Leaf.ASK)],
        )

    def heard(self, message: Inbound) -> None:
        topic = parse(message.topic)
        event = parse_up(
            topic, message.payload, message.user, content_type=message.content_type
        )
        if isinstance(event.data, Ask):
            answer = show("personal", "103", placement="till-addon")
            self.say(topic.at(Leaf.ANSWER), encode(answer), message.correlation)
            return
        self.ids.append(event.id)
        self.say(topic.at(Leaf.RECEIPT), encode(Receipt(id=event.id, accepted=True)))
        if isinstance(event.data, SignIn):
            self.say(topic.at(Leaf.SHOW), encode(show("personal", "101", template="tiles")))
        if isinstance(event.data, Sighting):
            board = f"storeside/1/store-7/display/display-{event.data.zone}/show"
            self.say(board, encode(show("context", "101")))

    def say(self, topic: Topic | str, payload: bytes, correlation: bytes | None = None) -> None:
        self.bus.publish(str(topic), payload, correlation=correlation)


@asynccontextmanager
async def store(folder: Path) -> AsyncIterator[tuple[SmallService, DeviceLines]]:
    fleet = Fleet(folder, "store-7")
    accounts = fleet.enrol(
        [
            NewDevice(name=spot.name, device_class=spot.device_class, zone=spot.zone)
            for spot in floor().spots
        ]
    )
    password = fleet.service().password
    async with BrokerChild(folder) as broker:
        own = BrokerLogin(
            host="127.0.0.1", port=broker.port, username="service", password=password
        )
        service = SmallService(own)
        async with service.bus:
            await service.bus.wait_connected()
            yield (
                service,
                DeviceLines(
                    store="store-7",
                    host="127.0.0.1",
                    port=broker.port,
                    passwords={account.username: account.password for account in accounts},
                ),
            )


def nothing(_happening: Happening) -> None:
    """A bystander who looks away."""


async def test_a_morning_of_every_kind_of_shopper_over_the_real_broker(tmp_path: Path) -> None:
    trips: list[Trip] = [
        trip(method, number=number) for number, method in enumerate(ShopperMethod, 1)
    ]
    async with store(tmp_path) as (service, lines):
        devices = Devices(floor=floor(), connect=lines, badges=BADGES)
        tally: ReplayTally = await replay(trips, devices, store_time(5_000.0), nothing)
    assert tally.visits == len(ShopperMethod)
    assert {one.id for one in tally.accepted} == set(service.ids)
    assert len(service.ids) == len(set(service.ids)) == len(tally.sent)
    assert tally.answers == tally.asks == len(ShopperMethod)
    assert tally.plays > 0
    assert len(tally.to_screen_ms) == tally.shows > 0
