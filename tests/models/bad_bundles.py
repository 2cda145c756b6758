"""The corpus of bad bundles: a good one, made wrong in one way each, and the reason it must be refused with.

``python -m tests.models.bad_bundles CORPUS GOOD`` checks a corpus that was built, and says as JSON what each
refusal took in time and memory.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.bundle.manifest import read_manifest, seal
from models.errors import BundleRefused
from models.serving.registry import BundleRegistry
from tests.models.keys import signed, trusting

Build = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class Bad:
    """How a copy of a good bundle is spoilt; ``sealed``: seals and signature are made anew afterwards."""

    name: str
    reason: str
    build: Build
    sealed: bool


CORPUS: dict[str, Bad] = {}


def bad(reason: str, *, sealed: bool = False) -> Callable[[Build], Build]:
    """Put a way to spoil a bundle into the corpus."""

    def put(build: Build) -> Build:
        CORPUS[build.__name__] = Bad(
            name=build.__name__, reason=reason, build=build, sealed=sealed
        )
        return build

    return put


def build_corpus(good: Path, into: Path) -> None:
    """Write every bad bundle into a folder of its own name."""
    for one in CORPUS.values():
        folder = Path(shutil.copytree(good, into / one.name))
        one.build(folder)
        if one.sealed:
            resealed(folder)


def resealed(folder: Path, **changes: object) -> None:
    """Seal and sign anew, so that only the intended promise is broken."""
    manifest, _ = read_manifest(folder)
    files = tuple(seal(one.name, (folder / one.name).read_bytes()) for one in manifest.files)
    changed = manifest.model_copy(update={"files": files, **changes})
    (folder / "manifest.json").write_bytes(changed.to_bytes())
    signed(folder)


def rewritten(folder: Path, **changes: object) -> None:
    """Put any JSON into the manifest, and sign it."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    signed(folder)


def open_shelf(good: Path, at: Path) -> BundleRegistry:
    """A shelf on which the good bundle is in use."""
    bundles = BundleRegistry(at / "shelf", trusting(at))
    bundles.activate(good)
    return bundles


def _measured(bundles: BundleRegistry, folder: Path) -> dict[str, object]:
    began = time.perf_counter()
    try:
        bundles.activate(folder)
        said = "accepted"
    except BundleRefused as refused:
        said = refused.reason
    return {"said": said, "seconds": time.perf_counter() - began, "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """This program's own; what ``getrusage`` tells begins with the peak of whoever started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main(corpus: Path, good: Path) -> None:
    """Check everything in ``corpus``."""
    at = corpus.parent / f"measured-{os.getpid()}"
    bundles = open_shelf(good, at)
    before_mb = _peak_mb()
    rows = {folder.name: _measured(bundles, folder) for folder in sorted(corpus.glob("[!.]*"))}
    sys.stdout.write(json.dumps({"before_mb": before_mb, "rows": rows}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
