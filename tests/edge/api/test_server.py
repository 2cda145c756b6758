"""What all answers share: headers, problems, counts, and an end within seconds."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

import devices
from edge.api.devices.static_files import PAGES, files_in
from edge.api.server import serve
from tests.edge.api.conftest import JSON, TILL
from tests.edge.api.fakes import PASSWORD, Store
from tests.patience import patient

KEY = {"Authorization": f"Bearer {PASSWORD}"}


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/overview", "/nowhere", "/web/line.js"])
async def test_every_answer_is_strict(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "storeside"
    assert headers["Cache-Control"] == ("no-cache" if path.startswith("/web/") else "no-store")


async def test_only_the_display_may_be_embedded_elsewhere(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/display/display-1") as answer:
        assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "console"),
        ("/display/display-1", "display"),
        ("/kiosk/kiosk-1", "kiosk"),
        ("/tablet", "tablet"),
        ("/till/till-1", "till"),
        ("/me", "me"),
    ],
)
async def test_every_page_is_at_its_address(
    client: aiohttp.ClientSession, path: str, title: str
) -> None:
    async with client.get(path) as answer:
        assert answer.content_type == "text/html"
        assert f"<title>{title}<" in await answer.text()


def test_the_shipped_folder_holds_every_page_and_no_name_twice() -> None:
    folder = Path(devices.__file__).parent / "web"
    served = files_in(folder)
    assert set(PAGES.values()) <= served.keys()
    assert len(served) == sum(file.is_file() for file in folder.rglob("*"))


@pytest.mark.parametrize(
    ("address", "place"),
    [("line.js", "shared/line.js"), ("icons/ui.svg", "shared/icons/ui.svg")],
)
def test_a_files_address_does_not_name_its_pages_folder(address: str, place: str) -> None:
    folder = Path(devices.__file__).parent / "web"
    assert files_in(folder)[address] == folder / place


async def test_files_outside_the_folder_are_not_served(
    client: aiohttp.ClientSession, pages: Path
) -> None:
    (pages.parent / "secret.txt").write_text("secret")
    for path in ("/web/..%2fsecret.txt", "/web/%2e%2e/secret.txt", "/web//etc/passwd", "/web/"):
        async with client.get(path) as answer:
            assert answer.status in {403, 404}


async def test_no_such_address_is_a_problem(client: aiohttp.ClientSession) -> None:
    async with client.get("/v1/nothing") as answer:
        assert answer.content_type == "application/problem+json"
        assert await answer.json() == {
            "type": "urn:storeside:problem:not-found",
            "title": "Not Found",
            "status": 404,
        }


async def test_a_wrong_method_says_which_are_right(client: aiohttp.ClientSession) -> None:
    async with client.delete("/v1/events") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")


async def test_a_form_is_not_taken(client: aiohttp.ClientSession) -> None:
    async with client.post("/v1/decisions", data={"placement": "x"}, headers=TILL) as answer:
        assert answer.status == 415


async def test_a_compressed_body_is_not_unpacked(client: aiohttp.ClientSession) -> None:
    packed = JSON | {"Content-Encoding": "gzip"}
    async with client.post("/v1/decisions", data=b"\x1f\x8b", headers=TILL | packed) as answer:
        assert answer.status == 415


async def test_ready_only_with_every_part(client: aiohttp.ClientSession, store: Store) -> None:
    async with client.get("/readyz") as answer:
        assert (answer.status, (await answer.json())["ready"]) == (200, True)
    store.readiness.parts["broker"] = False
    async with client.get("/readyz") as answer:
        body = await answer.json()
    assert (answer.status, body["ready"], body["checks"]["broker"]) == (503, False, False)


async def test_alive_whatever_is_missing(client: aiohttp.ClientSession, store: Store) -> None:
    store.readiness.parts["database"] = False
    async with client.get("/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})


async def test_log_lines_name_the_route_and_nobody(client: aiohttp.ClientSession) -> None:
    with capture_logs() as lines:
        async with client.get("/v1/decisions/d-secret?t=c-anna", headers=KEY):
            pass
    assert lines[0]["route"] == "/v1/decisions/{id}"
    assert not any(secret in str(lines) for secret in ("d-secret", "c-anna", PASSWORD))


async def test_the_service_stops_in_seconds_with_streams_open(store: Store) -> None:
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as client:
        async with serve(store.site(), "127.0.0.1", 0) as port:
            answer = await client.get(f"http://127.0.0.1:{port}/v1/stream", headers=KEY)
            await answer.content.readline()
            began = loop.time()
        assert loop.time() - began < patient(2)
        answer.close()


async def test_a_port_that_is_taken_is_an_error_at_the_start(store: Store) -> None:
    async with serve(store.site(), "127.0.0.1", 0) as port:
        with pytest.raises(OSError, match="already in use"):
            async with serve(store.site(), "127.0.0.1", port):
                pass
