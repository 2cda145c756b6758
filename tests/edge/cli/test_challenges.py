from __future__ import annotations

from pathlib import Path

import pytest

from tests.edge.cli.conftest import Cli

GOOD = """
challenges:
  - id: june
    headline: Three this week
    starts_at: 2024-06-01T00:00:00Z
    ends_at: 2099-07-01T00:00:00Z
    reward: {points: 50}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "challenges.yaml"
    file.write_text(GOOD)
    return file


def test_a_published_challenge_is_listed(cli: Cli, store: Path, file: Path) -> None:
    assert cli("challenges", "publish", file, "--dir", store, "--json").document == {
        "published": 1
    }
    (row,) = cli("challenges", "list", "--dir", store, "--json").document["challenges"]
    assert (row["id"], row["live"]) == ("june", True)
    assert "(on)" in cli("challenges", "list", "--dir", store).out


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{points: 50}", "{}", "an offer or points"),
        ("2099", "2020", "after it has started"),
        ("headline", "headlnie", "headline"),
        ("{points: 50}", "{offer: gone}", "no offer is called gone"),
        ("challenges:", "offers:", "challenges"),
        ("  - id", "  - {id", "no YAML"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    cli: Cli, store: Path, file: Path, old: str, new: str, says: str
) -> None:
    file.write_text(GOOD.replace(old, new, 1))
    said = cli("challenges", "publish", file, "--dir", store)
    assert said.code != 0
    assert says in said.err
    assert cli("challenges", "list", "--dir", store, "--json").document == {"challenges": []}


def test_a_file_that_is_not_there_is_said(cli: Cli, store: Path, tmp_path: Path) -> None:
    said = cli("challenges", "publish", tmp_path / "none.yaml", "--dir", store)
    assert (said.code != 0, "no file" in said.err) == (True, True)


def test_a_file_too_large_is_not_read(cli: Cli, store: Path, file: Path) -> None:
    file.write_text(GOOD + "#" * 1_100_000)
    said = cli("challenges", "publish", file, "--dir", store)
    assert (said.code != 0, "at most" in said.err) == (True, True)
