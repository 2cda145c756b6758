from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.app import log_setup
from edge.lab.simulate.options import jump_of, outage_of
from tests.edge.cli.conftest import Cli

QUICK = ("simulate", "--hours", "1", "--visits-per-day", "60", "--seed", "4")


@pytest.fixture(autouse=True)
def logs_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's own log level is not for the tests after it."""
    monkeypatch.setattr(log_setup, "start", lambda _level: None)


def test_one_document_tells_the_truth_and_what_was_found(cli: Cli) -> None:
    said = cli(*QUICK, "--json")
    told = said.document
    assert said.code == 0
    assert (told["seed"], told["days"]) == (4, round(1 / 24, 4))
    assert told["events"] > 0
    assert len(told["log_sha256"]) == 64
    assert told["planted"]["fruit-week"] == {"lift_pct": 60}
    assert told["estimated"]["fruit-week"].keys() <= {"treated", "held-out"}
    assert set(told["violations"].values()) == {0}


def test_people_get_a_table(cli: Cli) -> None:
    said = cli(*QUICK)
    assert "promises broken: none" in said.out
    assert "sha256" in said.out


def test_a_truth_of_ones_own_is_planted(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("campaigns: {window-board: {spillover_pct: 80}}\n")
    told = cli(*QUICK, "--plant", file, "--json").document
    assert told["planted"] == {"window-board": {"spillover_pct": 80}}


def test_the_store_can_be_looked_at_afterwards(cli: Cli, tmp_path: Path) -> None:
    folder, log = tmp_path / "sim", tmp_path / "log"
    told = cli(*QUICK, "--dir", folder, "--log", log, "--json").document
    assert len(log.read_text().splitlines()) == told["events"]
    replayed = cli("decisions", "replay", "--dir", folder, "--json").document
    assert replayed["identical"] == replayed["replayed"] > 0
    shown = next(
        body["decision_id"]
        for line in log.read_text().splitlines()
        if (entry := json.loads(line))["topic"].endswith("/show") and (body := entry["body"])
    )
    assert cli("explain", shown, "--dir", folder, "--json").document["decision"] == shown


@pytest.mark.parametrize(
    "words",
    [
        ("--outage", "hub:5-2"),
        ("--outage", "moon:1-2"),
        ("--strategies", "best-selling,low-price"),
        ("--clock-jump", "soon:-3"),
        ("--clock-jump", "1:-300"),
        ("--plant", "nowhere.yaml"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_mend(
    cli: Cli, words: tuple[str, str]
) -> None:
    said = cli(*QUICK, *words)
    assert said.code != 0
    assert said.out == ""
    assert said.err.strip()


def test_outages_and_jumps_are_read_in_hours() -> None:
    outage, jump = outage_of("hub:26-32.5"), jump_of("30:-3:90")
    assert (outage.from_s, outage.until_s) == (26 * 3600, 32.5 * 3600)
    assert (jump.at_s, jump.by.days, jump.lasts_s) == (30 * 3600, -3 * 365, 5400)
