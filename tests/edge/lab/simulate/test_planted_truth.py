from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from edge.domain.errors import SettingsInvalid
from edge.lab.simulate.planted_truth import PlantedResponse, PlantedTruth, read_plant


def lift(response: PlantedResponse, *, showings: int = 1, **said: object) -> float:
    given: dict[str, object] = {"segments": (), "creative": None, "variant": ""}
    return response.lift(showings=showings, **(given | said))  # type: ignore[arg-type]  # of the test's choice


def test_who_was_shown_nothing_is_not_moved() -> None:
    assert lift(PlantedResponse(lift_pct=60), showings=0) == 1


def test_segment_creative_and_arm_add_their_points() -> None:
    response = PlantedResponse(
        lift_pct=10, segments={"families": 20}, creatives={"warm": 5}, variants={"b": 15}
    )
    assert lift(response) == pytest.approx(1.1)
    assert lift(
        response, segments=("families",), creative="warm", variant="b"
    ) == pytest.approx(1.5)


def test_fatigue_wears_the_lift_and_never_turns_it() -> None:
    response = PlantedResponse(lift_pct=40, fatigue_pct=50)
    lifts = [lift(response, showings=n) for n in range(1, 6)]
    assert lifts[:3] == pytest.approx([1.4, 1.2, 1.1])
    assert all(a > b > 1 for a, b in pairwise(lifts))


def test_a_chance_never_falls_below_nothing() -> None:
    assert lift(PlantedResponse(lift_pct=-60, variants={"b": -60}), variant="b") == 0


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text("campaigns:\n  fruit-week: {lift_pct: 25, segments: {families: 10}}\n")
    expected = PlantedResponse(lift_pct=25, segments={"families": 10})
    assert read_plant(file) == PlantedTruth(campaigns={"fruit-week": expected})


@pytest.mark.parametrize(
    "text",
    [
        "campaigns: {fruit-week: {lift: 25}}",
        "campaigns: {fruit-week: {lift_pct: 9000}}",
        "campaigns: {fruit-week: {lift_pct: high}}",
        "campaigns: [",
        "- 1",
        "x: " + "y" * 70_000,
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_the_mend(
    tmp_path: Path, text: str
) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(text)
    with pytest.raises(SettingsInvalid) as refused:
        read_plant(file)
    assert refused.value.hint


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid):
        read_plant(tmp_path / "none.yaml")


def test_what_is_told_leaves_out_what_was_not_planted() -> None:
    planted = PlantedTruth(campaigns={"a": PlantedResponse(lift_pct=3)})
    assert planted.told() == {"a": {"lift_pct": 3}}
