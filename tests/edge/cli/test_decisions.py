from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from edge.storage.connection import open_connection
from tests.edge.api.services.goods import NOW
from tests.edge.campaigns.whatif.day import Day
from tests.edge.cli.conftest import Cli

OFFER = f"""
offers:
  - id: o-soap
    headline: Soap for less
    skus: ["140"]
    segment: everybody
    offer_type: discount
    channels: [kiosk]
    placements: [kiosk-home]
    category: care
    campaign: june
    discount_cents: 30
    starts_at: {NOW.isoformat()}
    ends_at: {NOW.replace(year=NOW.year + 1).isoformat()}
"""


PAUSED = f"""
campaigns:
  - id: june
    name: June
    starts_at: {NOW.replace(year=2020).isoformat()}
    ends_at: {NOW.replace(year=2030).isoformat()}
    paused: true
"""


@pytest.fixture
def paused(tmp_path: Path) -> Path:
    """The campaign of every offer, paused."""
    file = tmp_path / "paused.yaml"
    file.write_text(PAUSED)
    return file


@pytest.fixture
def recorded(shop: Path) -> Path:
    """The store, with a day on record in which many answered."""
    for file in shop.glob("storeside.db*"):
        file.unlink()
    day = Day(path=shop / "storeside.db")
    day.live(200, {("o-a", "plain"): 0.5, ("o-b", "plain"): 0.5})
    day.close()
    return shop


@pytest.fixture
def june(tmp_path: Path) -> Path:
    file = tmp_path / "june.yaml"
    file.write_text(OFFER)
    return file


def test_the_flips_of_a_changed_number_are_listed(cli: Cli, shop: Path) -> None:
    found = cli(
        "decisions",
        "diff",
        "--set",
        "due_chance_pct=100",
        "--set",
        "explore_pct=50",
        "--dir",
        shop,
        "--json",
    ).document
    assert found["change"] == {"due_chance_pct": 100, "explore_pct": 50}
    assert found["compared"] == found["flipped"] + found["reworded"] + found["unchanged"] > 1
    assert len(found["flips"]) == found["flipped"]


def test_flips_are_told_in_words_with_their_rules(cli: Cli, shop: Path, paused: Path) -> None:
    said = cli("decisions", "diff", "--campaigns", paused, "--dir", shop)
    assert said.code == 0
    assert "offer" in said.out
    assert "-> no offer" in said.out
    assert "something else" in said.out
    assert "c-" not in said.out.replace("no-candidate", "")


def test_what_cannot_be_made_again_is_told_beside_the_answer(cli: Cli, shop: Path) -> None:
    with closing(open_connection(shop / "storeside.db")) as conn:
        conn.execute("DELETE FROM snapshots WHERE kind = 'catalogue'")
    for command in (("diff", "--set", "patience=1"), ("frontier",)):
        said = cli("decisions", *command, "--dir", shop)
        assert "not there" in said.err
    said = cli("decisions", "what-if", "--set", "patience=1", "--dir", shop)
    assert "left out: catalogue" in said.out


def test_what_a_change_would_have_earned_is_told_with_its_interval(
    cli: Cli, recorded: Path, paused: Path
) -> None:
    said = cli("decisions", "what-if", "--campaigns", paused, "--dir", recorded)
    assert said.code == 0
    assert "would be less" in said.out
    assert re.search(r"change a touched row -0\.\d+ \[-0\.\d+, -0\.\d+\]", said.out)


def test_every_figure_for_programs_has_an_interval(
    cli: Cli, recorded: Path, paused: Path
) -> None:
    asked = ("what-if", "--campaigns", paused, "--dir", recorded, "--json")
    answers = cli("decisions", *asked).document["answers"]
    figures = [one[name] for one in answers for name in ("ips", "snips", "dr", "lift")]
    assert all(figure is None or set(figure) == {"value", "low", "high"} for figure in figures)
    assert any(figures)


