from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from edge.lab.processes import LOOPBACK
from tests.faults.proxy import Mood, Proxy


async def _parrot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1_000):
        writer.write(data)
    writer.close()


@pytest.fixture
async def proxy() -> AsyncGenerator[Proxy]:
    server = await asyncio.start_server(_parrot, LOOPBACK, 0)
    async with server, Proxy() as proxy:
        proxy.upstream = server.sockets[0].getsockname()[1]
        yield proxy


async def said(proxy: Proxy, words: bytes) -> bytes:
    """What comes back within a moment; ``b"-"`` if nothing does."""
    reader, writer = await asyncio.open_connection(LOOPBACK, proxy.port)
    writer.write(words)
    try:
        async with asyncio.timeout(0.2):
            return await reader.read(1_000)
    except TimeoutError:
        return b"-"
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.close()


async def test_an_open_line_passes_both_ways(proxy: Proxy) -> None:
    assert await said(proxy, b"hello") == b"hello"


@pytest.mark.parametrize(
    ("mood", "heard"),
    [
        (Mood.BLACK_HOLE, b"-"),
        (Mood.LOSES_ANSWERS, b""),
        (Mood.RESET, b"reset"),
    ],
)
async def test_each_mood_spoils_the_line_in_its_way(
    proxy: Proxy, mood: Mood, heard: bytes
) -> None:
    proxy.turn(mood)
    assert await said(proxy, b"hello") == heard
    proxy.turn(Mood.OPEN)
    assert await said(proxy, b"hello") == b"hello"


async def test_a_slow_line_carries_a_little_at_a_time(proxy: Proxy) -> None:
    proxy.turn(Mood.SLOW)
    assert await said(proxy, b"x" * 600) == b"x" * 200
