"""The code that a page shows to a phone, drawn by the store."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import numpy as np
import pytest
import zxingcpp

from tests.edge.api.fakes import PASSWORD, VISIT, Store


async def opened(client: aiohttp.ClientSession) -> None:
    body = {"device": "kiosk-1", "password": PASSWORD}
    async with client.post("/v1/pages/session", json=body) as answer:
        assert answer.status == 204


def pixels(drawn: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The SVG of a code as a picture: it draws each dark run of a row as one horizontal line."""
    size = int(drawn.split('viewBox="0 0 ')[1].split(maxsplit=1)[0])
    scale = float(drawn.split('transform="scale(')[1].split(")", maxsplit=1)[0])
    grid = np.full((round(size / scale),) * 2, 255, dtype=np.uint8)
    x, y = 0.0, 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", drawn.split(' d="')[1]):
        ahead, *down = map(float, numbers.split())
        x, y = (ahead, down[0]) if step == "M" else (x + ahead, y + (down or [0.0])[0])
        if step == "h":
            grid[int(y), int(x - ahead) : int(x)] = 0
    return np.kron(grid, np.ones((6, 6), dtype=np.uint8))


async def test_the_code_of_a_ticket_is_drawn_for_an_open_page(
    client: aiohttp.ClientSession, store: Store
) -> None:
    await opened(client)
    ticket = store.tickets.issue(VISIT)
    async with client.get(f"/v1/pages/kiosk-1/codes/{ticket}") as answer:
        assert (answer.status, answer.content_type) == (200, "image/svg+xml")
        assert answer.headers["Cache-Control"] == "no-store"
        read = zxingcpp.read_barcodes(pixels(await answer.text()))
    origin = f"http://{answer.url.host}:{answer.url.port}"
    assert [code.text for code in read] == [f"{origin}/me#t={ticket}"]


@pytest.mark.parametrize("ticket", ["one", "a.b", "a.b.c.d", "a.b.c%20d", "a.b." + "c" * 87])
async def test_only_tickets_are_drawn(client: aiohttp.ClientSession, ticket: str) -> None:
    await opened(client)
    async with client.get(f"/v1/pages/kiosk-1/codes/{ticket}") as answer:
        assert answer.status == 404


async def test_no_code_is_drawn_without_an_open_page(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/pages/kiosk-1/codes/a.b.c") as answer:
        assert answer.status == 401
