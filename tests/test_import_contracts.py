"""Each import contract of the project, broken once on purpose in a copy: the check must see it, and nothing else."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import patient

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "cloud_sync", "models", "devices")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAMES: dict[str, str] = {
    contract["id"]: contract["name"]
    for contract in SETTINGS["tool"]["importlinter"]["contracts"]
}
"""The name of each contract, by its id."""

FORBIDDEN: dict[str, tuple[tuple[str, str], ...]] = {
    "limbs": (
        ("models/planted.py", "import devices.topics"),
        ("devices/planted.py", "import cloud_sync.outbox"),
        ("cloud_sync/planted.py", "import edge.domain.clock"),
    ),
    "rings": (
        ("edge/domain/errors.py", "import edge.app.log_setup"),
        ("edge/domain/clock.py", "import edge.app.market_policies"),
        ("edge/decision/flow.py", "import edge.storage.visits.processed_events"),
        ("edge/state/counters.py", "import edge.pipeline.supervisor"),
        ("edge/storage/planted.py", "def later() -> None:\n    import edge.app.log_setup"),
    ),
    "way": (
        ("edge/decision/steps/context.py", "from edge.decision.steps import score"),
        ("edge/decision/steps/signal.py", "import edge.decision.steps.touchpoint"),
    ),
    "pure": (
        ("edge/domain/planted.py", "import random"),
        ("edge/decision/steps/product_rules.py", "from time import time"),
        ("edge/domain/consent.py", "import sqlite3"),
    ),
    "one-door": (
        ("edge/state/device_registry.py", "import paho.mqtt.client"),
        ("models/training/train.py", "import onnxruntime"),
        ("devices/bus.py", "import cv2"),
    ),
    "expressions": (("edge/decision/steps/offer_rules.py", "import cel"),),
    "web-doors": (
        ("edge/pipeline/runtime.py", "import aiohttp"),
        ("devices/client.py", "from aiohttp import ClientSession"),
    ),
    "no-cycles": (
        ("models/errors.py", "import models.serving.registry"),
        ("cloud_sync/envelope.py", "import cloud_sync.outbox"),
        ("devices/topics.py", "import devices.messages"),
    ),
    "settings": (
        ("edge/pipeline/intake.py", "import edge.app.settings"),
        ("edge/api/ops/health.py", "from edge.app.settings import load_settings"),
    ),
}
"""What to plant where, by the contract that it breaks."""

ALSO: dict[str, frozenset[str]] = {
    "rings": frozenset({"no-cycles"}),
    "way": frozenset({"no-cycles"}),
    "settings": frozenset({"rings", "no-cycles"}),
}
"""What an import that points up breaks besides: whoever stands below is imported from above already."""

PLANTS = [
    pytest.param(contract, path, line, id=f"{contract}-{number}")
    for contract, plants in FORBIDDEN.items()
    for number, (path, line) in enumerate(plants, start=1)
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources and their contracts, to be spoiled at will and put right again."""
    folder = tmp_path_factory.mktemp("sources")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            folder / package,
            ignore=shutil.ignore_patterns("__pycache__", "web", "artifacts"),
        )
    return folder


@contextmanager
def planted(copy: Path, path: str, line: str) -> Iterator[None]:
    """``line`` stands at the end of the file ``path`` meanwhile, which may be new."""
    file = copy / path
    before = file.read_text(encoding="utf-8") if file.exists() else None
    file.write_text(f"{before or ''}\n{line}\n", encoding="utf-8")
    yield
    if before is None:
        file.unlink()
    else:
        file.write_text(before, encoding="utf-8")


def check(folder: Path) -> tuple[int, set[str], set[str]]:
    """Run the check in ``folder``: its exit status, and the names of the contracts kept and broken."""
    done = subprocess.run(  # noqa: S603 - our own command
        [Path(sys.executable).with_name("lint-imports"), "--no-logo"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=patient(50),
    )  # fmt: skip
    told = dict(re.findall(r"^(.+?) (KEPT|BROKEN)(?: \(.*\))?$", done.stdout, re.MULTILINE))
    assert told, done.stdout + done.stderr
    broken = {name for name, verdict in told.items() if verdict == "BROKEN"}
    return done.returncode, set(told) - broken, broken


def test_every_contract_is_broken_here_at_least_once() -> None:
    assert set(FORBIDDEN) == set(NAMES)


def test_the_sources_as_they_are_keep_every_contract(copy: Path) -> None:
    assert check(copy) == (0, set(NAMES.values()), set())


@pytest.mark.parametrize(("contract", "path", "line"), PLANTS)
def test_a_forbidden_import_breaks_its_own_contract_and_no_unrelated_one(
    copy: Path, contract: str, path: str, line: str
) -> None:
    with planted(copy, path, line):
        status, kept, broken = check(copy)
    assert NAMES[contract] in broken
    assert broken - {NAMES[contract]} <= {NAMES[other] for other in ALSO.get(contract, ())}
    assert kept == set(NAMES.values()) - broken
    assert status != 0


def test_a_part_that_no_ring_knows_is_noticed(copy: Path) -> None:
    with planted(copy, "edge/planted.py", '"""Nowhere."""'):
        status, _, broken = check(copy)
    assert broken == {NAMES["rings"]}
    assert status != 0


LOADERS = ("import_module", "__import__")
DOORS = {
    "paho": "devices/bus.py",
    "onnxruntime": "models/bundle/scorer.py",
    "cv2": "devices/codes.py",
    "zxingcpp": "devices/codes.py",
}
"""The one file that may load a library, also by its name, which the contracts cannot see."""


def imports_by_name() -> list[tuple[str, str]]:
    """Every ``import_module(…)`` and ``__import__(…)``: its file and the library; empty if it is not literal."""
    found = list[tuple[str, str]]()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_bytes())):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(LOADERS):
                    name = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
                    found.append((file.relative_to(ROOT).as_posix(), str(name).split(".")[0]))
    return found


def test_no_import_by_name_goes_around_a_door() -> None:
    assert [
        (file, name)
        for file, name in imports_by_name()
        if name in DOORS and DOORS[name] != file
    ] == []
    assert (
        {file for file, name in imports_by_name() if not name}
        <= {
            "edge/cli/program.py",
            "edge/campaigns/triggers/signals/registry.py",  # a signal is found by the name of its file
            "models/causal/estimate.py",  # statistics are loaded when asked for, by whichever name
        }
    )
    assert not [
        file
        for file, _ in imports_by_name()
        if file.startswith(("edge/domain", "edge/decision/steps"))
    ]
