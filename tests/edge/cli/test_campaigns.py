from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.storage.catalogue import campaigns, products
from edge.storage.connection import open_connection
from tests.edge.campaigns.authoring.bodies import a_campaign, an_offer
from tests.edge.cli.conftest import Cli
from tests.edge.cli.test_offers import GOODS, standing


@pytest.fixture
def folder(store: Path) -> Path:
    with closing(open_connection(store / "storeside.db")) as conn:
        products.upsert(conn, GOODS)
    return store


def write(folder: Path, *offered: dict[str, object], **changed: object) -> Path:
    file = folder.parent / "june.json"
    told = {"campaigns": [{**a_campaign(), **changed}], "offers": offered or [an_offer()]}
    file.write_text(json.dumps(told))
    return file


def publish(cli: Cli, folder: Path, *offered: dict[str, object], **changed: object) -> Any:
    """Draft, approve and publish; what the last of them says."""
    at = ("--dir", folder, "--json")
    cli("campaigns", "draft", write(folder, *offered, **changed), "--by", "anna", *at)
    assert cli("campaigns", "approve", "june", "--by", "bo", *at).code == 0
    return cli("campaigns", "publish", "june", "--by", "bo", *at)


def test_a_campaign_goes_from_draft_to_live(cli: Cli, folder: Path) -> None:
    said = cli("campaigns", "draft", write(folder), "--dir", folder)
    assert said.out == "kept as a draft: june is version 1\n"
    assert standing(folder) == []
    assert "june is approved" in cli("campaigns", "approve", "june", "--dir", folder).out
    assert "june is live" in cli("campaigns", "publish", "june", "--dir", folder).out
    assert standing(folder) == ["o-1"]


def test_a_draft_with_a_fault_is_kept_and_the_fault_told(cli: Cli, folder: Path) -> None:
    said = cli("campaigns", "draft", write(folder, an_offer(skus=["999"])), "--dir", folder)
    assert said.code == 1
    assert "error: " in said.err
    (row,) = cli("campaigns", "versions", "june", "--dir", folder, "--json").document[
        "versions"
    ]
    assert row["state"] == "draft"


def test_what_is_not_approved_is_not_published(cli: Cli, folder: Path) -> None:
    cli("campaigns", "draft", write(folder), "--dir", folder)
    said = cli("campaigns", "publish", "june", "--dir", folder)
    assert said.code == 1
    assert "june is draft" in said.err


def test_the_tower_keeps_an_approved_version_out(cli: Cli, folder: Path) -> None:
    said = publish(cli, folder, an_offer(discount_cents=300))
    assert (said.code, said.document["published"]) == (1, False)
    assert standing(folder) == []


def test_versions_tell_whose_hands_they_went_through(cli: Cli, folder: Path) -> None:
    publish(cli, folder)
    (row,) = cli("campaigns", "versions", "june", "--dir", folder, "--json").document[
        "versions"
    ]
    assert row["drafted"].endswith("by anna")
    assert row["approved"].endswith("by bo")
    assert "live" in cli("campaigns", "versions", "june", "--dir", folder).out
    assert cli("campaigns", "versions", "july", "--dir", folder).code == 1


def test_rolling_back_brings_the_earlier_offers_back(cli: Cli, folder: Path) -> None:
    publish(cli, folder)
    publish(cli, folder, an_offer("o-2"))
    assert standing(folder) == ["o-2"]
    said = cli("campaigns", "rollback", "june", "--to", "1", "--dir", folder, "--json")
    assert said.document["published"] is True
    assert standing(folder) == ["o-1"]
    rows = cli("campaigns", "versions", "june", "--dir", folder, "--json").document["versions"]
    assert [(row["version"], row["state"]) for row in rows] == [
        (3, "live"), (2, "ended"), (1, "ended"),
    ]  # fmt: skip


def test_a_campaign_is_paused_and_goes_on(cli: Cli, folder: Path) -> None:
    publish(cli, folder)
    with closing(open_connection(folder / "storeside.db")) as conn:
        assert cli("campaigns", "pause", "june", "--dir", folder).out == "june is paused\n"
        assert [one.paused for one in campaigns.every(conn)] == [True]
        assert cli("campaigns", "pause", "june", "--resume", "--dir", folder).code == 0
        assert [one.paused for one in campaigns.every(conn)] == [False]
    assert cli("campaigns", "pause", "july", "--dir", folder).code == 1


def test_campaigns_are_listed_with_what_waits(cli: Cli, folder: Path) -> None:
    publish(cli, folder)
    cli("campaigns", "draft", write(folder, name="Milk again"), "--dir", folder)
    (row,) = cli("campaigns", "list", "--dir", folder, "--json").document["campaigns"]
    assert (row["state"], row["version"], row["waiting"], row["offers"]) == ("live", 1, 2, 1)
    assert "Milk in June" in cli("campaigns", "list", "--dir", folder).out


def test_one_campaign_is_exported_with_its_offers(cli: Cli, folder: Path) -> None:
    publish(cli, folder)
    told = cli("campaigns", "export", "june", "--dir", folder, "--json").document
    assert [one["id"] for one in told["campaigns"]] == ["june"]
    assert [one["id"] for one in told["offers"]] == ["o-1"]
    assert cli("campaigns", "export", "july", "--dir", folder).code == 1
