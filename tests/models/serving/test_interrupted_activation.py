"""An activation that is cut off anywhere leaves the old bundle or the new one in use, never a mixture.

``python -m tests.models.serving.test_interrupted_activation FIRST SECOND WORK`` cuts itself off by kill -9.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.serving import registry
from models.serving.registry import BundleRegistry
from models.serving.verify import read_sealed
from tests.models.bad_bundles import resealed
from tests.models.keys import TRUST, trusting

STEPS = frozenset({"makedirs", "mkdir", "open", "write", "fsync", "rename", "replace"})


class Cut(Exception):
    """The power is gone."""


class CutOff:
    """Stands for ``os``: at step ``at`` it does ``then`` instead; ``steps`` counts them all."""

    def __init__(self, at: int, then: Callable[[], None]) -> None:
        self.at, self.then, self.steps = at, then, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in STEPS:
            return found

        def step(*given: Any, **named: Any) -> Any:
            if self.steps == self.at:
                self.then()
            self.steps += 1
            return found(*given, **named)

        return step


def cut() -> None:
    raise Cut


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fresh(first: Path, at: Path) -> BundleRegistry:
    bundles = BundleRegistry(at / "shelf", trusting(at))
    bundles.activate(first)
    return bundles


def state(bundles: BundleRegistry) -> str:
    """The digest in use, once its every byte has been proven."""
    active = bundles.active()
    assert active is not None
    assert read_sealed(active, TRUST).digest == active.name
    return active.name


@pytest.fixture(scope="module")
def pair(bundle_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two releases of one bundle."""
    made = tmp_path_factory.mktemp("pair")
    for number in (1, 2):
        resealed(Path(shutil.copytree(bundle_dir, made / str(number))), rollback=number)
    return made / "1", made / "2"


def test_a_failing_step_leaves_the_old_or_the_new(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    both = {read_sealed(one, TRUST).digest for one in pair}
    seen, at = set[str](), 0
    while True:
        bundles = fresh(first, tmp_path / str(at))
        steps = CutOff(at, cut)
        with monkeypatch.context() as patched:
            patched.setattr(registry, "os", steps)
            try:
                bundles.activate(second)
            except Cut:
                pass
            else:
                break
        seen.add(state(bundles))
        assert bundles.activate(second) == bundles.active()
        assert bundles.open_active().manifest.rollback == 2
        assert {path.name for path in bundles.root.iterdir()} == both | {"active.json"}
        at += 1
    assert at > 25
    assert seen == both


def test_a_kill_at_any_step_leaves_the_old_or_the_new(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "tests.models.serving.test_interrupted_activation"]
    words += [str(one) for one in (*pair, tmp_path)]
    ran = subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - our own
    found = json.loads(ran.stdout)
    assert found["kills"] > 25
    assert found["mixed"] == 0
    assert min(found["old"], found["new"]) > 0


def main(first: Path, second: Path, work: Path) -> None:
    """Activate again and again in a process that kills itself one step later each time."""
    found = {"kills": 0, "old": 0, "new": 0, "mixed": 0}
    old = read_sealed(first, TRUST).digest
    while True:
        at = work / f"kill-{found['kills']}"
        pid = os.fork()
        if pid == 0:
            bundles = fresh(first, at)
            vars(registry)["os"] = CutOff(found["kills"], killed)
            bundles.activate(second)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            break
        found["kills"] += 1
        try:
            found[
                "old"
                if state(BundleRegistry(at / "shelf", at / "model-keys")) == old
                else "new"
            ] += 1
        except Exception:  # noqa: BLE001 - whatever it is, it is what must not be
            found["mixed"] += 1
        shutil.rmtree(at)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:]))
