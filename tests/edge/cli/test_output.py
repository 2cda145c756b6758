from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import pytest

from edge.cli import output
from edge.cli.output import Progress, print_document


def test_a_document_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_document({"at": datetime(2026, 1, 1, tzinfo=UTC), "name": "Zoë"})
    out = capsys.readouterr().out
    assert out.endswith("\n")
    assert json.loads(out)["name"] == "Zoë"
    assert "Zoë" in out


def test_progress_in_a_log_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "_QUIET_S", 0.0)
    with Progress("reading") as progress:
        progress.at(0.1)
        progress.at(0.101)
        progress.at(0.5, "learning")
    assert capsys.readouterr().err.splitlines() == [
        "██                    10 % reading",
        "██████████            50 % learning",
    ]


def test_quick_work_says_nothing_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("reading") as progress:
        progress.at(1.0)
    assert capsys.readouterr().err == ""


def test_progress_on_a_terminal_is_written_over(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("reading") as progress:
        progress.at(0.2)
        progress.at(0.3)
    said = capsys.readouterr().err
    assert said.count("\r") == 2
    assert said.endswith("30 % reading\n")
