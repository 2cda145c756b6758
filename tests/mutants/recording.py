"""A pytest plugin that notes how each test ended and how long it took; it refuses to test another tree than its own."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import edge

NOTES = "MUTANTS_NOTES"
"""The environment's name of the file to write."""

_seen = dict[str, tuple[bool, float]]()


def pytest_configure(config: pytest.Config) -> None:
    if not Path(edge.__file__).is_relative_to(config.rootpath):
        raise pytest.UsageError(f"{edge.__file__} would be tested, not {config.rootpath}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    passed, took_s = _seen.get(report.nodeid, (True, 0.0))
    _seen[report.nodeid] = passed and report.passed, took_s + report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    if NOTES in os.environ and not hasattr(session.config, "workerinput"):
        Path(os.environ[NOTES]).write_text(json.dumps(_seen), encoding="utf-8")
