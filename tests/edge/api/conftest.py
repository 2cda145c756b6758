"""Real servers and clients around the fake store."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest

from edge.api.server import serve
from tests.edge.api.fakes import PASSWORD, Store

TILL = {"Authorization": aiohttp.encode_basic_auth("till-1", PASSWORD)}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder with every page and one script."""
    for name in ("console", "display", "kiosk", "tablet", "till", "me"):
        (tmp_path / name).mkdir()
        text = f"<!doctype html><title>{name}</title>"
        (tmp_path / name / f"{name}.html").write_text(text)
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "line.js").write_text("export {};")
    return tmp_path


@pytest.fixture
def store(pages: Path) -> Store:
    """The fake store behind the doors."""
    return Store(pages=pages)


@pytest.fixture
async def client(store: Store) -> AsyncGenerator[aiohttp.ClientSession]:
    """A browser or a device in front of the doors: keeps cookies, follows nothing."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with (
        serve(store.site(), "127.0.0.1", 0) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", cookie_jar=jar) as session,
    ):
        yield session
