from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.cli.offer_file import OfferFile, Sold, problems, read_offers
from edge.domain.ids import ItemKey, OfferId, Sku
from edge.domain.offer import Offer
from edge.errors import SettingsInvalid
from edge.storage import bells, offers, products
from edge.storage.connection import open_connection
from tests.edge.cli.conftest import Cli

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOLD = {Sku("101"): Sold(ItemKey(101), 300), Sku("102"): Sold(ItemKey(102), 50)}
GOODS = [
    {
        "sku": sku,
        "name": f"article {sku}",
        "category": "milk",
        "department": "dairy",
        "price_cents": 300,
    }
    for sku in ("101", "102")
]


def offer(id_: str = "o-1", **changed: object) -> dict[str, object]:
    made: dict[str, object] = {
        "id": id_,
        "headline": "20 cents off",
        "skus": ["101"],
        "category": "milk",
        "discount_cents": 20,
        "starts_at": (NOW - timedelta(days=1)).isoformat(),
        "ends_at": (NOW + timedelta(days=3_650)).isoformat(),
        "campaign": "june",
    }
    return {**made, **changed}


def found(*given: dict[str, object], standing: tuple[Offer, ...] = ()) -> list[str]:
    return problems(OfferFile.model_validate({"offers": given}), SOLD, standing, NOW)


def standing(id_: str) -> Offer:
    return Offer(
        id=OfferId(id_), headline="x", items=(ItemKey(101),), category="milk", discount_cents=5,
        starts_at=NOW - timedelta(days=9), ends_at=NOW + timedelta(days=9), campaign="may",
    )  # fmt: skip


def test_a_sound_offer_has_no_problems() -> None:
    assert found(offer()) == []


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"ends_at": (NOW - timedelta(hours=1)).isoformat()}, "it ended at 2026-11-22 11:00"),
        ({"skus": ["101", "999"]}, "not sold here: 999 (1 in all)"),
        ({"skus": ["102"], "discount_cents": 50}, "50 cents off is the whole price of 102"),
    ],
)
def test_a_faulty_offer_is_told_why(changed: dict[str, object], problem: str) -> None:
    (told,) = found({**offer(), **changed})
    assert told.startswith(f"offer o-1: {problem}")


def test_an_offer_that_ends_before_it_starts_is_none() -> None:
    with pytest.raises(ValidationError, match="ends after it has started"):
        found({**offer(), "ends_at": (NOW - timedelta(days=2)).isoformat()})


def test_an_id_counts_once() -> None:
    assert "offer o-1: it is in the file twice" in found(offer(), offer(skus=["102"]))


def test_two_offers_on_one_product_at_one_time_collide() -> None:
    collision = "offer o-2: at some time it is on the same product as offer o-1"
    assert found(offer(), offer("o-2")) == [collision]
    assert found(offer(), offer("o-2", skus=["102"])) == []


def test_an_offer_collides_with_what_the_store_has_but_not_with_its_own_older_self() -> None:
    assert len(found(offer(), standing=(standing("o-0"),))) == 1
    assert found(offer(), standing=(standing("o-1"),)) == []


def test_offers_that_follow_each_other_do_not_collide() -> None:
    later = offer("o-2", starts_at=offer()["ends_at"], ends_at="2040-01-01T00:00:00Z")
    assert found(offer(), later) == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: [", "{}", "- id: o-1", json.dumps([offer(colour="red")]), "x" * 9_000_000],
)
def test_a_file_that_is_no_list_of_offers_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "offers.yaml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid):
        read_offers(file)


@pytest.fixture
def stocked(store: Path) -> Path:
    with closing(open_connection(store / "storeside.db")) as conn:
        products.upsert(conn, GOODS)
    return store


def write(folder: Path, *given: dict[str, object]) -> Path:
    file = folder.parent / "offers.json"
    file.write_text(json.dumps(given))
    return file


def test_a_sound_file_is_published_and_the_service_told(cli: Cli, stocked: Path) -> None:
    said = cli("offers", "publish", write(stocked, offer()), "--dir", stocked, "--json")
    assert said.document == {"published": 1, "problems": []}
    with closing(open_connection(stocked / "storeside.db")) as conn:
        assert [one.id for one in offers.every(conn)] == ["o-1"]
        assert [what.value for _, what, _ in bells.since(conn, 0)] == ["shelves"]


def test_one_fault_keeps_the_whole_file_out(cli: Cli, stocked: Path) -> None:
    file = write(stocked, offer(), offer("o-2", skus=["999"]))
    said = cli("offers", "publish", file, "--dir", stocked, "--json")
    assert (said.code, said.document["published"]) == (1, 0)
    assert "not sold here: 999" in said.err
    with closing(open_connection(stocked / "storeside.db")) as conn:
        assert offers.every(conn) == ()


def test_checking_changes_nothing(cli: Cli, stocked: Path) -> None:
    file = write(stocked, offer())
    assert (
        cli("offers", "check", file, "--dir", stocked).out
        == "nothing is wrong with these offers\n"
    )
    with closing(open_connection(stocked / "storeside.db")) as conn:
        assert offers.every(conn) == ()
    assert (
        cli("offers", "check", write(stocked, offer(skus=["999"])), "--dir", stocked).code == 1
    )
