"""``storeside assets``: pictures for creatives, kept under the hash of their bytes and found by tag and word.

``program`` loads it for this command alone. It writes through ``local_change``; offers and campaigns then
name a picture by its hash, and screens fetch it by that.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from edge.campaigns.authoring import picture_library
from edge.campaigns.authoring.errors import NoSuchPicture, PictureRefused
from edge.campaigns.authoring.picture_formats import LIMIT_BYTES
from edge.cli.local_change import open_store
from edge.cli.output import AsJson, print_document, say
from edge.cli.store_location import ConfigFile, DataFolder
from edge.storage.catalogue import assets
from edge.storage.catalogue.assets import Asset
from edge.storage.connection import transaction

Tag = Annotated[str, typer.Option("--tag", metavar="TAG", help="With this tag only.")]

# So much of a hash tells one picture from another.
_LEAST = 8


def add_to(program: typer.Typer, name: str, says: str) -> None:
    """Add the group."""
    group = typer.Typer(help=says, no_args_is_help=True, rich_markup_mode=None)
    group.command(epilog="Example: storeside assets add berries.png --tag summer --tag fruit")(
        add
    )
    group.command("list", epilog="Example: storeside assets list --tag summer")(told)
    group.command(epilog="Example: storeside assets search berry --json")(search)
    group.command(epilog="Example: storeside assets remove 5e884898")(remove)
    program.add_typer(group, name=name)


def add(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="PNG, JPEG, WebP, GIF or plain SVG.")
    ],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="To find it by; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take pictures into the library, all of them or none; prints the hash by which a creative names each."""
    # Read before the store is opened: a file that is no good must not hold the write lock.
    bodies = [(file.name, _read(file)) for file in files]
    # All in one transaction, so that one file that is no picture keeps all out.
    with open_store(config, folder) as store, transaction(store.conn):
        kept = [
            picture_library.keep(store.conn, body, name=name, tags=tags or (), at=store.now)
            for name, body in bodies
        ]
    _tell(kept, as_json=as_json)


def told(
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    tag: Tag = "",
    as_json: AsJson = False,
) -> None:
    """The pictures of the library, newest first."""
    with open_store(config, folder) as store:
        found = assets.search(store.conn, tag=tag)
    _tell(found, as_json=as_json)


def search(
    word: Annotated[str, typer.Argument(metavar="WORD", help="Part of a name or a tag.")],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    tag: Tag = "",
    as_json: AsJson = False,
) -> None:
    """Pictures with a word in their name or in a tag."""
    with open_store(config, folder) as store:
        found = assets.search(store.conn, tag=tag, word=word)
    _tell(found, as_json=as_json)


def remove(
    digest: Annotated[
        str, typer.Argument(metavar="HASH", help=f"Or its first {_LEAST} characters.")
    ],
    config: ConfigFile = None,
    folder: DataFolder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take a picture out of the library; one that an offer shows stays."""
    with open_store(config, folder) as store, transaction(store.conn):
        found = [one for one in assets.held(store.conn) if one.startswith(digest)]
        # A few letters could name another picture tomorrow, so even a single match needs the least length.
        if len(found) != 1 or len(digest) < _LEAST:
            raise NoSuchPicture(
                f"{len(found)} pictures begin with {digest[:64]}", hint="storeside assets list"
            )
        picture_library.remove(store.conn, found[0])
    if as_json:
        print_document({"removed": found[0]})
    else:
        say(f"{found[0]} is gone")


def _read(file: Path) -> bytes:
    size = file.stat().st_size
    # Asked of the folder, so that a file that is too large is not even read.
    if size > LIMIT_BYTES:
        raise PictureRefused(
            f"{file.name}: {size} bytes; a picture has at most {LIMIT_BYTES}",
            hint="make it smaller",
        )
    return file.read_bytes()


def _tell(found: Sequence[Asset], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "sha256": one.sha256,
                "name": one.name,
                "media": one.media,
                "tags": one.tags,
                "bytes": one.size_bytes,
            }
            for one in found
        ]
        print_document({"assets": rows})
        return
    for one in found:
        say(
            f"{one.sha256}  {one.media:13}  {one.size_bytes:8}  {one.name}  {' '.join(one.tags)}"
        )
