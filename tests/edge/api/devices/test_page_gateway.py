"""The page gateway over a fake broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from devices.messages import Command, Context, Play
from tests.edge.api.fakes import NOW, PASSWORD, Store, show
from tests.patience import patient

Said = tuple[str, dict[str, Any]]
EVENT_ID = "0190b8a0-7b1c-4d0e-9a55-0123456789ab"
PLAY = {
    "decision_id": "d-1",
    "creative_id": "cr-1",
    "started_at": "2026-11-22T12:00:00Z",
    "duration_ms": 8000,
    "completed": True,
}


async def opened(
    client: aiohttp.ClientSession, device: str = "kiosk-1", password: str = PASSWORD
) -> int:
    body = {"device": device, "password": password}
    async with client.post("/v1/pages/session", json=body) as answer:
        return answer.status


async def next_event(answer: aiohttp.ClientResponse) -> Said:
    while not (line := await answer.content.readline()).startswith(b"event: "):
        assert line, "the stream has ended"
    data = json.loads((await answer.content.readline()).removeprefix(b"data: "))
    return line[7:-1].decode(), data


@asynccontextmanager
async def hearing(
    client: aiohttp.ClientSession, device: str = "kiosk-1"
) -> AsyncGenerator[aiohttp.ClientResponse]:
    """The device's stream, after hello and link."""
    async with client.get(f"/v1/pages/{device}/stream") as answer:
        assert answer.status == 200
        assert [(await next_event(answer))[0] for _ in range(2)] == ["hello", "link"]
        yield answer


async def test_the_right_password_opens_a_page_with_a_cookie_of_its_own(
    client: aiohttp.ClientSession,
) -> None:
    body = {"device": "kiosk-1", "password": PASSWORD}
    async with client.post("/v1/pages/session", json=body) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert answer.status == 204
    for part in (
        "storeside-page-kiosk-1=",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/v1/pages/kiosk-1",
    ):
        assert part in cookie
    assert PASSWORD not in cookie


async def test_a_wrong_password_and_an_unknown_device_look_alike(
    client: aiohttp.ClientSession,
) -> None:
    bodies = []
    for device in ("kiosk-1", "kiosk-9"):
        body = {"device": device, "password": "wrong"}
        async with client.post("/v1/pages/session", json=body) as answer:
            bodies.append((answer.status, await answer.text(), set(answer.headers)))
    assert bodies[0] == bodies[1]
    assert bodies[0][0] == 401


async def test_an_unknown_device_stays_out_even_if_the_broker_takes_it(
    client: aiohttp.ClientSession, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_device: str) -> None:
        return None

    monkeypatch.setattr(store.fleet, "find", nobody)
    assert await opened(client) == 401
    assert store.broker.lines == {}


