from __future__ import annotations

import hashlib
import io
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from edge.campaigns.authoring import picture_library
from edge.campaigns.authoring.offer_body import OfferBody, offer_of
from edge.storage.catalogue import offers
from edge.storage.connection import open_connection
from tests.edge.campaigns.authoring.bodies import an_offer
from tests.edge.cli.conftest import Cli


def painted(folder: Path, colour: str = "red") -> Path:
    out = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(out, "PNG")
    file = folder.parent / f"{colour}.png"
    file.write_bytes(out.getvalue())
    return file


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_pictures_come_in_and_are_found_by_tag_and_word(cli: Cli, store: Path) -> None:
    red, blue = painted(store), painted(store, "blue")
    said = cli("assets", "add", red, blue, "--tag", "summer", "--dir", store, "--json")
    assert [row["sha256"] for row in said.document["assets"]] == [digest(red), digest(blue)]
    found = cli("assets", "search", "BLU", "--tag", "summer", "--dir", store, "--json")
    assert [row["name"] for row in found.document["assets"]] == ["blue.png"]
    assert cli("assets", "list", "--tag", "winter", "--dir", store).out == ""
    assert digest(red) in cli("assets", "list", "--dir", store).out


def test_one_file_that_is_no_picture_keeps_all_out(cli: Cli, store: Path) -> None:
    other = store.parent / "notes.png"
    other.write_text("hello")
    said = cli("assets", "add", painted(store), other, "--dir", store)
    assert said.code == 1
    assert "no PNG" in said.err
    assert cli("assets", "list", "--dir", store, "--json").document == {"assets": []}


def test_a_file_that_is_too_large_is_not_even_read(cli: Cli, store: Path) -> None:
    big = store.parent / "big.png"
    big.write_bytes(bytes(3 * 2**20))
    assert "at most" in cli("assets", "add", big, "--dir", store).err


def test_a_tag_is_a_plain_word(cli: Cli, store: Path) -> None:
    said = cli("assets", "add", painted(store), "--tag", "So Nice", "--dir", store)
    assert (said.code, "tags.0" in said.err) == (1, True)


def test_a_full_library_takes_no_more(
    cli: Cli, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_library, "TOTAL_BYTES", 10)
    assert "library is full" in cli("assets", "add", painted(store), "--dir", store).err


def test_a_picture_goes_unless_an_offer_shows_it(cli: Cli, store: Path) -> None:
    red = painted(store)
    cli("assets", "add", red, "--dir", store)
    told = an_offer(creatives=[{"id": "a", "modules": {"en": {"image": digest(red)}}}])
    with closing(open_connection(store / "storeside.db")) as conn:
        offers.upsert(conn, [offer_of(OfferBody.model_validate(told))])
        said = cli("assets", "remove", digest(red)[:12], "--dir", store)
        assert (said.code, "offer o-1" in said.err) == (1, True)
        offers.delete(conn, ["o-1"])  # type: ignore[list-item]  # a test's own id
        assert picture_library.missing(conn) == {}
    assert cli("assets", "remove", digest(red)[:12], "--dir", store).code == 0
    assert cli("assets", "remove", digest(red), "--dir", store).code == 1


def test_a_few_letters_of_a_hash_name_nothing(cli: Cli, store: Path) -> None:
    red = painted(store)
    cli("assets", "add", red, "--dir", store)
    assert cli("assets", "remove", digest(red)[:3], "--dir", store).code == 1
