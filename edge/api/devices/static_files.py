"""The pages themselves: plain files, each page at its address, scripts and styles under ``/web``.

`edge.api.server` adds them to the service's application, the page tests to their gateway. The files lie in
folders by page; an address names the file alone, so a file may move between folders and no page notices.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import web

from devices.device_classes import DeviceClass
from edge.api.http.route import Handler

STATIC: Final = "/web/"
"""Where scripts, styles and icons lie; every page is made of these alone."""

# A page tells its device in its path or, behind a question mark, by itself.
_NAMED: Final = "{device:[a-z0-9-]{1,32}}"

PAGES: Final = {
    **{
        page.address.partition("?")[0].replace("{device}", _NAMED): page.file
        for page in (one.facts.page for one in DeviceClass)
        if page is not None
    },
    "/campaigns": "campaigns.html",
    "/experiments": "experiments.html",
    "/me": "me.html",
}
"""The address of each page's file: the pages that play a device, and those that play none."""


def files_in(folder: Path) -> dict[str, Path]:
    """What is served from ``folder``, by its address below ``/web/``: the path without the page's own folder."""
    return {
        file.relative_to(group).as_posix(): file
        # Sorted, so that should a name stand twice every machine serves the same file.
        for group in sorted(folder.iterdir())
        for file in sorted(group.rglob("*"))
        if file.is_file()
    }


def add_pages(router: web.UrlDispatcher, folder: Path) -> None:
    """Serve all pages in ``folder``."""
    files = files_in(folder)
    for path, name in PAGES.items():
        router.add_get(path, _page(files, name))
    resource = _WebFiles(STATIC + "{file:.+}")
    router.register_resource(resource)
    for method in ("GET", "HEAD"):
        resource.add_route(method, _any_of(files))


class _WebFiles(web.DynamicResource):
    """All files together: whichever is asked for, the figures of requests count it as ``/web``."""

    @property
    def canonical(self) -> str:
        return STATIC.rstrip("/")


def _any_of(files: dict[str, Path]) -> Handler:
    async def show(request: web.Request) -> web.StreamResponse:
        # Looked up in a list made at the start: no path in an address leads out of the folder.
        return _sent(files.get(request.match_info["file"]))

    return show


def _page(files: dict[str, Path], name: str) -> Handler:
    async def show(_request: web.Request) -> web.StreamResponse:
        return _sent(files.get(name))

    return show


def _sent(file: Path | None) -> web.StreamResponse:
    if file is None:
        raise web.HTTPNotFound
    return web.FileResponse(file)
