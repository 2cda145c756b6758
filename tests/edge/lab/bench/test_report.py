from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from edge.lab.bench.report import show, write

KIND = {"p50_ms": 0.5, "p99_ms": 2.0, "p50_to_echo": 1.5}
FOUND: dict[str, object] = {
    "rates": {
        rate: dict.fromkeys(("hop", "echo", "ask", "show"), KIND) for rate in ("10", "100")
    },
    "goals": [
        {"what": "a", "limit": 2, "seen": 1.5, "unit": "×", "at_least": False, "met": True},
        {"what": "b", "limit": 9, "seen": 1.0, "unit": "/s", "at_least": True, "met": False},
        {"what": "c", "limit": 3, "seen": None, "unit": "×", "at_least": False, "met": None},
    ],
}


def test_the_document_and_the_chart_are_left_in_the_folder(tmp_path: Path) -> None:
    write(FOUND, tmp_path / "new")
    assert json.loads((tmp_path / "new" / "bench.json").read_text()) == FOUND
    assert (tmp_path / "new" / "bench.svg").read_text().lstrip().startswith("<?xml")


def test_the_tables_for_the_documents_say_the_same(tmp_path: Path) -> None:
    write(FOUND, tmp_path)
    words = (tmp_path / "bench.md").read_text()
    assert "| 100 | 0.5 / 2 (1.5 ×) |" in words
    assert "| b | ≥ 9 /s | 1 /s | **missed** |" in words


def test_equal_figures_give_equal_charts(tmp_path: Path) -> None:
    write(FOUND, tmp_path / "a")
    write(FOUND, tmp_path / "b")
    charts = [(tmp_path / name / "bench.svg").read_bytes() for name in "ab"]
    assert charts[0] == charts[1]


def test_goals_are_told_as_met_missed_or_not_measured() -> None:
    paper = io.StringIO()
    show(FOUND, Console(file=paper, width=200))
    words = paper.getvalue()
    assert "0.5 / 2 (1.5 ×)" in words
    rows = {line.split("│")[1].strip(): line for line in words.splitlines() if "│" in line}
    assert "met" in rows["a"]
    assert "missed" in rows["b"]
    assert "≥ 9 /s" in rows["b"]
    assert "not measured" in rows["c"]
