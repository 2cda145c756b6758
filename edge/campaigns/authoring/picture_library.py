"""The library of pictures: what may come in, what creatives use, and what they miss.

Console and ``storeside assets`` add by it; the doctor asks what is missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import Field, ValidationError

from edge.campaigns.authoring.document import said
from edge.campaigns.authoring.errors import NoSuchPicture, PictureRefused
from edge.campaigns.authoring.offer_body import Body, Name, Short
from edge.campaigns.authoring.picture_formats import media_of
from edge.storage.catalogue import assets, offers
from edge.storage.catalogue.assets import Asset

TOTAL_BYTES: Final = 256 * 2**20
"""What all pictures may weigh together: they lie in the store's one file, beside what it must never lose."""


class PictureWords(Body):
    """What a picture is called and found by."""

    name: Short
    tags: tuple[Name, ...] = Field(default=(), max_length=16)


def keep(
    conn: sqlite3.Connection, body: bytes, *, name: str, tags: Sequence[str], at: datetime
) -> Asset:
    """Take a picture in, under the hash of its bytes.

    Raises:
        PictureRefused: it is none, there is no room, or its name or a tag cannot be taken.
    """
    media = media_of(body)
    try:
        words = PictureWords(name=name, tags=tuple(tags))
    except ValidationError as error:
        raise PictureRefused(*said(error), hint="tags are of a-z, 0-9 and -") from None
    if assets.size_bytes(conn) + len(body) > TOTAL_BYTES:
        raise PictureRefused(
            f"the library is full: {TOTAL_BYTES // 2**20} MiB",
            hint="storeside assets remove HASH, of what is used no more",
        )
    return assets.put(conn, body, media, name=words.name, tags=words.tags, at=at)


def used(conn: sqlite3.Connection) -> Mapping[str, tuple[str, ...]]:
    """Picture -> the offers whose creatives show it."""
    found = dict[str, list[str]]()
    for offer in offers.every(conn):
        for creative in offer.creatives:
            for image in {m.image for m in creative.modules.values() if m.image}:
                found.setdefault(image, []).append(offer.id)
    # Several creatives of an offer may show it: the offer is named once.
    return {image: tuple(dict.fromkeys(ids)) for image, ids in found.items()}


def missing(conn: sqlite3.Connection) -> Mapping[str, tuple[str, ...]]:
    """Pictures that are used but not here, with the offers that use them: screens show the product's own instead."""
    here = assets.held(conn)
    return {image: ids for image, ids in used(conn).items() if image not in here}


def remove(conn: sqlite3.Connection, sha256: str) -> None:
    """Have a picture no more.

    Raises:
        NoSuchPicture: it is not here.
        PictureRefused: an offer shows it.
    """
    showing = used(conn).get(sha256, ())
    if showing:
        raise PictureRefused(
            f"offer {showing[0]} shows it", hint="publish the offer without it first"
        )
    if not assets.delete(conn, [sha256]):
        raise NoSuchPicture("there is no picture of that hash", hint="storeside assets list")
