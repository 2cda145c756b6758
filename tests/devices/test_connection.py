"""The connection, with a link that does as the test says."""

import asyncio
import secrets
from collections.abc import Iterable

import pytest

from devices.connection import Connection, ConnectionLife, LinkRefused
from devices.errors import BusUnavailable, MessageRefused, TopicMalformed
from devices.line import BrokerLogin, Inbound, LinkLimits, Will
from devices.outgoing import OutgoingMessage
from tests.patience import until

ACCESS = BrokerLogin(host="127.0.0.1", port=1, username="till-1", password=secrets.token_hex())


pytestmark = pytest.mark.usefixtures("short_goodbye")


class _Script:
    """A link that takes what it is given and is lost when the test says so."""

    def __init__(self, window: int = 100) -> None:
        self.window = window
        self.blocked = False
        self.sent = list[OutgoingMessage]()
        self.asked = list[str]()
        self.fails: Exception | None = None
        self.gone = False
        self.closed = False
        self.cut = asyncio.Event()

    async def open(self) -> None:
        if self.fails is not None:
            raise self.fails

    async def stay(self) -> str:
        await self.cut.wait()
        return "cut"

    async def subscribe(self, filters: Iterable[str]) -> None:
        self.asked += filters

    def publish(self, message: OutgoingMessage) -> int | None:
        if self.gone:
            return None
        self.sent.append(message)
        return len(self.sent)

    def close(self) -> None:
        self.closed = True


class _Scripted(Connection):
    """A connection over given links, one life after the other."""

    def __init__(self, *links: _Script, limit: int = 10, wait_s: float = 0.0) -> None:
        self.heard = list[Inbound]()
        self.sessions = list[int]()
        self.wills = list[Will | None]()
        self.links = list(links)
        super().__init__(
            ACCESS,
            on_message=self.heard.append,
            will=lambda session: Will("gone", b"%d" % session),
            on_connected=self.sessions.append,
            limits=LinkLimits(backoff_first_s=wait_s, backoff_cap_s=wait_s, queue=limit),
        )

    def new_link(self, will: Will | None) -> ConnectionLife:
        self.wills.append(will)
        return self.links.pop(0) if self.links else _Script()


async def test_what_was_published_before_the_connection_is_sent_after_it() -> None:
    link = _Script()
    async with _Scripted(link) as bus:
        bus.publish("a", b"1")
        assert (bus.connected, bus.backlog) == (False, 1)
        await bus.wait_connected()
        assert [message.topic for message in link.sent] == ["a"]
        bus.acknowledged(1, taken=True)
        await bus.flush()
    assert link.closed


async def test_qos_0_is_dropped_and_counted_without_a_connection() -> None:
    async with _Scripted() as bus:
        bus.publish("a", b"1", qos=0)
        assert bus.counts.dropped_offline == 1


async def test_no_more_is_sent_than_the_broker_takes_unacknowledged() -> None:
    link = _Script(window=2)
    async with _Scripted(link) as bus:
        await bus.wait_connected()
        for text in "abc":
            bus.publish(text, b"")
        assert [message.topic for message in link.sent] == ["a", "b"]
        bus.acknowledged(1, taken=True)
        assert [message.topic for message in link.sent] == ["a", "b", "c"]
        assert bus.backlog == 2


async def test_a_blocked_socket_holds_the_queue_and_bounds_it() -> None:
    link = _Script()
    async with _Scripted(link, limit=2) as bus:
        await bus.wait_connected()
        link.blocked = True
        for text in "abc":
            bus.publish(text, b"", qos=0)
        link.blocked = False
        bus.pump()
        assert [message.topic for message in link.sent] == ["b", "c"]
        assert bus.counts.dropped_full == 1


async def test_a_message_that_could_not_be_handed_over_waits_for_the_next_life() -> None:
    first, second = _Script(), _Script()
    async with _Scripted(first, second) as bus:
        await bus.wait_connected()
        first.gone = True
        bus.publish("a", b"")
        first.cut.set()
        await until(lambda: bool(second.sent))
        assert second.sent[0].topic == "a"


async def test_after_a_loss_the_unacknowledged_is_sent_again_in_a_new_session() -> None:
    first, second = _Script(), _Script()
    async with _Scripted(first, second) as bus:
        await bus.wait_connected()
        bus.publish("a", b"")
        bus.publish("b", b"")
        bus.acknowledged(1, taken=True)
        first.cut.set()
        await until(lambda: len(bus.sessions) == 2)
        assert [message.topic for message in second.sent] == ["b"]
        assert bus.sessions[0] < bus.sessions[1]
        assert [will.payload for will in bus.wills if will] == [b"%d" % n for n in bus.sessions]


@pytest.mark.parametrize("error", [OSError("down"), TimeoutError(), LinkRefused("not you")])
async def test_it_tries_again_until_it_is_let_in(error: Exception) -> None:
    first = _Script()
    first.fails = error
    async with _Scripted(first) as bus:
        await bus.wait_connected()
        assert bus.counts.connections == 1
        assert first.closed


async def test_waiting_in_vain_says_what_the_broker_answered_last() -> None:
    links = [_Script() for _ in range(200)]
    for link in links:
        link.fails = LinkRefused("Not authorized")
    async with _Scripted(*links, wait_s=0.01) as bus:
        with pytest.raises(BusUnavailable, match="Not authorized"):
            await bus.wait_connected(timeout_s=0.02)


async def test_a_later_subscription_is_made_now_and_kept() -> None:
    link = _Script()
    async with _Scripted(link) as bus:
        await bus.subscribe("early")
        await bus.wait_connected()
        await bus.subscribe("late")
        assert link.asked == ["late"]
        assert list(bus.filters) == ["early", "late"]


async def test_an_error_in_the_body_comes_out_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        async with _Scripted():
            raise ZeroDivisionError


async def test_cancelling_the_body_closes_the_line() -> None:
    link, inside = _Script(), asyncio.Event()

    async def hold() -> None:
        async with _Scripted(link) as bus:
            await bus.wait_connected()
            inside.set()
            await asyncio.sleep(30)

    task = asyncio.create_task(hold())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert link.closed


async def test_leaving_does_not_wait_for_a_broker_that_never_acknowledges() -> None:
    link = _Script()
    async with _Scripted(link) as bus:
        await bus.wait_connected()
        bus.publish("a", b"")
    assert link.closed


async def test_what_the_broker_would_hang_up_on_is_refused_at_once() -> None:
    async with _Scripted() as bus:
        with pytest.raises(TopicMalformed):
            bus.publish("storeside/#", b"")
        with pytest.raises(MessageRefused):
            bus.publish("a", b"x" * 65_537)
        assert bus.backlog == 0


def test_the_password_is_not_in_the_representation() -> None:
    assert ACCESS.password not in repr(ACCESS)
