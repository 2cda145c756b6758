from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.campaigns.triggers.cases_runner import try_cases
from edge.campaigns.triggers.library import SHIPPED, TriggerFile, read_library
from edge.domain.errors import SettingsInvalid
from edge.domain.trigger import QUIET, SIGNAL_FACTS, SuppressionReason, Timing, TriggerEvent

ONE: dict[str, Any] = {
    "id": "hello",
    "signal": "arrival",
    "reason": "You have just come in.",
    "message": {"headline": "Hello"},
}


def written(folder: Path, *triggers: dict[str, Any]) -> Path:
    file = folder / "triggers.yaml"
    file.write_text(yaml.safe_dump({"triggers": list(triggers)}))
    return file


def test_every_test_of_the_shipped_library_gives_what_it_expects() -> None:
    outcomes = list(try_cases(read_library(SHIPPED)))
    assert len(outcomes) >= 15
    assert [one for one in outcomes if not one.passed] == []


def test_every_shipped_trigger_has_a_test() -> None:
    assert all(entry.tests for entry in read_library(SHIPPED).triggers)


def test_a_test_that_is_wrong_is_told_apart() -> None:
    case = {"name": "never", "given": {"trips": 1}, "expect": "not-meant"}
    (found,) = try_cases(TriggerFile.model_validate({"triggers": [{**ONE, "tests": [case]}]}))
    assert (found.passed, found.expected, found.got) == (False, "not-meant", "fires")


def test_a_message_has_the_quiet_hours_of_the_house(tmp_path: Path) -> None:
    (entry,) = read_library(written(tmp_path, ONE)).triggers
    assert entry.trigger().quiet == QUIET


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"signal": "sneeze"}, "Input should be 'resupply-due'"),
        ({"when": "mood == 'good'"}, "there is no fact 'mood'"),
        ({"when": "trips >"}, "triggers.0.when"),
        ({"message": None}, "it does nothing"),
        ({"message": {"headline": "Hello {name}"}}, "{name} stands for nothing"),
        ({"reason": ""}, "triggers.0.reason"),
        ({"refresh": "display-zone"}, "there is no such private place"),
        ({"purpose": "train"}, "nobody agrees to messages by agreeing to train"),
        ({"surprise": 1}, "Extra inputs"),
        ({"cooldown_days": 91}, "less than or equal to 90"),
        ({"tests": [{"name": "x", "given": {"mood": "good"}}]}, "there is no fact 'mood'"),
        ({"tests": [{"name": "x", "given": {"trips": "many"}}]}, "trips is no int"),
        ({"tests": [{"name": "x", "expect": "never"}]}, "a test expects"),
        ({"tests": [{"name": "x", "at": "2026-06-03T12:00:00Z"}]}, "without a zone"),
    ],
)
def test_what_no_trigger_can_say_is_refused(
    changed: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read_library(written(tmp_path, {**ONE, **changed}))
    assert problem in str(refused.value)


def test_only_a_message_can_be_due_later(tmp_path: Path) -> None:
    late = {**ONE, "message": None, "refresh": "kiosk-home", "timing": "week-later"}
    with pytest.raises(SettingsInvalid, match="due later"):
        read_library(written(tmp_path, late))


def test_an_id_counts_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"hello .* twice"):
        read_library(written(tmp_path, ONE, ONE))


def test_what_is_no_yaml_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_text("triggers: [")
    with pytest.raises(SettingsInvalid, match=r"triggers\.yaml"):
        read_library(file)


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    file = tmp_path / "triggers.yaml"
    file.write_bytes(b"#" * (512 * 1024 + 1))
    with pytest.raises(SettingsInvalid, match="at most"):
        read_library(file)


DOC = (Path(__file__).parents[4] / "docs" / "triggers.md").read_text(encoding="utf-8")


def test_the_documents_example_passes_its_own_tests() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)
    outcomes = list(try_cases(TriggerFile.model_validate(yaml.safe_load(example))))
    assert [one.passed for one in outcomes] == [True, True]


def test_the_document_names_every_signal_fact_and_reason() -> None:
    while_asking = list(SuppressionReason)[
        : list(SuppressionReason).index(SuppressionReason.OUTRANKED) + 1
    ]
    for name in (*TriggerEvent, *Timing, *SIGNAL_FACTS, *while_asking):
        assert f"`{name}`" in DOC
