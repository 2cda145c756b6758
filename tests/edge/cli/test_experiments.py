from __future__ import annotations

from pathlib import Path

import pytest

from edge.app.settings import load_settings
from edge.storage.connection import open_connection, transaction
from tests.edge.api.services.test_experiments import AB, PEOPLE, lived
from tests.edge.cli.conftest import Cli


@pytest.fixture
def measured(store: Path) -> Path:
    """A store in which a test has a winner."""
    conn = open_connection(load_settings(store / "storeside.toml").database)
    with transaction(conn):
        lived(conn)
    conn.close()
    return store


def test_all_tests_are_told_in_a_line_each(cli: Cli, measured: Path) -> None:
    said = cli("experiments", "results", "--dir", measured)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["everything", "v1", "v2", "wall"]
    assert "Not enough yet" in lines[0]


def test_one_test_is_told_in_full(cli: Cli, measured: Path) -> None:
    said = cli("experiments", "results", "v2", "--dir", measured)
    assert "iteration 2" in said.out
    assert "before: v1:" in said.out
    assert "as meant" in said.out


def test_the_same_as_a_document(cli: Cli, measured: Path) -> None:
    every = cli("experiments", "results", "--json", "--dir", measured).document
    assert [one["id"] for one in every["experiments"]] == ["everything", "v1", "v2", "wall"]
    one = cli("experiments", "results", "v2", "--json", "--dir", measured).document
    assert sum(one["experiment"]["people"].values()) == PEOPLE


def test_a_test_that_there_is_not_is_refused(cli: Cli, measured: Path) -> None:
    said = cli("experiments", "results", "v9", "--dir", measured)
    assert (said.code, said.out) == (1, "")
    assert "campaign v9" in said.err


def test_the_arms_of_a_token_are_those_of_the_draw(cli: Cli, measured: Path) -> None:
    arms = cli("experiments", "assign", "c-somebody", "--json", "--dir", measured).document[
        "arms"
    ]
    variant = AB.variant("c-somebody")
    assert variant is not None
    assert arms["v2"] == variant.name
    assert arms["wall"].endswith("of time)")
    assert set(arms) == {"everything", "v1", "v2", "wall"}


def test_what_is_no_token_has_no_arm_and_is_not_repeated(cli: Cli, measured: Path) -> None:
    said = cli("experiments", "assign", "anna@example.org", "--dir", measured)
    assert said.code == 1
    assert "anna" not in said.err


def test_the_winner_becomes_the_rule_by_one_command(cli: Cli, measured: Path) -> None:
    said = cli(
        "experiments", "promote", "v2", "b", "--by", "maria", "--json", "--dir", measured
    )
    assert said.code == 0
    assert said.document == {"campaign": "v2", "arm": "b", "version": 2}
    again = cli("experiments", "results", "v2", "--json", "--dir", measured).document
    assert again["experiment"]["people"] == {"b": 0}


def test_the_loser_does_not(cli: Cli, measured: Path) -> None:
    said = cli("experiments", "promote", "v2", "a", "--dir", measured)
    assert said.code == 1
    assert "promote --anyway" in said.err
