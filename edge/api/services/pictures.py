"""The store's library of pictures, as the console fills it and every page shows from it.

The asset routes call it; what is kept here is named by its hash in an offer's creatives.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import partial

from edge.api.views.portfolio import (
    AssetView,
    asset_view,
)
from edge.campaigns.authoring import picture_library
from edge.domain.clock import Clock
from edge.storage.catalogue import assets
from edge.storage.database import Database


class StoredPictures:
    """Pictures in the store's file."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def assets(self, tag: str, word: str) -> Sequence[AssetView]:
        """Pictures with a tag, and with a word in their name or a tag."""

        def look(conn: sqlite3.Connection) -> Sequence[AssetView]:
            used = picture_library.used(conn)
            found = assets.search(conn, tag=tag, word=word)
            return [asset_view(one, used.get(one.sha256, ())) for one in found]

        return await self._database.read_aside(look)

    async def keep(self, body: bytes, name: str, tags: Sequence[str]) -> AssetView:
        """Take a picture in. Raises ``PictureRefused``."""
        work = partial(
            picture_library.keep, body=body, name=name, tags=tags, at=self._clock.now()
        )
        return asset_view(await self._database.write(work))

    async def picture(self, sha256: str) -> tuple[str, bytes] | None:
        """Media type and bytes, or None."""
        # Aside from the loop: a picture may weigh megabytes.
        return await self._database.read_aside(partial(assets.read, sha256=sha256))
