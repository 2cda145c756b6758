from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from edge.campaigns.authoring.document import read_portfolio
from edge.storage.catalogue import campaign_versions, campaigns, offers, products
from edge.storage.connection import open_connection
from edge.storage.operations import command_notifications
from tests.edge.campaigns.authoring.bodies import TAGS, a_campaign, an_offer
from tests.edge.cli.conftest import Cli

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


@pytest.fixture
def stocked(store: Path) -> Path:
    with closing(open_connection(store / "storeside.db")) as conn:
        products.upsert(conn, GOODS)
    return store


def write(folder: Path, *offered: dict[str, object], campaign: str = "june") -> Path:
    file = folder.parent / "offers.json"
    file.write_text(json.dumps({"campaigns": [a_campaign(campaign)], "offers": offered}))
    return file


def standing(folder: Path) -> list[str]:
    with closing(open_connection(folder / "storeside.db")) as conn:
        return [one.id for one in offers.every(conn)]


def test_a_sound_file_is_published_and_the_service_told(cli: Cli, stocked: Path) -> None:
    said = cli("offers", "publish", write(stocked, an_offer()), "--dir", stocked, "--json")
    assert said.document == {"published": 1, "campaigns": 1, "problems": []}
    assert standing(stocked) == ["o-1"]
    with closing(open_connection(stocked / "storeside.db")) as conn:
        assert [one.id for one in campaigns.every(conn)] == ["june"]
        assert [what.value for _, what, _ in command_notifications.since(conn, 0)] == [
            "shelves"
        ]


def test_one_fault_keeps_the_whole_file_out(cli: Cli, stocked: Path) -> None:
    file = write(stocked, an_offer(), an_offer("o-2", skus=["999"]))
    said = cli("offers", "publish", file, "--dir", stocked, "--json")
    assert (said.code, said.document["published"], said.document["campaigns"]) == (1, 0, 0)
    (problem,) = said.document["problems"]
    assert (problem["code"], problem["grade"]) == ("unknown-product", "error")
    assert "o-2" in problem["culprits"]
    assert "mend: " in said.err
    assert standing(stocked) == []


@pytest.mark.parametrize("tag", TAGS)
def test_an_offer_without_a_tag_is_not_published(cli: Cli, stocked: Path, tag: str) -> None:
    offer = an_offer()
    del offer[tag]
    said = cli("offers", "publish", write(stocked, offer), "--dir", stocked)
    assert said.code == 1
    assert f"offers.0.{tag}: Field required" in said.err
    assert standing(stocked) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-02-01T00:00:00Z"}, "ended"),
        ({"skus": ["101", "999"]}, "unknown-product"),
        ({"discount_cents": 300}, "free-product"),
    ],
)
def test_a_faulty_offer_is_told_why(
    cli: Cli, stocked: Path, changed: dict[str, object], fault: str
) -> None:
    file = write(stocked, {**an_offer(), **changed})
    said = cli("offers", "check", file, "--dir", stocked, "--json")
    assert said.code == 1
    assert fault in {problem["code"] for problem in said.document["problems"]}


def test_two_offers_on_one_product_at_one_time_collide(cli: Cli, stocked: Path) -> None:
    assert cli("offers", "publish", write(stocked, an_offer()), "--dir", stocked).code == 0
    said = cli("offers", "check", write(stocked, an_offer("o-2")), "--dir", stocked, "--json")
    culprits = {id_ for problem in said.document["problems"] for id_ in problem["culprits"]}
    assert {"o-1", "o-2"} <= culprits
    again = cli("offers", "check", write(stocked, an_offer()), "--dir", stocked)
    assert again.code == 0


def test_checking_changes_nothing(cli: Cli, stocked: Path) -> None:
    said = cli("offers", "check", write(stocked, an_offer()), "--dir", stocked)
    assert said.out == "nothing forbids these offers\n"
    assert standing(stocked) == []
    assert cli("offers", "check", write(stocked, an_offer(skus=["999"])), "--dir", stocked).code


def test_a_bare_list_goes_to_a_campaign_that_stands(cli: Cli, stocked: Path) -> None:
    cli("offers", "publish", write(stocked, an_offer()), "--dir", stocked)
    file = stocked.parent / "list.yaml"
    file.write_text(json.dumps([an_offer("o-2", skus=["102"])]))
    said = cli("offers", "publish", file, "--dir", stocked, "--json", "--by", "anna")
    assert said.document["published"] == 1
    assert standing(stocked) == ["o-1", "o-2"]
    with closing(open_connection(stocked / "storeside.db")) as conn:
        assert campaign_versions.of(conn, "june")[0].drafted.by == "anna"


@pytest.mark.parametrize("form", ["yaml", "csv"])
def test_what_stands_is_exported_as_a_file_that_changes_nothing_when_published(
    cli: Cli, stocked: Path, form: str
) -> None:
    file = write(stocked, an_offer(), an_offer("o-2", skus=["102"], audience="trips > 3"))
    cli("offers", "publish", file, "--dir", stocked)
    out = stocked.parent / f"all.{form}"
    out.write_text(cli("offers", "export", "--form", form, "--dir", stocked).out)
    assert read_portfolio(out).offers == read_portfolio(file).offers
    with closing(open_connection(stocked / "storeside.db")) as conn:
        before = campaigns.every(conn), offers.every(conn)
        assert cli("offers", "publish", out, "--dir", stocked).code == 0
        assert (campaigns.every(conn), offers.every(conn)) == before


def test_offers_are_listed_with_their_tags(cli: Cli, stocked: Path) -> None:
    cli("offers", "publish", write(stocked, an_offer()), "--dir", stocked)
    (row,) = cli("offers", "list", "--dir", stocked, "--json").document["offers"]
    assert {tag: row[tag] for tag in TAGS} == {tag: an_offer()[tag] for tag in TAGS}
    assert row["live"] is True
    assert "o-1" in cli("offers", "list", "--dir", stocked).out
