"""MQTT 5 by hand, for what a well-behaved library will not send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.patience import patient


def text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2) + raw


def packet(head: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    while True:
        size, digit = size >> 7, size & 0x7F
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([head]) + length + body


def connect(
    client_id: str, username: str, password: str, will: tuple[str, bytes] | None = None
) -> bytes:
    """A CONNECT packet; the will, if any, is retained and sent with QoS 1."""
    flags = 0xC2 | (0x04 | 0x08 | 0x20 if will else 0)
    body = text("MQTT") + bytes([5, flags]) + (30).to_bytes(2) + b"\x00" + text(client_id)
    if will is not None:
        body += b"\x00" + text(will[0]) + len(will[1]).to_bytes(2) + will[1]
    return packet(0x10, body + text(username) + text(password))


def publish(topic: str, payload: bytes) -> bytes:
    """A PUBLISH packet of QoS 1, number 1."""
    return packet(0x32, text(topic) + (1).to_bytes(2) + b"\x00" + payload)


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare socket to the broker, dropped without a goodbye."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer(reader: asyncio.StreamReader) -> bytes:
    """One short packet, or nothing if the broker has hung up."""
    async with asyncio.timeout(patient(3)):
        try:
            head = await reader.readexactly(2)
            return head + await reader.readexactly(head[1])
        except (asyncio.IncompleteReadError, ConnectionError):
            return b""


def let_in(connack: bytes) -> bool:
    """Whether this is a CONNACK of success."""
    return connack[:1] == b"\x20" and connack[3] == 0
