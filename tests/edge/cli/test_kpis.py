from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.domain.driver_credit import Driver, DriverCredit
from edge.storage.connection import open_connection, transaction
from edge.storage.measurement import driver_credits
from tests.edge.api.services.goods import ANN
from tests.edge.cli.conftest import Cli


def test_a_new_store_has_a_board_with_too_little_to_tell(cli: Cli, store: Path) -> None:
    said = cli("kpis", "--dir", store)
    assert said.code == 0
    assert "basket-value" in said.out
    assert "too little yet" in said.out
    assert "Tablets" in said.out


def test_the_board_is_one_json_document(cli: Cli, store: Path) -> None:
    told = cli("kpis", "--dir", store, "--json").document
    assert told["days"] == 28
    assert told["figures"][0]["name"] == "trips"


def test_a_drivers_value_counts_for_who_comes_after_it(cli: Cli, store: Path) -> None:
    assert cli("kpis", "value", "e-mail-captured", "150", "--dir", store).code == 0
    with closing(open_connection(store / "storeside.db")) as conn, transaction(conn):
        driver_credits.credit(
            conn, DriverCredit(token=ANN, driver=Driver.EMAIL_CAPTURED, at=datetime.now(UTC))
        )
    drivers = {
        d["driver"]: d for d in cli("kpis", "--dir", store, "--json").document["drivers"]
    }
    assert drivers["e-mail-captured"] == {
        "driver": "e-mail-captured", "people": 1, "cents": 150, "value_cents": 150,
    }  # fmt: skip


@pytest.mark.parametrize("words", [("of-love", "5"), ("signed-up", "-1"), ("signed-up",)])
def test_what_is_no_driver_or_no_value_is_refused(
    cli: Cli, store: Path, words: tuple[str, ...]
) -> None:
    assert cli("kpis", "value", "--dir", store, *words).code != 0


@pytest.mark.parametrize("words", [("kpis",), ("kpis", "value"), ("challenges", "publish")])
def test_help_has_an_example(cli: Cli, words: tuple[str, ...]) -> None:
    said = cli(*words, "--help")
    assert said.code == 0
    assert "Example: storeside" in said.out


def test_without_a_store_it_says_how_to_make_one(cli: Cli, tmp_path: Path) -> None:
    said = cli("kpis", "--dir", tmp_path)
    assert said.code != 0
    assert "storeside" in said.err
