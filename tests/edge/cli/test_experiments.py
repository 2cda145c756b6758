from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from edge.app.settings import load_settings
from edge.storage.connection import open_connection, transaction
from tests.edge.api.services.test_experiments import AB, PEOPLE, lived, moved
from tests.edge.cli.conftest import Cli
from tests.edge.storage import samples


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


@pytest.fixture
def moving(store: Path) -> Path:
    """A store with a campaign that moves some people and not others."""
    conn = open_connection(load_settings(store / "storeside.toml").database)
    with transaction(conn):
        moved(conn)
    conn.close()
    return store


def test_whom_a_campaign_moves_is_told_with_its_interval(cli: Cli, moving: Path) -> None:
    said = cli("experiments", "uplift", "moves", "--dir", moving)
    assert (said.code, said.err) == (0, "")
    # The sentence, the average, the order and three groups.
    assert len(said.out.splitlines()) == 6
    assert "800 people" in said.out
    told = cli("experiments", "uplift", "moves", "--json", "--dir", moving).document
    assert told["tells_apart"] is True
    assert told["average"]["low"] > 0


def test_both_chances_of_everybody_are_written_and_are_a_dot_product(
    cli: Cli, moving: Path, tmp_path: Path
) -> None:
    out = tmp_path / "people.csv"
    told = cli("experiments", "uplift", "moves", "--json", "--out", out, "--dir", moving)
    assert out.stat().st_mode & 0o777 == 0o600
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 800
    columns = {one["name"]: one for one in told.document["columns"]}
    trips = math.log1p(samples.entrant().past_trips)
    for number, row in enumerate(sorted(rows, key=lambda one: one["token"])[:40]):
        segment = columns["loyal" if number % 2 else "new"]
        for name, side in (("if_shown", "shown"), ("if_held_out", "held")):
            logit = columns["trips"][side] * trips + segment[side] + columns["always"][side]
            assert float(row[name]) == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-5)


def test_single_people_stay_closed_without_a_holdout(
    cli: Cli, measured: Path, tmp_path: Path
) -> None:
    out = tmp_path / "people.csv"
    said = cli("experiments", "uplift", "v2", "--out", out, "--dir", measured)
    assert said.code == 1
    assert not out.exists()
    told = cli("experiments", "uplift", "v2", "--json", "--dir", measured).document
    assert told["closed"] == "no-holdout"


def test_the_loser_does_not(cli: Cli, measured: Path) -> None:
    said = cli("experiments", "promote", "v2", "a", "--dir", measured)
    assert said.code == 1
    assert "promote --anyway" in said.err