def test_offers_of_a_file_take_the_place_of_their_namesakes(
    cli: Cli, shop: Path, june: Path
) -> None:
    found = cli("decisions", "diff", "--offers", june, "--dir", shop, "--json").document
    assert found["change"] == {"offers": ["o-soap"]}
    assert found["failed"] == {}


def test_a_strategy_of_a_placement_can_be_turned(cli: Cli, shop: Path) -> None:
    turned = "strategies.kiosk-home=trending"
    found = cli("decisions", "diff", "--set", turned, "--dir", shop, "--json").document
    assert found["change"] == {"strategies.kiosk-home": "trending"}


@pytest.mark.parametrize(
    ("turned", "reason"),
    [
        ("offer_boost_pct", "sets nothing"),
        ("offer_boost_pct=501", "less than or equal to 500"),
        ("offer_boost_pct=much", "valid integer"),
        ("colour=red", "there is no 'colour' to turn"),
        ("privacy_weight_pct=101", "less than or equal to 100"),
        ("strategies.kiosk-home=loudest", "Input should be"),
        ("strategies.roof=trending", "there is no 'roof' to turn"),
        ("just_bought_days=3", "cannot be tried"),
    ],
)
def test_what_cannot_be_turned_is_refused(
    cli: Cli, shop: Path, turned: str, reason: str
) -> None:
    said = cli("decisions", "diff", "--set", turned, "--dir", shop, "--json")
    assert (said.code, said.out) == (1, "")
    assert reason in said.err


def test_a_change_of_nothing_is_refused_with_the_mend(cli: Cli, shop: Path) -> None:
    said = cli("decisions", "what-if", "--dir", shop)
    assert said.code == 1
    assert "nothing" in said.err
    assert "--set NAME=VALUE" in said.err


def test_a_file_that_is_no_portfolio_is_refused(cli: Cli, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("offers: [{id: o}]")
    said = cli("decisions", "what-if", "--offers", tmp_path / "x.yaml", "--dir", shop)
    assert said.code == 1
    assert "x.yaml" in said.err


def test_a_folder_that_is_no_bundle_is_refused(cli: Cli, shop: Path, tmp_path: Path) -> None:
    said = cli("decisions", "diff", "--model", tmp_path, "--dir", shop)
    assert said.code == 1


def test_a_day_too_small_to_tell_says_so(cli: Cli, shop: Path) -> None:
    said = cli("decisions", "what-if", "--set", "holdout_pct=50", "--dir", shop, "--json")
    answers = {one["measure"]: one for one in said.document["answers"]}
    assert set(answers) == {"answered", "redeemed", "spent"}
    assert not answers["answered"]["told"]
    assert answers["answered"]["lift"] is None


def test_the_same_is_told_in_words(cli: Cli, shop: Path) -> None:
    said = cli("decisions", "what-if", "--set", "holdout_pct=50", "--dir", shop)
    assert said.code == 0
    assert "cannot be told" in said.out


def test_the_frontier_is_a_table_and_a_picture(cli: Cli, shop: Path, tmp_path: Path) -> None:
    picture = tmp_path / "privacy.svg"
    said = cli("decisions", "frontier", "--svg", picture, "--dir", shop)
    assert said.code == 0
    assert len(said.out.splitlines()) == 2 + 11
    assert picture.read_text().startswith("<svg")


def test_the_frontier_is_told_to_programs(cli: Cli, shop: Path) -> None:
    found = cli("decisions", "frontier", "--dir", shop, "--json").document
    assert [one["privacy_weight_pct"] for one in found["positions"]] == list(range(0, 101, 10))


@pytest.mark.parametrize("command", ["diff", "what-if", "frontier", "replay"])
def test_every_command_has_an_example(cli: Cli, command: str) -> None:
    said = cli("decisions", command, "--help")
    assert said.code == 0
    assert "Example: storeside decisions" in said.out


def test_a_store_that_was_never_set_up_is_refused(cli: Cli, shop: Path) -> None:
    (shop / "storeside.db").unlink()
    assert cli("decisions", "frontier", "--dir", shop).code == 1
