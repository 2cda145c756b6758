from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from tests.faults import __main__
from tests.faults.campaign import Fault, chosen, faults, tried
from tests.faults.report import report, table, write
from tests.faults.verdict import NotHere, Step, Verdict

LACK = "no such tool"


def held(name: str = "kill -9", **figures: object) -> Verdict:
    return Verdict(name=name, promise="p", tries=3, figures=figures)


async def _held(_seed: int, tries: int, step: Step) -> Verdict:
    for _ in range(tries):
        step()
    return held()


async def _missing(_seed: int, _tries: int, _step: Step) -> Verdict:
    raise NotHere(LACK)


async def _dead(_seed: int, _tries: int, _step: Step) -> Verdict:
    raise ExceptionGroup("tasks", [TimeoutError("no receipts")])


def fault(trial: object) -> Fault:
    return Fault(name="some fault", trial=trial, tries=2, steps=2)  # type: ignore[arg-type]  # each fits


async def test_a_fault_that_was_tried_goes_by_its_own_name() -> None:
    steps = list[int]()
    found = await tried(fault(_held), 1, lambda: steps.append(1))
    assert found.name == "some fault"
    assert len(steps) == 2


async def test_a_trial_that_cannot_run_has_failed() -> None:
    found = await tried(fault(_missing), 1, lambda: None)
    assert [LACK in words for words in found.violations] == [True]
    assert (found.tries, found.passed) == (0, False)
    assert not report([found], 7)["passed"]


async def test_a_store_that_does_not_come_back_is_a_violation() -> None:
    found = await tried(fault(_dead), 1, lambda: None)
    assert [words.endswith("TimeoutError: no receipts") for words in found.violations] == [True]


def test_a_part_of_a_name_chooses_faults() -> None:
    every = faults(100)
    assert len(list(chosen(every, []))) == len(every)
    assert [one.name for one in chosen(every, ["hub"])] == ["hub away", "line to the hub"]
    assert next(chosen(every, ["kill"])).tries == 100


def test_the_report_adds_up_what_the_real_service_did(tmp_path: Path) -> None:
    control = held("control: x", losses=9, duplicates=0, ready_s_worst=9.0)
    verdicts = [held(losses=0, duplicates=0, ready_s_worst=0.9), control]
    found = report(verdicts, 7)
    assert (found["losses"], found["worst_ready_s"], found["passed"]) == (0, 0.9, True)
    assert found["loss_rate_a_kill_below"] == 1.0
    assert json.loads(write(found, tmp_path / "new").read_text())["seed"] == 7


def test_the_table_says_held_caught_broken_or_not_tried() -> None:
    rows = [
        held(losses=0, ready_s_worst=0.7),
        held("control: x", losses=3),
        Verdict(name="y", promise="", tries=1, violations=("2 lost",)),
        Verdict(name="z", promise="", tries=0, violations=("not tried: no tool",)),
    ]
    with (console := Console(width=160)).capture() as words:
        console.print(table(rows))
    for said in ("held", "0.7 s", "caught", "2 lost", "not tried: no tool"):
        assert said in words.get()


@pytest.mark.parametrize(("violations", "code"), [((), 0), (("1 lost",), 1)])
@pytest.mark.parametrize("as_json", [True, False])
def test_the_exit_code_tells_whether_the_promise_held(
    violations: tuple[str, ...],
    code: int,
    *,
    as_json: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def one(_fault: Fault, _seed: int, step: Step) -> Verdict:
        step()
        return Verdict(name="kill -9", promise="p", tries=1, violations=violations)

    monkeypatch.setattr(__main__, "tried", one)
    words = ["faults", "--only", "kill -9", "--out", str(tmp_path), *(["--json"] * as_json)]
    monkeypatch.setattr("sys.argv", words)
    assert __main__.main() == code
    said = capsys.readouterr().out
    assert (json.loads(said)["passed"] is (code == 0)) if as_json else "report:" in said
