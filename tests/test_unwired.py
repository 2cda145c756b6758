"""``make check`` asks vulture what nothing calls; here its list of false alarms is held to the code."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from vulture import Vulture

ROOT = Path(__file__).parent.parent


def told() -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, Any] = settings["tool"]["vulture"]
    return found


@cache
def unused() -> frozenset[str]:
    """Every name that vulture takes for unused where nothing is allowed."""
    watched = Vulture(ignore_decorators=told()["ignore_decorators"])
    watched.scavenge([str(ROOT / path) for path in told()["paths"]])
    return frozenset(item.name for item in watched.get_unused_code(min_confidence=60))


def test_nothing_stands_in_the_code_that_nothing_calls() -> None:
    allowed = told()["ignore_names"]
    assert not [n for n in unused() if not any(fnmatchcase(n, one) for one in allowed)]


def test_no_false_alarm_is_allowed_that_is_none() -> None:
    assert not [
        n for n in told()["ignore_names"] if not any(fnmatchcase(x, n) for x in unused())
    ]


def test_what_only_tests_call_is_seen() -> None:
    assert "tests" not in told()["paths"]
    watched = Vulture()
    watched.scan("def only_tests_call():\n    return 1\n")
    assert [item.name for item in watched.get_unused_code()] == ["only_tests_call"]
