"""Ten thousand decisions made again, elsewhere: ``python -m tests.replays [--decisions N] [--json]``.

A shop lives through a day with a trained model, the service's own parts and a real file. The folder is copied, and
everything decided is made again from the copy in another process, with another hash seed, time zone, locale and
number of threads. Then one weight is changed, and the listed flips are held against those computed one by one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from edge.campaigns.whatif.changes import WhatIfChange
from edge.campaigns.whatif.diff import diff
from edge.state.replay import replay
from models.serving.registry import BundleRegistry
from models.training.train import train
from tests.edge.campaigns.whatif.busy import flips_by_hand, live_through
from tests.models.keys import signed, trusting
from tests.models.town import SMALL, UNTIL, build_town

ELSEWHERE: Mapping[str, str] = {
    "PYTHONHASHSEED": "4711",
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "OMP_NUM_THREADS": "3",
    "OPENBLAS_NUM_THREADS": "3",
}
"""What another machine may have otherwise."""

WEIGHT = WhatIfChange(tuning={"offer_boost_pct": 60})
DECISIONS_A_PERSON = 4
_DATABASE = "storeside.db"


def shelf_in(folder: Path) -> BundleRegistry:
    """The models of a store's folder."""
    return BundleRegistry(folder / "models", folder / "model-keys")


def again_elsewhere(folder: Path) -> dict[str, object]:
    """The report of a replay of ``folder`` in another process that is set up otherwise."""
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tests.replays", "--again", str(folder)],
        env={**os.environ, **ELSEWHERE},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> int:
    """Do it all; 1 if a promise was broken."""
    asked = _asked()
    if asked.again is not None:
        report = replay(asked.again / _DATABASE, shelf_in(asked.again))
        sys.stdout.write(json.dumps(report.as_json()) + "\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        told = _told(Path(folder), asked.decisions)
    for name, value in told.items():
        sys.stderr.write(f"{name:32} {value}\n")
    if asked.json:
        sys.stdout.write(json.dumps(told) + "\n")
    return 0 if told["identical"] == told["replayed"] and told["flips_as_by_hand"] else 1


def _told(folder: Path, decisions: int) -> dict[str, object]:
    home = folder / "home"
    home.mkdir()
    _train(folder, home)
    people = -(-decisions // DECISIONS_A_PERSON)
    begun = time.monotonic()
    asyncio.run(live_through(home / _DATABASE, people, shelf_in(home).open_active()))
    lived_s = time.monotonic() - begun
    copy = Path(shutil.copytree(home, folder / "copy"))
    begun = time.monotonic()
    report = again_elsewhere(copy)
    replayed_s = time.monotonic() - begun
    found = diff(copy / _DATABASE, shelf_in(copy), WEIGHT)
    by_hand = flips_by_hand(copy / _DATABASE, shelf_in(copy), WEIGHT)
    return {
        "replayed": report["replayed"],
        "identical": report["identical"],
        "changed": WEIGHT.as_json(),
        "flips": len(found.flips),
        "flips_by_hand": len(by_hand),
        "flips_as_by_hand": {flip.id for flip in found.flips} == by_hand,
        "rules": dict(found.rules),
        "lived_s": round(lived_s, 1),
        "replayed_s": round(replayed_s, 1),
    }


def _train(folder: Path, home: Path) -> None:
    """A small model of a made-up town, in use in ``home``."""
    train(build_town(folder / "town"), folder / "bundle", UNTIL, 3, lambda _s, _d: None, SMALL)
    trusting(home)
    shelf_in(home).activate(signed(folder / "bundle"))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.replays", description=__doc__)
    parser.add_argument("--decisions", type=int, default=10_000)
    parser.add_argument("--again", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
