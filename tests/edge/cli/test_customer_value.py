from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path

from edge.app.settings import CustomerBaseSettings
from models.features.customer_value import CustomerBase
from tests.edge.cli.conftest import Cli
from tests.models.customers import customer_source

WORDS = ("models", "value", "--until", "2017-07-15", "--utc-offset", -5)


def test_the_lines_that_are_printed_stand_in_a_stores_settings(
    cli: Cli, tmp_path: Path
) -> None:
    source = customer_source(tmp_path / "shop", 300, 240)
    said = cli(*WORDS, "--data", source)
    assert said.code == 0
    lines = said.out.splitlines()
    read = tomllib.loads("\n".join(lines[:8]))
    assert (
        CustomerBaseSettings(**read["customers"]).model_dump().keys()
        == read["customers"].keys()
    )
    found = cli(*WORDS, "--json", "--data", source).document
    assert found["customers"] == 300
    assert len(found["by_trips"]) == len(found["by_risk"]) == 10


def test_too_small_a_shop_keeps_what_is_shipped(cli: Cli, tmp_path: Path) -> None:
    said = cli(*WORDS, "--data", customer_source(tmp_path / "shop", 50, 240))
    assert (said.code, said.out) == (1, "")
    assert "at least 200" in said.err


def test_a_store_that_says_nothing_has_the_shipped_base() -> None:
    assert CustomerBaseSettings().model_dump() == asdict(CustomerBase())
