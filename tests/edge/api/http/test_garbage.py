"""Whatever is sent, the answer is a problem and never a mistake of ours."""

from __future__ import annotations

import random

import aiohttp
import pytest

from tests.edge.api.conftest import JSON, TILL
from tests.edge.api.fakes import PASSWORD, VISIT, Store

KEY = {"Authorization": f"Bearer {PASSWORD}"}
BODIES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b"NaN",
    b'{"placement": NaN}',
    b'{"placement": "a", "placement": "b"}',
    b'{"placement": "a", "limit": true}',
    b'{"placement": "a", "limit": 1e400}',
    b'{"placement": "a", "limit": 3.5}',
    b'{"placement": "\\u0000"}',
    b'{"placement": "\\ud800"}',
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"[" * 15_000,
    b'{"a":' * 3_000,
    b'{"placement": 1' + b"0" * 5_000 + b"}",
    b'{"id": 1, "type": [], "data": {}}',
    b"<xml/>",
    b'{"ticket": null}',
]
PATHS = [
    "/v1/events",
    "/v1/decisions",
    "/v1/pos/transactions",
    "/v1/pause",
    "/v1/pages/session",
    "/v1/pages/kiosk-1/events",
    "/v1/pages/kiosk-1/ask",
    "/v1/me/session",
    "/v1/me/withdraw",
]


@pytest.fixture
async def known(client: aiohttp.ClientSession, store: Store) -> aiohttp.ClientSession:
    """A client that has shown everything there is to show."""
    for path, body in (
        ("/v1/pages/session", {"device": "kiosk-1", "password": PASSWORD}),
        ("/v1/pages/session", {"device": "console", "password": PASSWORD}),
        ("/v1/me/session", {"ticket": store.tickets.issue(VISIT)}),
    ):
        async with client.post(path, json=body) as answer:
            assert answer.status == 204
    return client


async def refused(client: aiohttp.ClientSession, path: str, body: bytes) -> int:
    headers = TILL | JSON | {"Idempotency-Key": "k-1"}
    if path == "/v1/pause":
        headers = KEY | JSON
    async with client.post(path, data=body, headers=headers) as answer:
        if answer.status >= 400:
            assert answer.content_type == "application/problem+json"
        return answer.status


@pytest.mark.parametrize("path", PATHS)
async def test_junk_is_refused_at_every_door(known: aiohttp.ClientSession, path: str) -> None:
    for body in BODIES:
        status = await refused(known, path, body)
        # An empty batch of events is a batch, and an object without id gets its receipt.
        taken = path == "/v1/events" and status == 202
        assert taken or status in {400, 413, 429}, (body[:40], status)


@pytest.mark.parametrize("path", PATHS)
async def test_a_megabyte_is_refused_before_it_is_parsed(
    known: aiohttp.ClientSession, path: str
) -> None:
    assert await refused(known, path, b'{"a":"' + b"x" * 1_000_000 + b'"}') == 413


async def test_a_megabyte_without_a_stated_length_is_refused_too(
    client: aiohttp.ClientSession,
) -> None:
    async def drip() -> object:
        for _ in range(64):
            yield b"x" * 16_384

    async with client.post("/v1/decisions", data=drip(), headers=TILL | JSON) as answer:
        assert answer.status == 413


async def test_bytes_turned_at_random_never_break_anything(
    known: aiohttp.ClientSession,
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same junk each time
    good = b'{"placement":"till-addon","limit":3,"deadline_ms":50,"basket_id":"b-1"}'
    for _ in range(200):
        body = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        assert await refused(known, "/v1/decisions", bytes(body)) in {200, 400}


async def test_a_refusal_repeats_nothing_of_what_was_sent(
    client: aiohttp.ClientSession,
) -> None:
    body = b'{"anna@example.com": "4111111111111111", "placement": 5}'
    async with client.post("/v1/decisions", data=body, headers=TILL | JSON) as answer:
        text = await answer.text()
    assert "anna" not in text
    assert "4111" not in text
