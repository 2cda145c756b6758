"""Running the long-lived parts in a test, and a hub behind a line that fails on demand."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from cloud_sync.hub.settings import HubSettings
from cloud_sync.line import CentralLine
from cloud_sync.uplink import Uplink
from tests.cloud_sync.fakes import fixed_clock
from tests.patience import until

STORE_KEY = "store-key-of-the-tests"
OTHER_KEY = "other-key-of-the-tests"
CENTRAL_KEY = "central-key-of-the-tests"

Forward = Callable[[bytes], Awaitable[web.Response]]
Fault = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]


def hub_settings(folder: Path, *, port: int = 0) -> HubSettings:
    return HubSettings(
        port=port,
        data_dir=folder,
        store_keys={"s-1": SecretStr(STORE_KEY), "s-2": SecretStr(OTHER_KEY)},
        central_key=SecretStr(CENTRAL_KEY),
    )


def make_line(port: int, *, key: str = STORE_KEY, timeout_s: float = 5.0) -> CentralLine:
    return CentralLine(f"http://127.0.0.1:{port}", key, clock=fixed_clock, timeout_s=timeout_s)


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until_accepted(uplink: Uplink, count: int) -> None:
    await until(lambda: uplink.state.accepted >= count)


class FaultProxy:
    """Passes requests on to a hub; each fault in `faults` has one request for itself first."""

    def __init__(self, hub_port: int) -> None:
        self.hub_port = hub_port
        self.faults: list[Fault] = []
        self.requests = 0
        self.port = 0

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._pass)
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        body = await request.read()

        async def forward(body: bytes = body) -> web.Response:
            headers = {"Authorization": request.headers["Authorization"]}
            url = f"http://127.0.0.1:{self.hub_port}{request.path_qs}"
            async with self._session.request(
                request.method, url, data=body, headers=headers
            ) as reply:
                return web.Response(status=reply.status, body=await reply.read())

        if self.faults:
            return await self.faults.pop(0)(request, forward)
        return await forward()


def answer(status: int, body: str = "", **headers: str) -> Fault:
    async def fault(_request: web.Request, _forward: Forward) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, headers=named)

    return fault


async def lose_reply(request: web.Request, forward: Forward) -> web.StreamResponse:
    reply = await forward(await request.read())
    assert request.transport is not None
    request.transport.abort()
    return reply


async def break_off(request: web.Request, _forward: Forward) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hang(_request: web.Request, _forward: Forward) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def drip(request: web.Request, _forward: Forward) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)
