"""A copy of the tree, and one mutant tried in it: planted, tested, taken out again. The checkout is never changed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from tests.mutants.mutations import Mutation
from tests.mutants.recording import NOTES

# Hypothesis' own profile for such runs: the same examples each time, and no deadline that a busy machine breaks.
_PYTEST = (
    *(sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"),
    *("--hypothesis-profile", "ci", "-p", "tests.mutants.recording"),
)
_NO_TEST_RAN = 5
_START_S, _SLOWER = 45.0, 6.0


class Ending(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMEOUT = "timeout"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``tests``: how many were asked. ``by``: the line in which pytest says what failed."""

    id: str
    ending: Ending
    tests: int
    by: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def copy_tree(root: Path, to: Path) -> None:
    """What git knows of the working tree, changed or new files as they are."""
    asked = [
        "git",
        "-C",
        str(root),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    names = subprocess.run(asked, check=True, capture_output=True, text=True).stdout  # noqa: S603 - a fixed command
    for name in filter(None, names.split("\0")):
        if (root / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, to / name)


def run_once(
    tree: Path, folders: Sequence[str], workers: int, database: Path, notes: Path
) -> int:
    """Every test of the folders, unharmed code, with each line's tests noted; pytest's exit code."""
    command = [
        *_PYTEST,
        *folders,
        *("-m", "not slow and not browser", "-n", str(workers), "--dist", "loadfile"),
        *("--cov=edge", "--cov-context=test", "--cov-report="),
    ]
    env = _environment(tree, {"COVERAGE_FILE": str(database), NOTES: str(notes)})
    # Standard output is for the report alone.
    ran = subprocess.run(command, cwd=tree, env=env, stdout=sys.stderr, check=False)  # noqa: S603 - a fixed command
    return ran.returncode


def tried(tree: Path, mutation: Mutation, tests: Sequence[str], expected_s: float) -> Outcome:
    """Plant it, ask the tests until one fails, take it out."""
    if not tests:
        return Outcome(id=mutation.id, ending=Ending.UNREACHED, tests=0)
    file = tree / mutation.file
    sound = file.read_text(encoding="utf-8")
    asked = tree / ".asked"
    asked.write_text("\n".join(tests), encoding="utf-8")
    try:
        _write(file, mutation.applied(sound))
        code, said = _ran(tree, asked, _START_S + _SLOWER * expected_s)
    finally:
        _write(file, sound)
    return Outcome(
        id=mutation.id, ending=_ending(code), tests=len(tests), by=_failed(said)[:200]
    )


def _write(file: Path, text: str) -> None:
    """Compiled code is known by its second and size, which a mutant may share with what was there: it goes."""
    file.write_text(text, encoding="utf-8")
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        compiled.unlink()


def _ran(tree: Path, asked: Path, limit_s: float) -> tuple[int | None, str]:
    """Pytest's code and words; None if it did not come to an end."""
    process = subprocess.Popen(  # noqa: S603 - a fixed command
        [*_PYTEST, "-x", f"@{asked}"],
        cwd=tree,
        env=_environment(tree, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, said


def _ending(code: int | None) -> Ending:
    """A mutant that cannot even be imported is killed too: whoever starts the service sees it."""
    if code is None:
        return Ending.TIMEOUT
    return Ending.SURVIVED if code in {0, _NO_TEST_RAN} else Ending.KILLED


def _failed(said: str) -> str:
    lines = said.splitlines()
    return next((one for one in lines if one.startswith(("FAILED", "ERROR"))), "")


def _environment(tree: Path, more: Mapping[str, str]) -> dict[str, str]:
    """Child processes import the copy too."""
    return {**os.environ, "PYTHONPATH": str(tree), **more}
