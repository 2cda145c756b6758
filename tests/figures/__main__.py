"""``make figures``: measure what the README's table names, write it down, and compare it with the last release's."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.figures.measure import measured
from tests.figures.release import FILE as RELEASED
from tests.figures.release import complaints
from tests.figures.rows import ROWS, STEPS, Document
from tests.figures.table import (
    FILE,
    README,
    Occasion,
    WrittenRow,
    readme_with,
    renewed,
    rows_of,
    text_of,
)

ROOT = Path(__file__).parent.parent.parent
_OWN = {str(FILE), str(README), str(RELEASED)}


def main() -> int:
    """Measure, write, compare; 1 if a command gave nothing, or a figure is worse than the last release's."""
    asked, began = _asked(), time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:5.0f} s] {text}\n")

    rows = [row for row in ROWS if not asked.only or row.id in asked.only]
    needed = set[str]() if asked.write else {name for row in rows for name in row.steps}
    steps = [step for step in STEPS if step.name in needed]
    now, documents = _now(asked), dict[str, Document]()
    _write({row.id for row in rows}, documents, now)
    with tempfile.TemporaryDirectory(prefix="storeside-figures-") as name:
        for step, found in measured(steps, ROOT, Path(name), say, short=asked.short):
            documents[step] = found
            # At once: an hour's work is not lost with its last minute.
            _write({row.id for row in rows}, documents, now)
    for one in _written(FILE).values():
        say(f"{one.label}: {one.shown}")
    if asked.release:
        (ROOT / RELEASED).write_text(
            (ROOT / FILE).read_text(encoding="utf-8"), encoding="utf-8"
        )
    worse = list(complaints(_written(RELEASED), _written(FILE)))
    for sentence in worse:
        say(sentence)
    return 0 if documents.keys() == needed and not worse else 1


def _written(name: Path) -> dict[str, WrittenRow]:
    file = ROOT / name
    return rows_of(file.read_text(encoding="utf-8")) if file.exists() else {}


def _write(ids: Collection[str], documents: Mapping[str, Document], now: Occasion) -> None:
    """The file and the table, with these rows anew as far as their commands have ended."""
    old, readme = _written(FILE), ROOT / README
    rows = [
        renewed(row, documents if row.id in ids else {}, now, old.get(row.id)) for row in ROWS
    ]
    (ROOT / FILE).write_text(text_of(rows), encoding="utf-8")
    readme.write_text(readme_with(readme.read_text(encoding="utf-8"), rows), encoding="utf-8")


def _now(asked: argparse.Namespace) -> Occasion:
    """This commit on this machine; ``+`` says that the tree held more than the commit."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = {line[3:] for line in _git("status", "--porcelain").splitlines()} - _OWN
    cores = f"{os.cpu_count()} shared cores (load {os.getloadavg()[0]:.0f} before)"
    return Occasion(
        commit=commit + ("+" if changed else ""),
        date=datetime.now(UTC).date().isoformat(),
        machine=f"{cores}, {platform.system()}, Python {platform.python_version()}",
        form="short" if asked.short else "long",
    )


def _git(*words: str) -> str:
    asked = ["git", "-C", str(ROOT), *words]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.rstrip()  # noqa: S603 - two fixed commands


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.figures", description="The README's figures.")
    parser.add_argument("--short", action="store_true", help="some minutes instead of an hour")
    parser.add_argument("--only", action="append", default=[], choices=[row.id for row in ROWS])
    parser.add_argument(
        "--write", action="store_true", help="measure nothing, write the table from the file"
    )
    parser.add_argument(
        "--release",
        action="store_true",
        help="with or without --write: from now on these are the last release's figures",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
