from __future__ import annotations

import hashlib
import io

import aiohttp
import pytest

from tests.edge.api.fakes import PASSWORD, Store

KEY = {"Authorization": f"Bearer {PASSWORD}"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'
EVIL = SVG.replace(b"<rect", b"<script>alert(1)</script><rect")


async def keep(
    client: aiohttp.ClientSession, body: bytes = SVG, media: str = "image/svg+xml"
) -> int:
    path = "/v1/assets?name=box.svg&tag=summer&tag=box"
    headers = KEY | {"Content-Type": media}
    async with client.put(path, data=io.BytesIO(body), headers=headers) as answer:
        return answer.status


async def test_a_picture_is_kept_with_its_name_and_tags(
    client: aiohttp.ClientSession, store: Store
) -> None:
    assert await keep(client) == 200
    assert store.pictures.steps == [("keep box.svg summer box", "")]


async def test_anybody_may_see_a_picture_and_keep_it_for_good(
    client: aiohttp.ClientSession,
) -> None:
    await keep(client)
    async with client.get(f"/assets/{hashlib.sha256(SVG).hexdigest()}") as answer:
        assert (answer.status, await answer.read()) == (200, SVG)
        assert answer.content_type == "image/svg+xml"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_a_full_screen_of_photograph_goes_in_and_out(
    client: aiohttp.ClientSession,
) -> None:
    photo = b"\xff\xd8\xff" + bytes(2 * 2**20 - 3)
    assert await keep(client, photo, "image/jpeg") == 200
    async with client.get(f"/assets/{hashlib.sha256(photo).hexdigest()}") as answer:
        assert await answer.read() == photo


@pytest.mark.parametrize("name", ["0" * 64, "x", "..%2f..%2fstoreside.db", "A" * 64])
async def test_a_picture_that_is_not_here_is_not_kept_as_missing(
    client: aiohttp.ClientSession, name: str
) -> None:
    async with client.get(f"/assets/{name}") as answer:
        assert answer.status == 404
        assert answer.headers["Cache-Control"] == "no-store"


async def test_what_is_no_picture_is_refused(client: aiohttp.ClientSession) -> None:
    assert await keep(client, EVIL) == 400
    assert await keep(client, b"hello") == 400
    assert await keep(client, SVG, "text/html") == 415
    assert await keep(client, bytes(3 * 2**20)) == 413


async def test_the_library_is_the_consoles_alone(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/assets") as answer:
        assert answer.status == 401
    async with client.put(
        "/v1/assets", data=SVG, headers={"Content-Type": "image/svg+xml"}
    ) as a:
        assert a.status == 401


async def test_pictures_are_searched_by_tag_and_word(
    client: aiohttp.ClientSession, store: Store
) -> None:
    async with client.get("/v1/assets?tag=summer&q=berry", headers=KEY) as answer:
        assert await answer.json() == []
    assert store.pictures.steps == [("assets summer berry", "")]
