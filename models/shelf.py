"""Where a store keeps its bundles: one folder a digest, and a pointer to the one in use.

Everything that changes is one rename, so a power cut leaves the old state or the new one.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import NothingOnShelf
from models.manifest import MANIFEST, Digest, Manifest, digest_of, read_manifest
from models.verify import verify_bundle

_POINTER = "active.json"


class _Pointer(BaseModel):
    """Digests in the order of activation, newest first; the first is in use."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    digests: tuple[Digest, ...] = Field(max_length=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One bundle on the shelf."""

    digest: str
    path: Path
    manifest: Manifest
    active: bool


class Shelf:
    """The bundles under ``root``; ``root`` is made when the first one is activated."""

    def __init__(self, root: Path) -> None:
        """Look at ``root``; nothing is read or written yet."""
        self.root = root

    def list(self) -> tuple[Stored, ...]:
        """Every stored bundle, by digest."""
        active = self.active()
        folders = sorted(self.root.glob(f"*/{MANIFEST}")) if self.root.is_dir() else []
        return tuple(
            Stored(
                digest=found.parent.name,
                path=found.parent,
                manifest=read_manifest(found.parent)[0],
                active=found.parent == active,
            )
            for found in folders
        )

    def active(self) -> Path | None:
        """The folder in use, or None before the first activation."""
        digests = self._pointer().digests
        return self.root / digests[0] if digests else None

    def verify(self, folder: Path) -> Manifest:
        """Check every promise of the bundle in ``folder``. Raises ``BundleRefused``."""
        return verify_bundle(folder)

    def activate(self, folder: Path) -> Path:
        """Verify, copy and put in use; returns the folder on the shelf."""
        self.verify(folder)
        manifest, data = read_manifest(folder)
        digest = digest_of(data)
        target = self.root / digest
        if not target.is_dir():
            self._copy(folder, manifest, target)
        kept = tuple(known for known in self._pointer().digests if known != digest)
        self._point((digest, *kept)[:16])
        return target

    def rollback(self) -> Path:
        """Put the bundle used before this one back in use. Raises ``NothingOnShelf``."""
        digests = self._pointer().digests
        for at, digest in enumerate(digests[1:], start=1):
            if (self.root / digest).is_dir():
                self.verify(self.root / digest)
                self._point((*digests[at:],))
                return self.root / digest
        raise NothingOnShelf(wanted="an earlier bundle", root=self.root)

    def by_digest(self, digest: str) -> Path:
        """The folder of ``digest``: how a replay finds the model of an old decision."""
        folder = self.root / digest
        if not digest.isalnum() or not folder.is_dir():
            raise NothingOnShelf(wanted=f"bundle {digest}", root=self.root)
        return folder

    def _copy(self, folder: Path, manifest: Manifest, target: Path) -> None:
        """Copy the sealed files, check the copy, then give it its name."""
        self.root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.root, prefix=".incoming-") as made:
            copy = Path(made) / "bundle"
            copy.mkdir()
            for name in (MANIFEST, *(sealed.name for sealed in manifest.files)):
                shutil.copyfile(folder / name, copy / name)
                _sync(copy / name)
            self.verify(copy)
            copy.rename(target)
        _sync(self.root)

    def _pointer(self) -> _Pointer:
        try:
            return _Pointer.model_validate_json((self.root / _POINTER).read_bytes())
        except FileNotFoundError:
            return _Pointer(digests=())
        except ValidationError as broken:
            raise NothingOnShelf(wanted=f"a readable {_POINTER}", root=self.root) from broken

    def _point(self, digests: tuple[str, ...]) -> None:
        fresh = self.root / f".{_POINTER}"
        fresh.write_bytes(_Pointer(digests=digests).model_dump_json().encode())
        _sync(fresh)
        fresh.replace(self.root / _POINTER)
        _sync(self.root)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
