from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import edge.decision.steps
from edge.state import decider
from edge.state.customers import Person
from edge.state.decider import DecisionRequest
from tests.faults.luck import luck
from tests.trust.mutations import Recorder, Untouchable, mutations, record

SCALE = 0.01


def test_without_a_consent_every_decision_is_nobodys_bit_for_bit() -> None:
    ticks = list[int]()
    figures = mutations(SCALE, lambda: ticks.append(1))
    assert [figure.name for figure in figures if not figure.holds] == []
    assert len(ticks) == 100


def test_who_cannot_be_looked_at_fails_whoever_looks() -> None:
    with pytest.raises(AssertionError, match="customer"):
        _ = Untouchable().customer


def test_a_decider_that_forgets_to_ask_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unasked(question: DecisionRequest) -> Person | None:
        return question.person

    recorder = Recorder(luck(1))
    case = recorder.record()
    monkeypatch.setattr(decider, "_permitted", unasked)
    purpose = case.question.placement.purpose
    assert record(recorder.without(case, purpose)) != record(recorder.nobodys(case))
    with pytest.raises(AssertionError, match="not agree"):
        recorder.unlooked(case)


def test_a_person_is_read_behind_one_door_alone() -> None:
    """In the decider nothing but `_permitted` takes the person off a question."""
    tree = ast.parse(inspect.getsource(decider))
    doors = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and node.attr == "person"
        and isinstance(node.value, ast.Name)
        and node.value.id == "question"
    }
    assert doors == {"_permitted"}


def test_no_step_knows_a_person_but_identity_and_feedback() -> None:
    """Steps get what `Inputs` and `Evidence` hold, and nobody's ledger."""
    folder = Path(edge.decision.steps.__file__).parent
    knowing = {
        file.stem
        for file in folder.glob("*.py")
        if {"edge.domain.customer", "edge.state.customers"} & _imports(file)
    }
    assert knowing <= {"identity"}


def _imports(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
