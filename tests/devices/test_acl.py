"""Who may say and hear what: the whole table, proven by what is delivered on the real broker."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from devices.accounts import NewDevice, hashed
from devices.device_classes import DeviceClass
from devices.fleet import Credential, Fleet, tell
from devices.topics import (
    DOWN_LEAVES,
    GRANTS,
    SERVICE,
    UP_LEAVES,
    Access,
    build,
    clock_topic,
    context_topic,
    service_about_topic,
    service_state_topic,
)
from tests.devices import raw
from tests.devices.conftest import STORE, Line, Store
from tests.patience import until

_ROLES = [*DeviceClass, SERVICE]
_DEVICES = {f"{one}-{twin}": one for one in DeviceClass for twin in "ab"}
_TOPICS = [
    *(
        build(STORE, device_class, name, leaf)
        for name, device_class in _DEVICES.items()
        for leaf in (*UP_LEAVES, *DOWN_LEAVES)
    ),
    context_topic(STORE),
    service_state_topic(STORE),
    service_about_topic(STORE),
    clock_topic(STORE),
    build("s2", DeviceClass.POS, "pos-a", UP_LEAVES[0]),
    context_topic("s2"),
    "storeside/1/s1/pos/pos-a",
    "storeside/1/s1/pos/pos-a/event/more",
    "storeside",
    "elsewhere/pos-a",
]
_PLAIN = ["#", "+/#", "storeside/#", "storeside/1/s1/+/+/+", "$SYS/#", "$share/thieves/#"]


def _matches(topic_filter: str, topic: str) -> bool:
    wanted, found = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted, found = wanted[:-1], found[: len(wanted) - 1]
    return len(wanted) == len(found) and all(
        one in {"+", other} for one, other in zip(wanted, found, strict=True)
    )


def _allowed(role: str, name: str, access: Access) -> set[str]:
    filters = [
        grant.filled(STORE, role, name)
        for grant in GRANTS
        if grant.role == role and grant.access in {access, Access.BOTH}
    ]
    return {topic for topic in _TOPICS if any(_matches(one, topic) for one in filters)}


class _Town:
    """Two devices of each class, the service, and an eye that sees and says everything."""

    def __init__(self, store: Store, accounts: dict[str, Credential], eye: Line) -> None:
        self.store = store
        self.accounts = accounts
        self.eye = eye

    def name_of(self, role: str) -> str:
        return SERVICE if role == SERVICE else f"{role}-a"

    async def seen(self) -> list[tuple[str, bytes]]:
        """What the eye has heard so far, once everything said before has come through."""
        marker = secrets.token_hex(4)
        self.eye.bus.publish(f"eye/{marker}", b"")
        await until(lambda: any(one.topic == f"eye/{marker}" for one in self.eye.heard))
        found = [(one.topic, one.payload) for one in self.eye.heard if one.payload]
        self.eye.heard.clear()
        return found

    async def say_everywhere(self, payload: bytes, *, retain: bool = False) -> None:
        for topic in _TOPICS:
            self.eye.bus.publish(topic, payload, retain=retain)
        await self.eye.bus.flush()


def _with_eye(fleet: Fleet) -> Credential:
    """An account beside the table, so that the test does not look through what it tests."""
    folder, password = fleet.folder, secrets.token_hex(8)
    with (folder / "passwd").open("a") as file:
        file.write(f"eye:{hashed(password)}\n")
    with (folder / "acl").open("a") as file:
        file.write("user eye\ntopic readwrite #\n")
    assert tell(folder / "broker.pid")
    return Credential(
        store=STORE, device="eye", device_class=None, username="eye", password=password
    )


@pytest.fixture
async def town(store: Store) -> AsyncIterator[_Town]:
    new = [NewDevice(name=name, device_class=one) for name, one in _DEVICES.items()]
    found = {one.device: one for one in store.fleet.enrol(new)}
    found[SERVICE] = store.service
    eye = store.line(_with_eye(store.fleet), "#")
    async with eye.bus:
        await eye.bus.wait_connected()
        yield _Town(store, found, eye)


@pytest.mark.parametrize("retain", [False, True])
async def test_each_role_can_publish_to_its_own_topics_and_no_other(
    town: _Town, *, retain: bool
) -> None:
    for role in _ROLES:
        name = town.name_of(role)
        line = town.store.line(town.accounts[name])
        async with line.bus:
            await line.bus.wait_connected()
            for topic in _TOPICS:
                line.bus.publish(topic, role.encode(), retain=retain)
            await line.bus.flush()
            refused = line.bus.counts.refused
        delivered = {topic for topic, said in await town.seen() if said == role.encode()}
        allowed = _allowed(role, name, Access.WRITE)
        assert delivered == allowed
        assert refused == len(_TOPICS) - len(allowed)


async def test_each_role_hears_its_own_topics_and_no_other(town: _Town) -> None:
    async with AsyncExitStack() as stack:
        lines = dict[str, Line]()
        for role in _ROLES:
            name = town.name_of(role)
            filters = [*_TOPICS, *_PLAIN]
            lines[role] = town.store.line(town.accounts[name], *filters)
            await stack.enter_async_context(lines[role].bus)
        await asyncio.gather(*(line.bus.wait_connected() for line in lines.values()))
        await town.say_everywhere(b"secret")
        for role, line in lines.items():
            expected = _allowed(role, town.name_of(role), Access.READ)
            await _hears(line, expected)
        await asyncio.sleep(0.1)  # what must not come has had its time
        for role, line in lines.items():
            assert _heard(line) == _allowed(role, town.name_of(role), Access.READ)
            system = {one.topic for one in line.heard if one.topic.startswith("$SYS")}
            assert bool(system) == (role == SERVICE)


async def test_retained_messages_are_told_to_those_alone_who_may_hear_them(town: _Town) -> None:
    await town.say_everywhere(b"kept", retain=True)
    for role in _ROLES:
        name = town.name_of(role)
        line = town.store.line(town.accounts[name], *_TOPICS, *_PLAIN)
        expected = _allowed(role, name, Access.READ)
        async with line.bus:
            await line.bus.wait_connected()
            await _hears(line, expected)
            await asyncio.sleep(0.02)
        assert _heard(line) == expected


async def test_a_last_will_reaches_only_what_its_owner_may_write(town: _Town) -> None:
    for role in _ROLES:
        name = town.name_of(role)
        allowed = _allowed(role, name, Access.WRITE)
        forbidden = [topic for topic in _TOPICS if topic not in allowed]
        mine = sorted(allowed)[:2]
        for topic in [*forbidden[::9], *mine]:
            await _leave_a_will(town, name, topic)
        await _hears(town.eye, set(mine))
        will = b"will of " + name.encode()
        assert {topic for topic, said in await town.seen() if said == will} == set(mine)


async def test_a_leak_put_in_on_purpose_is_seen(town: _Town) -> None:
    foreign = build(STORE, DeviceClass.KIOSK, "kiosk-b", DOWN_LEAVES[0])
    acl = town.store.fleet.folder / "acl"
    acl.write_text(
        acl.read_text().replace("user pos-a\n", f"user pos-a\ntopic read {foreign}\n")
    )
    assert tell(town.store.fleet.folder / "broker.pid")
    line = town.store.line(town.accounts["pos-a"], *_TOPICS)
    async with line.bus:
        await line.bus.wait_connected()
        await town.say_everywhere(b"secret")
        await until(lambda: foreign in _heard(line))


async def _hears(line: Line, topics: set[str]) -> None:
    await until(lambda: _heard(line) >= topics)


def _heard(line: Line) -> set[str]:
    return {one.topic for one in line.heard if not one.topic.startswith("$SYS")}


async def _leave_a_will(town: _Town, name: str, topic: str) -> None:
    account, will = town.accounts[name], (topic, b"will of " + name.encode())
    async with raw.wire(town.store.broker.port) as (reader, writer):
        writer.write(raw.connect(secrets.token_hex(4), name, account.password, will))
        await raw.answer(reader)
