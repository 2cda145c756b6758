"""The line: where it may lead, and what it makes of answers."""

import asyncio
import base64
from collections.abc import AsyncGenerator
from typing import Literal

import pytest
from aiohttp import web

from cloud_sync.errors import AddressRefused, CentralAway
from cloud_sync.line import CentralLine
from tests.cloud_sync.fakes import fixed_clock
from tests.cloud_sync.running import Fault, FaultProxy, answer, break_off, drip, hang, make_line
from tests.patience import patient

AWAY = [401, 403, 404, 405, 429, 301, 502, 503, 504]


@pytest.fixture
async def proxy() -> AsyncGenerator[FaultProxy]:
    async with FaultProxy(hub_port=0) as proxy:
        yield proxy


@pytest.mark.parametrize(
    "address",
    [
        "http://hub.example",
        "ftp://127.0.0.1",
        "http://127.0.0.1.example",
        "hub",
        "http://[::2]",
    ],
)
def test_a_key_is_not_sent_in_the_clear_to_another_machine(address: str) -> None:
    with pytest.raises(AddressRefused):
        CentralLine(address, "key", clock=fixed_clock)


@pytest.mark.parametrize(
    "address", ["https://hub.example/x", "http://127.0.0.1:1", "http://[::1]"]
)
def test_tls_and_this_machine_are_fine(address: str) -> None:
    CentralLine(address, "key", clock=fixed_clock)


async def test_a_line_that_is_not_open_carries_nothing() -> None:
    with pytest.raises(CentralAway, match="not open"):
        await make_line(1).get("/v1/changes", {})


async def test_closing_a_line_that_was_never_opened_is_harmless() -> None:
    await make_line(1).__aexit__(None, None, None)


@pytest.mark.parametrize("status", AWAY)
async def test_an_answer_that_serves_nobody_is_an_absent_centre(
    proxy: FaultProxy, status: int
) -> None:
    proxy.faults = [answer(status)]
    async with make_line(proxy.port) as line:
        with pytest.raises(CentralAway) as caught:
            await line.get("/", {})
    assert caught.value.reason.startswith(str(status))
    assert caught.value.retry_after_s is None


@pytest.mark.parametrize("status", [429, 503, 500])
async def test_a_wish_for_silence_comes_with_the_error(proxy: FaultProxy, status: int) -> None:
    proxy.faults = [answer(status, Retry_After="90")]
    async with make_line(proxy.port) as line:
        with pytest.raises(CentralAway) as caught:
            await line.get("/", {})
    assert caught.value.retry_after_s == 90.0


@pytest.mark.parametrize("status", [200, 202, 400, 413, 422, 500])
async def test_an_answer_about_the_request_itself_comes_back(
    proxy: FaultProxy, status: int
) -> None:
    proxy.faults = [answer(status, "text")]
    async with make_line(proxy.port) as line:
        reply = await line.get("/", {})
    assert (reply.status, reply.body) == (status, b"text")


@pytest.mark.parametrize("fault", [hang, drip, break_off])
async def test_a_line_that_hangs_drips_or_breaks_is_given_up_in_time(
    proxy: FaultProxy, fault: Fault
) -> None:
    proxy.faults = [fault, fault]
    async with asyncio.timeout(patient(5)), make_line(proxy.port, timeout_s=0.15) as line:
        with pytest.raises(CentralAway):
            await line.get("/", {})


async def test_nobody_there_is_an_absent_centre(unused_tcp_port: int) -> None:
    async with make_line(unused_tcp_port) as line:
        with pytest.raises(CentralAway, match="ClientConnectorError"):
            await line.post("/v1/batch", b"", {})


async def test_a_flood_is_cut_off(proxy: FaultProxy) -> None:
    proxy.faults = [answer(200, "x" * 8_000_001)]
    async with make_line(proxy.port) as line:
        with pytest.raises(CentralAway, match="more than"):
            await line.get("/", {})


@pytest.mark.parametrize("auth", ["bearer", "basic"])
async def test_the_key_goes_out_as_the_receiver_wants_it(
    proxy: FaultProxy, auth: Literal["bearer", "basic"]
) -> None:
    seen: list[str] = []

    async def look(request: web.Request, _forward: object) -> web.StreamResponse:
        seen.append(request.headers["Authorization"])
        return web.Response()

    proxy.faults = [look]
    address = f"http://127.0.0.1:{proxy.port}"
    async with CentralLine(address, "k1", clock=fixed_clock, auth=auth) as line:
        await line.get("/", {})
    basic = f"Basic {base64.b64encode(b'k1:').decode()}"
    assert seen == [basic if auth == "basic" else "Bearer k1"]
