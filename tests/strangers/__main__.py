"""``make strangers``: how good the product is in shops that nobody here has seen: ``python -m tests.strangers``.

Each figure comes of the command that anybody would type; the answer is one JSON document.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from models.serving.registry import SHIPPED_BUNDLE
from tests.strangers.invented_shop import invent, write

ROOT = Path(__file__).parents[2]
PRODUCTS = (100, 1_000, 5_000)
_BASKETS, _SEED = 2_300, 20261130
STORES = (367, 406, 356, 31782)


def main() -> int:
    """Run what was asked for; print it."""
    parser = argparse.ArgumentParser(prog="tests.strangers", description=__doc__)
    parser.add_argument("--only", choices=["invented", "stores", "ta-feng"])
    parser.add_argument("--every", default="7", help="days between two nights of learning")
    asked = parser.parse_args()
    found = {
        name: run(asked.every)
        for name, run in (("invented", _invented), ("stores", _stores), ("ta-feng", _ta_feng))
        if asked.only in {None, name}
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def _invented(every: str) -> dict[str, Any]:
    found = dict[str, Any]()
    for products in PRODUCTS:
        with tempfile.TemporaryDirectory(prefix="storeside-stranger-") as name:
            write(invent(products, _BASKETS, _SEED), Path(name))
            found[str(products)] = _rehearsed(
                "--data", name, "--utc-offset", "0", "--every", every
            )
    return found


def _stores(every: str) -> dict[str, Any]:
    """Stores of the public grocer, each as if it were alone; beside the bundle that was trained on all of them."""
    return {
        str(store): _rehearsed(
            "--data",
            "completejourney",
            "--store",
            str(store),
            "--every",
            every,
            "--bundle",
            str(SHIPPED_BUNDLE),
        )
        for store in STORES
    }


def _ta_feng(every: str) -> dict[str, Any]:
    return _rehearsed("--data", "ta-feng", "--every", every)


def _rehearsed(*words: str) -> dict[str, Any]:
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "edge", "models", "rehearse", *words, "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    sys.stderr.write(f"{' '.join(words)}: {time.monotonic() - began:.0f} s\n")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
