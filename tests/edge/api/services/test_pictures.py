"""Pictures as they are taken in, found and told."""

from __future__ import annotations

import pytest

from edge.api.services.pictures import StoredPictures
from edge.campaigns.authoring.errors import PictureRefused
from tests.edge.api.services.shop import Shop

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>'


@pytest.fixture
def pictures(shop: Shop) -> StoredPictures:
    return StoredPictures(shop.runtime.database, shop.runtime.clock)


async def test_pictures_are_kept_and_shown(pictures: StoredPictures) -> None:
    kept = await pictures.keep(SVG, "box.svg", ["summer"])
    assert await pictures.picture(kept.sha256) == ("image/svg+xml", SVG)
    assert await pictures.assets("summer", "BOX") == [kept]
    assert await pictures.picture("0" * 64) is None
    with pytest.raises(PictureRefused):
        await pictures.keep(b"hello", "x", [])
