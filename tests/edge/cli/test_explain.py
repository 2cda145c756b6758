from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.edge.api.services.goods import ANN
from tests.edge.cli.conftest import Cli


@pytest.fixture
def decision(shop: Path) -> str:
    with sqlite3.connect(shop / "storeside.db") as conn:
        rows = conn.execute("SELECT id FROM decisions WHERE kind = 'personal'").fetchall()
    conn.close()
    return str(rows[-1][0])


def test_a_decision_is_told_in_words(cli: Cli, shop: Path, decision: str) -> None:
    said = cli("explain", decision, "--dir", shop)
    assert said.code == 0
    assert said.out.startswith(f"Decision {decision}")
    assert "Whole milk" in said.out
    assert ANN not in said.out


def test_a_decision_is_told_to_programs(cli: Cli, shop: Path, decision: str) -> None:
    found = cli("explain", decision, "--dir", shop, "--json").document
    assert found["decision"] == decision
    assert found["winners"][0]["name"] == "Whole milk"
    assert found["losers"]


def test_an_unknown_decision_is_refused(cli: Cli, shop: Path) -> None:
    said = cli("explain", "d-0", "--dir", shop, "--json")
    assert (said.code, said.out) == (1, "")
    assert "decision d-0" in said.err


def test_every_decision_comes_out_the_same(cli: Cli, shop: Path) -> None:
    found = cli("decisions", "replay", "--dir", shop, "--json").document
    assert found["replayed"] == found["identical"] > 1
    assert found["different"] == []


def test_a_copied_folder_replays_too(cli: Cli, shop: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(shop, tmp_path / "copy")
    said = cli("decisions", "replay", "--dir", copy)
    assert said.out.endswith("identical\n")


def test_a_replay_may_begin_later(cli: Cli, shop: Path) -> None:
    for since in ("2100-01-01", "2100-01-01T10:00:00Z"):
        assert (
            cli("decisions", "replay", "--since", since, "--dir", shop, "--json").document[
                "replayed"
            ]
            == 0
        )


def test_a_decision_that_differs_is_named(cli: Cli, shop: Path, decision: str) -> None:
    conn = sqlite3.connect(shop / "storeside.db")
    conn.execute("DELETE FROM snapshots WHERE kind = 'profile'")
    conn.commit()
    conn.close()
    said = cli("decisions", "replay", "--dir", shop, "--json")
    assert said.code == 1
    assert decision in said.document["different"]
    assert f"{decision}: profile" in said.err
