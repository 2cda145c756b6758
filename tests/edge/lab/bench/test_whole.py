from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from edge.lab.bench import suite
from edge.lab.bench.options import BenchOptions
from edge.lab.bench.suite import run
from edge.lab.console_output import BenchOutput


@pytest.mark.slow
def test_a_short_benchmark_measures_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "RATES", (40.0,))
    monkeypatch.setattr(suite, "_RAMP", (50.0,))
    found: Any = run(BenchOptions(quick=True, out=tmp_path))
    kinds = found["rates"]["40"]
    assert {kind: kinds[kind]["answered"] for kind in kinds} == dict.fromkeys(suite.KINDS, 1.0)
    assert kinds["ask"]["personal"] == 1.0
    assert found["core_ms"]["candidates"] == 500
    assert found["lanes"]["questions"] == 40
    assert found["starts"]["ready_kill_best_s"] > 0
    assert (tmp_path / "bench.svg").is_file()


def test_steps_leave_a_line_where_nobody_watches() -> None:
    paper = io.StringIO()
    with BenchOutput(Console(file=paper)) as output:
        output.step("measuring")
    assert "· measuring" in paper.getvalue()


def test_a_quick_benchmark_is_shorter_in_every_way() -> None:
    quick, full = BenchOptions(quick=True), BenchOptions()
    assert quick.turns < full.turns
    assert quick.seconds < full.seconds
    assert quick.starts < full.starts
