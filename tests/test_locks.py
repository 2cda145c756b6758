"""What set-up installs fits what ``pyproject.toml`` allows, is known by its hashes, and names no place it is from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
SETS = ("build", "store", "run", "dev")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
ASKED = {
    "build": PYPROJECT["build-system"]["requires"],
    "store": PYPROJECT["project"]["dependencies"],
    "run": [*PYPROJECT["project"]["dependencies"], *EXTRAS["demo"], *EXTRAS["measure"]],
    "dev": [
        *PYPROJECT["project"]["dependencies"],
        *(one for e in EXTRAS.values() for one in e),
    ],
}
ENTRY = re.compile(
    r"^(?P<what>[\w.-]+(\[[\w,-]+\])?==\S+)( ; [^\n]+?)?(?P<hashes>( \\\n    --hash=sha256:[0-9a-f]{64})+)\n",
    re.MULTILINE,
)


def lock(set_: str) -> str:
    return (ROOT / "deploy" / f"requirements-{set_}.txt").read_text(encoding="utf-8")


def versions(set_: str) -> dict[str, str]:
    found = [Requirement(entry["what"]) for entry in ENTRY.finditer(lock(set_))]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix("==") for one in found}


def unmet(asked: Iterable[str], locked: dict[str, str]) -> list[str]:
    wanted = map(Requirement, asked)
    return [
        str(one)
        for one in wanted
        if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))
    ]


@pytest.mark.parametrize("set_", SETS)
def test_a_lock_holds_every_dependency_in_its_range(set_: str) -> None:
    assert unmet(ASKED[set_], versions(set_)) == [], "make lock"


@pytest.mark.parametrize("set_", SETS)
def test_every_line_of_a_lock_is_one_version_with_its_hashes(set_: str) -> None:
    assert not ENTRY.sub("", lock(set_))


@pytest.mark.parametrize("set_", SETS)
def test_a_lock_says_nothing_of_where_packages_come_from(set_: str) -> None:
    assert not re.findall(
        r"://|index-url|find-links|^\s*-(?!-hash)|^#", lock(set_), re.MULTILINE
    )


def test_a_package_has_one_version_in_all_sets() -> None:
    store, run, dev = (versions(set_).items() for set_ in ("store", "run", "dev"))
    assert store <= run <= dev


def test_a_dependency_has_a_range_and_not_one_version() -> None:
    pinned = [
        one for asked in ASKED.values() for one in asked if "==" in one or ">=" not in one
    ]
    assert pinned == []


def test_a_lock_that_does_not_fit_is_seen() -> None:
    assert unmet(
        ["aiohttp>=3,<4", "numpy>=2", "rich>=1"], {"aiohttp": "4.0", "numpy": "2.1"}
    ) == [
        "aiohttp<4,>=3",
        "rich>=1",
    ]


@pytest.mark.parametrize("script", ["setup.sh", "install.sh"])
def test_nothing_is_installed_without_a_hash_but_our_own_folder(script: str) -> None:
    text = (ROOT / "deploy" / script).read_text(encoding="utf-8")
    installs = [
        line.strip() for line in text.splitlines() if re.match(r"\s*(\w+=\w+ )?pip --", line)
    ]
    assert len(installs) == 3
    assert all("--require-hashes" in line for line in installs[:2])
    assert "--no-build-isolation" in installs[1]
    assert {"--no-deps", "--no-build-isolation"} <= set(installs[2].split())