async def test_guessing_a_pages_password_is_stopped(client: aiohttp.ClientSession) -> None:
    statuses = [await opened(client, password=str(n)) for n in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_a_cookie_opens_one_device_only(client: aiohttp.ClientSession) -> None:
    await opened(client, "kiosk-1")
    async with client.get("/v1/pages/display-1/stream") as answer:
        assert answer.status == 401


async def test_the_console_is_opened_by_its_page(client: aiohttp.ClientSession) -> None:
    assert await opened(client, "console") == 204
    async with client.get("/v1/overview") as answer:
        assert answer.status == 200


async def test_a_kiosks_cookie_does_not_open_the_console(client: aiohttp.ClientSession) -> None:
    await opened(client, "kiosk-1")
    async with client.get("/v1/overview") as answer:
        assert answer.status == 401


async def test_hello_tells_the_page_who_and_where_it_is(client: aiohttp.ClientSession) -> None:
    await opened(client)
    async with client.get("/v1/pages/kiosk-1/stream") as answer:
        name, data = await next_event(answer)
    assert name == "hello"
    assert data == {
        "store": "store-1",
        "device": "kiosk-1",
        "class": "kiosk",
        "zone": "produce",
        "link": "up",
        "demo": True,
        "currency": "USD",
        "currency_exponent": 2,
        "locale": "en-US",
        "notice": "notice-us-1",
        "purposes": ["recognise"],
        "clock": "2026-11-22T12:00:00Z",
    }


async def test_a_page_hears_what_its_device_is_told(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    async with hearing(client) as answer:
        line = store.broker.lines["kiosk-1"]
        line.hear(show("personal", title="Picked for you"))
        line.hear(Command(command="clear"))
        line.hear(Context(at=NOW, daypart="noon"))
        told = [await next_event(answer) for _ in range(3)]
    assert [name for name, _ in told] == ["show", "cmd", "context"]
    assert told[0][1]["title"] == "Picked for you"
    assert told[0][1]["expires_at"] == "2026-11-22T12:01:00Z"
    assert told[1][1] == {"command": "clear"}


async def test_a_page_that_comes_back_sees_the_last_anonymous_show(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    line = store.broker.lines["kiosk-1"]
    line.hear(Context(at=NOW, daypart="noon"))
    line.hear(show("context", title="This noon"))
    line.hear(show("personal", title="Picked for Anna"))
    async with hearing(client) as answer:
        told = [await next_event(answer) for _ in range(2)]
        line.hear(Command(command="identify"))
        assert (await next_event(answer))[0] == "cmd"
    assert [name for name, _ in told] == ["context", "show"]
    assert told[1][1]["title"] == "This noon"


async def test_a_show_that_has_expired_is_not_replayed(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    line = store.broker.lines["kiosk-1"]
    line.hear(show("context", lives_s=-1))
    async with hearing(client) as answer:
        line.hear(Command(command="identify"))
        assert (await next_event(answer))[0] == "cmd"


async def test_what_a_page_says_is_answered_by_its_receipt(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    event = {"id": EVENT_ID, "type": "play", "data": PLAY}
    async with client.post("/v1/pages/kiosk-1/events", json=event) as answer:
        assert (answer.status, await answer.json()) == (202, {"id": EVENT_ID, "accepted": True})
    event_id, data = store.broker.lines["kiosk-1"].said[0]
    assert event_id == EVENT_ID
    assert isinstance(data, Play)


@pytest.mark.parametrize(
    "change", [{"id": "1"}, {"type": "decide"}, {"data": {}}, {"more": 1}, {"type": "sign-in"}]
)
async def test_what_no_device_says_is_not_passed_on(
    client: aiohttp.ClientSession, store: Store, change: dict[str, Any]
) -> None:
    await opened(client)
    event = {"id": EVENT_ID, "type": "play", "data": PLAY} | change
    async with client.post("/v1/pages/kiosk-1/events", json=event) as answer:
        assert answer.status == 400
    assert store.broker.lines["kiosk-1"].said == []


async def test_a_question_is_answered_or_there_is_nothing(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    asked = {"type": "decide", "data": {"placement": "kiosk-home", "deadline_ms": 100}}
    async with client.post("/v1/pages/kiosk-1/ask", json=asked) as answer:
        assert answer.status == 204
    store.broker.lines["kiosk-1"].answer = show()
    async with client.post("/v1/pages/kiosk-1/ask", json=asked) as answer:
        assert (await answer.json())["decision_id"] == "d-1"


async def test_a_tills_page_asks_for_offers_as_its_device(
    client: aiohttp.ClientSession,
) -> None:
    await opened(client, "till-1")
    for code, granted in (("MILK20", True), ("OTHER", False)):
        data = {"verb": "redeem", "basket_id": "b-1", "code": code}
        asked = {"type": "offer", "data": data}
        async with client.post("/v1/pages/till-1/ask", json=asked) as answer:
            assert (answer.status, await answer.json()) == (200, {"granted": granted})


async def test_a_page_of_another_origin_cannot_use_the_cookie(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    event = {"id": EVENT_ID, "type": "play", "data": PLAY}
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with client.post(
            "/v1/pages/kiosk-1/events", json=event, headers=foreign
        ) as answer:
            assert answer.status == 403
    assert store.broker.lines["kiosk-1"].said == []


async def test_two_pages_of_one_device_share_its_line(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    await opened(client)
    async with hearing(client) as one, hearing(client) as other:
        store.broker.lines["kiosk-1"].hear(show())
        assert (await next_event(one))[0] == (await next_event(other))[0] == "show"
    assert store.broker.opened == 1


async def test_a_wrong_password_leaves_the_open_page_alone(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    async with hearing(client) as answer:
        assert await opened(client, password="wrong") == 401  # noqa: S106 - the tests' own
        store.broker.lines["kiosk-1"].hear(show())
        assert (await next_event(answer))[0] == "show"


async def test_a_revoked_device_loses_its_page_and_its_session(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    async with hearing(client) as answer:
        store.fleet.revoked.add("kiosk-1")
        store.broker.lines["kiosk-1"].gone.set()
        async with asyncio.timeout(patient(5)):
            await answer.content.read()
    async with client.get("/v1/pages/kiosk-1/stream") as answer:
        assert answer.status == 401
    store.fleet.revoked.clear()
    async with client.get("/v1/pages/kiosk-1/stream") as answer:
        assert answer.status == 401
