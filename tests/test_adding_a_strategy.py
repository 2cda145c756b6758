"""A strategy is one file and one entry of the registry: a copy of the models gets one, and nothing else changes."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

FILE = """
from dataclasses import dataclass

from models.features.request import ModelRequest
from models.items import Keys
from models.strategies.context import StrategyContext
from models.strategies.protocol import ReasonWords, StrategyEntry, untaken


@dataclass(frozen=True, slots=True, kw_only=True)
class Alphabetical:
    context: StrategyContext

    def rank(self, view: ModelRequest, n: int) -> Keys:
        return untaken(view, self.context.tables.items.keys, n)


ALPHABETICAL = StrategyEntry(
    name="alphabetical",
    says="From A to Z",
    reason="letter",
    words=ReasonWords(to_the_person="Next in line", to_an_associate="Next in line"),
    make=lambda context: Alphabetical(context=context),
)
"""

ASKED = """
import json, pathlib, sys
from dataclasses import replace
from edge.app.settings import load_settings
from edge.campaigns.checks.check import check
from edge.campaigns.checks.findings import Fault
from edge.decision.steps.arbitrate import Chosen
from edge.decision.steps.content import fill
from edge.decision.steps.context import describe
from edge.decision.steps.experiment import Arms
from edge.domain.decision import Choice
from edge.domain.experiment import Arm
from edge.domain.ids import Sku
from models.statistics.tables import Tables
from models.strategies.registry import named
from tests.edge.app.settings_text import as_markdown
from tests.edge.builders import catalogue, evidence, personal, profile
from tests.edge.campaigns.checks.portfolios import AT, clean

def reason(place):
    choice = Choice(sku=Sku("1"), points=1, worth=1, sources=("own", "strategy"))
    context = describe(personal(place), evidence(profile(1)), catalogue())
    chosen = Chosen(choices=(choice,), losers=(), strategy="alphabetical")
    arms = Arms(everywhere=Arm.TREATED, campaigns={})
    return fill(context, chosen, arms, model="m", inputs="i").slots[0].reason

def is_known(name):
    portfolio = clean()
    tuning = replace(portfolio.tuning, strategies={"kiosk-home": name})
    found = check(replace(portfolio, tuning=tuning), AT)
    return Fault.UNKNOWN_STRATEGY not in {finding.code for finding in found}

settings = load_settings(pathlib.Path(sys.argv[1]))
print(json.dumps({
    "settings": settings.strategies.by_placement(),
    "checks": [is_known("alphabetical"), is_known("alphabetic")],
    "bundle": "alphabetical" in named(Tables.__new__(Tables)),
    "reasons": [reason(place) for place in ("kiosk-home", "tablet-card", "display-zone")],
    "document": "new-for-you or alphabetical" in as_markdown(),
}))
"""
SETTINGS = """
data_dir = "/var/lib/storeside"
[store]
id = "store-1"
market = "US"
time_zone = "America/New_York"
[strategies]
kiosk_home = "alphabetical"
"""


@pytest.fixture(scope="module")
def one_more(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a product says whose models have one strategy more: its own file, and an entry in the registry."""
    folder = tmp_path_factory.mktemp("product")
    left_out = shutil.ignore_patterns("__pycache__", "artifacts")
    shutil.copytree(ROOT / "models", folder / "models", ignore=left_out)
    strategies = folder / "models" / "strategies"
    (strategies / "alphabetical.py").write_text(FILE)
    listed = (strategies / "registry.py").read_text()
    listed, entries = re.subn(r"( +)NEW_FOR_YOU,\n", r"\g<0>\1ALPHABETICAL,\n", listed)
    brought = "from models.strategies.alphabetical import ALPHABETICAL\n"
    listed, imports = re.subn(r"(?m)^from models", rf"{brought}\g<0>", listed, count=1)
    assert (entries, imports) == (1, 1)
    (strategies / "registry.py").write_text(listed)
    (folder / "storeside.toml").write_text(SETTINGS)
    # In a process of its own, for this one has read its own models.
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ASKED, str(folder / "storeside.toml")],
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_settings_and_their_document_take_a_new_strategy(one_more: dict[str, Any]) -> None:
    assert one_more["settings"] == {"kiosk-home": "alphabetical"}
    assert one_more["document"]


def test_the_checks_know_it_and_still_nothing_else(one_more: dict[str, Any]) -> None:
    assert one_more["checks"] == [True, False]


def test_a_bundle_ranks_by_it(one_more: dict[str, Any]) -> None:
    assert one_more["bundle"]


def test_screens_give_its_own_reason_and_a_public_one_the_trend(
    one_more: dict[str, Any],
) -> None:
    *own, public = one_more["reasons"]
    assert own == ["Next in line", "Next in line"]
    assert public.startswith("Popular here")
