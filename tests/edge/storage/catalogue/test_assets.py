from __future__ import annotations

import hashlib
import sqlite3

from edge.storage.catalogue import assets
from edge.storage.catalogue.assets import Asset
from tests.edge.storage.samples import NOW, later

COW = b"a cow"
COW_HASH = hashlib.sha256(COW).hexdigest()


def add(
    conn: sqlite3.Connection, body: bytes = COW, *tags: str, name: str = "cow.png"
) -> Asset:
    return assets.put(conn, body, "image/png", name=name, tags=tags, at=NOW)


def test_a_picture_lies_under_the_hash_of_its_bytes(conn: sqlite3.Connection) -> None:
    assert add(conn).sha256 == COW_HASH
    assert assets.read(conn, COW_HASH) == ("image/png", COW)
    assert assets.read(conn, "0" * 64) is None
    assert assets.held(conn) == {COW_HASH}
    assert assets.size_bytes(conn) == len(COW)


def test_the_same_bytes_again_only_get_another_name(conn: sqlite3.Connection) -> None:
    add(conn, COW, "dairy")
    add(conn, COW, "milk", "farm", name="cow-2.png")
    (found,) = assets.search(conn)
    assert (found.name, found.tags) == ("cow-2.png", ("farm", "milk"))


def test_pictures_are_found_by_tag_and_by_word(conn: sqlite3.Connection) -> None:
    add(conn, COW, "dairy", "spring")
    add(conn, b"a loaf", "bakery", "spring", name="Rye loaf.png")
    assert {one.name for one in assets.search(conn, tag="spring")} == {
        "cow.png",
        "Rye loaf.png",
    }
    assert [one.name for one in assets.search(conn, tag="spring", word="rye")] == [
        "Rye loaf.png"
    ]
    assert [one.name for one in assets.search(conn, word="DAIR")] == ["cow.png"]
    assert assets.search(conn, tag="spr") == ()
    assert assets.search(conn, word="%") == ()


def test_bytes_that_changed_on_disk_are_not_the_picture(conn: sqlite3.Connection) -> None:
    add(conn)
    conn.execute("UPDATE assets SET body = ?", (b"a bull",))
    assert assets.read(conn, COW_HASH) is None


def test_a_removed_picture_is_gone(conn: sqlite3.Connection) -> None:
    add(conn)
    assert assets.delete(conn, [COW_HASH, "0" * 64]) == 1
    assert assets.search(conn) == ()


def test_the_newest_picture_comes_first(conn: sqlite3.Connection) -> None:
    add(conn)
    assets.put(conn, b"b", "image/gif", name="b", tags=(), at=later(1))
    assert [one.name for one in assets.search(conn)] == ["b", "cow.png"]
