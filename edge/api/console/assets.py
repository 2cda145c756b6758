"""Routes of the picture library: the console takes pictures in and finds them, every page may show them.

They call `edge.api.services.pictures`; what is kept is named by its hash in an offer's creatives.
"""

from __future__ import annotations

import re
from typing import Final

from aiohttp import web

from edge.api.console.portfolio import refusals
from edge.api.http.auth import Guard
from edge.api.http.bodies import read
from edge.api.http.errors import NotHere
from edge.api.http.reply import listed, shown
from edge.api.http.route import Operation, Proof, ResponseSpec
from edge.api.services.pictures import StoredPictures
from edge.api.views.portfolio import AssetView
from edge.campaigns.authoring.picture_formats import LIMIT_BYTES

PICTURES: Final = "/assets/"
"""Where pictures lie, each under its hash: what is there once never changes."""

HEADERS: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # A drawing opened by itself runs nothing, loads nothing and is nobody's page.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
"""How a picture is answered: kept for good, and nothing but a picture."""

_MEDIA: Final = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/svg+xml")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_TAGS: Final = 16


class AssetRoutes:
    """Answers the console, and whoever draws a page."""

    def __init__(self, guard: Guard, pictures: StoredPictures) -> None:
        self._guard = guard
        self._pictures = pictures

    def operations(self) -> tuple[Operation, ...]:
        """All addresses of this group."""
        return (
            Operation(
                method="GET",
                path="/v1/assets",
                name="assets",
                handler=self._search,
                proof=Proof.CONSOLE,
                queries={"tag": "With this tag only.", "q": "Part of a name or a tag."},
                answers={200: ResponseSpec(says="Newest first.", body=AssetView, many=True)},
            ),
            Operation(
                method="PUT",
                path="/v1/assets",
                name="keepAsset",
                handler=self._keep,
                proof=Proof.CONSOLE,
                queries={"name": "What it is called.", "tag": "To find it by; repeatable."},
                media=_MEDIA,
                answers={200: ResponseSpec(says="What was kept.", body=AssetView)},
            ),
            Operation(
                method="GET",
                path="/assets/{sha256}",
                name="picture",
                handler=self._show,
                answers={200: ResponseSpec(says="The picture.", media="image/*")},
            ),
        )

    async def _search(self, request: web.Request) -> web.Response:
        """Pictures of the library by tag and word."""
        await self._guard.console(request)
        tag, word = request.query.get("tag", ""), request.query.get("q", "")
        return listed(await self._pictures.assets(tag, word))

    async def _keep(self, request: web.Request) -> web.Response:
        """Take a picture in; its kind is told by its bytes."""
        await self._guard.console(request)
        body = await read(request, LIMIT_BYTES, _MEDIA)
        # One more than may be: the library then refuses the picture, rather than lose a tag in silence.
        tags = request.query.getall("tag", [])[: _TAGS + 1]
        with refusals():
            kept = await self._pictures.keep(body, request.query.get("name", "picture"), tags)
        return shown(kept)

    async def _show(self, request: web.Request) -> web.Response:
        """One picture, for any page; where it is not here the page draws something else."""
        sha256 = request.match_info["sha256"]
        # What is no hash is not worth a look at the disk.
        found = await self._pictures.picture(sha256) if _HASH.fullmatch(sha256) else None
        if found is None:
            raise NotHere
        media, body = found
        return web.Response(body=body, content_type=media)
