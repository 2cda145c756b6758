"""The pages themselves: plain files, each at its address, and the scripts and styles they are made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aiohttp import web

from edge.api.http.route import Handler

STATIC: Final = "/web/"
"""Where scripts, styles and icons lie; every page is made of these alone."""

PAGES: Final = {
    "/": "console.html",
    "/campaigns": "campaigns.html",
    "/experiments": "experiments.html",
    "/display/{device:[a-z0-9-]{1,32}}": "display.html",
    "/kiosk/{device:[a-z0-9-]{1,32}}": "kiosk.html",
    "/tablet": "tablet.html",
    "/till/{device:[a-z0-9-]{1,32}}": "till.html",
    "/me": "me.html",
}
"""The address of each page's file."""


def routes(folder: Path) -> Iterator[web.AbstractRouteDef]:
    """The routes of all pages in ``folder``."""
    for path, file in PAGES.items():
        yield web.get(path, _page(folder / file))
    yield web.static(STATIC, folder)


def _page(file: Path) -> Handler:
    async def show(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(file)

    return show
