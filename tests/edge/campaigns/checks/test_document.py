"""The page for those who publish: every fault is on it, with the grade that the tower gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.campaigns.checks.check import check
from edge.campaigns.checks.findings import Fault
from tests.edge.campaigns.checks.plots import PLOTS
from tests.edge.campaigns.checks.portfolios import AT, clean

PAGE = Path(__file__).parents[4] / "docs" / "tower.md"
ROW = re.compile(r"^\| ((?:`[a-z-]+` ?)+) \| (error|warning|either) \|", re.MULTILINE)


def grades() -> dict[str, str]:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {code: grade for codes, grade in rows for code in re.findall(r"`([^`]+)`", codes)}


def test_the_page_tells_every_fault_and_no_other() -> None:
    assert grades().keys() == {fault.value for fault in Fault}


@pytest.fixture(scope="module")
def seen() -> dict[str, set[str]]:
    found = dict[str, set[str]]()
    for fault, plant in PLOTS:
        for one in check(plant(clean())[0], AT):
            found.setdefault(fault.value, set()).add(one.grade)
    return found


def test_the_page_tells_the_grade_of_every_fault(seen: dict[str, set[str]]) -> None:
    told = {code: "either" if len(found) > 1 else found.pop() for code, found in seen.items()}
    assert told == grades()
