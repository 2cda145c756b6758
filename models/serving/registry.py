"""Where a store keeps its bundles: one folder a digest, and a pointer to the one in use.

The edge opens the active bundle from it and replays old decisions by digest; ``edge.cli.models`` changes it.

Everything that changes is one rename, so a power cut leaves the old state or the new one.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.bundle.manifest import Digest, Manifest
from models.bundle.signature import Trust, trust_in
from models.errors import BundleRefused, NoSuchBundle
from models.serving.open_bundle import Bundle, assembled, open_bundle
from models.serving.verify import (
    CANARY_S,
    CheckedBundle,
    SealedBundle,
    check_sealed,
    read_sealed,
)

# A decision's graph takes 0.1 ms; a store waits no longer than this, and answers without it.
DEADLINE_S = 0.05

SHIPPED_BUNDLE = Path(__file__).parent.parent / "artifacts" / "grocer"
"""The bundle of the public grocer, which the demo runs on; a store of another assortment has no use for it."""

STARTER_BUNDLE = SHIPPED_BUNDLE
"""The bundle whose network ranks any assortment: its features know no product by name."""

_POINTER = "active.json"
# More than a chain takes back in years.
_WITHDRAWN_MAX = 256
_INCOMING = ".incoming"
_DAMAGED = ".damaged"
# SHA-256 in hexadecimal; anything else in the folder is no bundle's.
_DIGEST_LENGTH = 64


def free(_bundle: Bundle) -> None:
    """Nothing is asked of a bundle's quality: whoever activates has judged it, or made it for a trial."""


class _Pointer(BaseModel):
    """Digests in the order of activation, newest first; the first is in use.

    ``rollback`` is the highest counter that was ever in use: nothing below it comes back. ``withdrawn``: what
    whoever made it took back, newest first; it opens for a replay alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    digests: tuple[Digest, ...] = Field(max_length=16)
    rollback: Annotated[int, Field(ge=0)] = 0
    withdrawn: tuple[Digest, ...] = Field(default=(), max_length=_WITHDRAWN_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBundle:
    """One bundle on the shelf; a damaged one has no manifest, and ``refused`` says why it is none."""

    digest: str
    path: Path
    active: bool
    manifest: Manifest | None
    refused: BundleRefused | None = None

    @property
    def label(self) -> str:
        """``name@version``, or why it cannot be used."""
        return self.manifest.label if self.manifest else f"damaged ({self._reason})"

    @property
    def _reason(self) -> str:
        return self.refused.reason if self.refused else ""


class BundleRegistry:
    """The bundles under ``root``; ``root`` is made when the first one is activated."""

    def __init__(
        self,
        root: Path,
        keys: Path | None = None,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        """Look at ``root``; nothing is read or written yet.

        ``keys``: folder of the public keys that are trusted besides that of the product's releases.
        """
        self.root = root
        self.keys = keys
        self._today = today

    @property
    def trust(self) -> Trust:
        """Whose bundles are accepted, as the files say right now."""
        return trust_in(self.keys)

    def list(self) -> tuple[StoredBundle, ...]:
        """Every stored bundle, by digest, the damaged ones too."""
        if not self.root.is_dir():
            return ()
        active, trust = self.active(), self.trust
        folders = sorted(f for f in self.root.iterdir() if len(f.name) == _DIGEST_LENGTH)
        return tuple(_stored(found, trust, active=found == active) for found in folders)

    def active(self) -> Path | None:
        """The folder in use, or None before the first activation."""
        digests = self._pointer().digests
        return self.root / digests[0] if digests else None

    def verify(self, folder: Path) -> Manifest:
        """Check every promise of the bundle in ``folder``. Raises ``BundleRefused``."""
        return self._usable(folder)[0].manifest

    def open_active(self) -> Bundle:
        """The bundle in use, ready to answer within a deadline.

        Raises ``NoSuchBundle`` before the first activation, ``BundleRefused`` where it is damaged or expired.
        """
        active = self.active()
        if active is None:
            raise NoSuchBundle(wanted="an active bundle", root=self.root)
        bundle = open_bundle(active, self.trust, DEADLINE_S)
        self._check_standing(bundle.digest, bundle.manifest)
        return _named(bundle, active)

    def open(self, digest: str) -> Bundle:
        """The bundle of an old decision, expired or not. Raises ``NoSuchBundle``, ``BundleRefused``."""
        folder = self.by_digest(digest)
        # Withdrawn or not, and without a deadline: a replay must give the same bytes on a slow machine too.
        return _named(open_bundle(folder, self.trust), folder)

    def activate(
        self, folder: Path, *, older: bool = False, gate: Callable[[Bundle], None] = free
    ) -> Path:
        """Verify, copy and put in use; returns the folder on the shelf.

        ``older`` lets a bundle in that was trained up to an earlier day than the one in use; a lower rollback
        counter than was ever in use is refused in any case. ``gate`` is shown the bundle before it is kept, and
        raises what it has against it. Raises ``BundleRefused``.
        """
        # Before the lock: it takes long, and the bytes checked and judged are the bytes that will be kept.
        sealed, checked = self._usable(folder)
        self._check_not_older(sealed.manifest, self._pointer(), older=older)
        gate(assembled(checked))
        os.makedirs(self.root, exist_ok=True)  # noqa: PTH103 - every change here goes through os
        with self._alone():
            pointer = self._pointer()
            self._check_not_older(sealed.manifest, pointer, older=older)
            target = self.root / sealed.digest
            # Kept before, it may have been damaged since.
            if not self._sound(target):
                self._keep(sealed, target)
            kept = tuple(known for known in pointer.digests if known != sealed.digest)
            floor = max(pointer.rollback, sealed.manifest.rollback)
            # What falls off the end keeps its folder: old decisions are replayed with it.
            digests = (sealed.digest, *kept)[:16]
            self._point(pointer.model_copy(update={"digests": digests, "rollback": floor}))
        return target

    def rollback(self) -> Path:
        """Put the latest bundle before this one that may still be used back in use.

        Raises ``NoSuchBundle`` where there is none; it says why those that are there may not be used.
        """
        if not self.root.is_dir():
            raise NoSuchBundle(wanted="an earlier bundle", root=self.root)
        refusals = list[str]()
        with self._alone():
            pointer = self._pointer()
            for at, digest in enumerate(pointer.digests[1:], start=1):
                try:
                    manifest = self._usable(self.root / digest)[0].manifest
                    self._check_counter(manifest, pointer)
                except BundleRefused as refused:
                    refusals.append(f" ({digest[:12]}: {refused.reason})")
                    continue
                # Without what stood before it: a second rollback goes further back, never forth again.
                self._point(pointer.model_copy(update={"digests": pointer.digests[at:]}))
                return self.root / digest
        raise NoSuchBundle(wanted=f"an earlier bundle{''.join(refusals)}", root=self.root)

    def usable(self) -> tuple[Path, ...]:
        """The folders that were in use, the latest first, as far as they may still be."""
        found: list[Path] = []
        for digest in self._pointer().digests:
            try:
                self._usable(self.root / digest)
            except BundleRefused:
                continue
            found.append(self.root / digest)
        return tuple(found)

    def withdraw(self, digests: Collection[str]) -> bool:
        """Never use these again, whether they are here or not; True if one was in use.

        What was in use before it takes its place. Their folders stay for replays, until ``sweep``.
        """
        if not digests or set(digests) <= set(self._pointer().withdrawn):
            return False
        os.makedirs(self.root, exist_ok=True)  # noqa: PTH103 - as in ``activate``
        with self._alone():
            pointer = self._pointer()
            gone = dict.fromkeys((*digests, *pointer.withdrawn))
            kept = tuple(one for one in pointer.digests if one not in gone)
            changed = kept[:1] != pointer.digests[:1]
            self._point(
                _Pointer(
                    digests=kept,
                    rollback=pointer.rollback,
                    withdrawn=tuple(gone)[:_WITHDRAWN_MAX],
                )
            )
        return changed

    def sweep(self, named: Collection[str]) -> tuple[str, ...]:
        """Take away every bundle but the active one, the one before it and those ``named``; returns their digests."""
        if not self.root.is_dir():
            return ()
        with self._alone():
            pointer = self._pointer()
            kept = {*pointer.digests[:2], *named}
            folders = [f for f in sorted(self.root.iterdir()) if len(f.name) == _DIGEST_LENGTH]
            gone = [folder for folder in folders if folder.name not in kept]
            # First out of the pointer: what a crash leaves is a folder that nobody names.
            digests = tuple(one for one in pointer.digests if one in kept)
            self._point(pointer.model_copy(update={"digests": digests}))
            for folder in gone:
                shutil.rmtree(folder)
        return tuple(folder.name for folder in gone)

    def by_digest(self, digest: str) -> Path:
        """The folder of ``digest``: how a replay finds the model of an old decision."""
        folder = self.root / digest
        # Of letters and digits alone, so that no digest leads out of the shelf.
        if not digest.isalnum() or not folder.is_dir():
            raise NoSuchBundle(wanted=f"bundle {digest}", root=self.root)
        return folder

    def _usable(self, folder: Path) -> tuple[SealedBundle, CheckedBundle]:
        """The bundle's own bytes, and what was made of them, once every check has passed."""
        sealed = read_sealed(folder, self.trust)
        self._check_standing(sealed.digest, sealed.manifest)
        return sealed, check_sealed(sealed, CANARY_S)

    def _check_standing(self, digest: str, manifest: Manifest) -> None:
        """Neither taken back by whoever made it, nor past its last day."""
        if digest in self._pointer().withdrawn:
            raise BundleRefused(
                reason="withdrawn", detail=f"{manifest.label} was taken back by its maker"
            )
        self._check_fresh(manifest)

    def _check_fresh(self, manifest: Manifest) -> None:
        if manifest.expires is not None and self._today() > manifest.expires:
            raise BundleRefused(
                reason="expired",
                detail=f"{manifest.label} was good up to {manifest.expires}",
            )

    def _check_not_older(self, manifest: Manifest, pointer: _Pointer, *, older: bool) -> None:
        self._check_counter(manifest, pointer)
        if older or not pointer.digests:
            return
        in_use = _stored(self.root / pointer.digests[0], self.trust, active=True).manifest
        if in_use is not None and manifest.trained_until < in_use.trained_until:
            raise BundleRefused(
                reason="older",
                detail=f"{manifest.label} was trained up to {manifest.trained_until}, "
                f"the one in use up to {in_use.trained_until}",
            )

    def _check_counter(self, manifest: Manifest, pointer: _Pointer) -> None:
        if manifest.rollback < pointer.rollback:
            raise BundleRefused(
                reason="older",
                detail=f"{manifest.label} has rollback counter {manifest.rollback}; "
                f"{pointer.rollback} was in use here",
            )

    def _sound(self, target: Path) -> bool:
        return _stored(target, self.trust, active=False).manifest is not None

    def _keep(self, sealed: SealedBundle, target: Path) -> None:
        """Write the very bytes that were checked, then give the folder its name."""
        incoming = self.root / _INCOMING
        os.mkdir(incoming)  # noqa: PTH102 - named as the system call that a crash is tried at
        for name, data in sealed.files.items():
            _write(incoming / name, data)
        # Its entries too: after the rename a power cut must not leave it half empty.
        _sync(incoming)
        if target.exists():
            # Aside: no folder can be renamed over one that holds files.
            os.rename(target, self.root / _DAMAGED)  # noqa: PTH104 - as above
        os.rename(incoming, target)  # noqa: PTH104 - as above
        _sync(self.root)
        shutil.rmtree(self.root / _DAMAGED, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Generator[None]:
        """One change at a time, whichever process makes it; what a killed one left is taken away."""
        # On the folder itself: the kernel lets go of it when a process dies, and no lock file is left.
        lock = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in (_INCOMING, _DAMAGED):
                shutil.rmtree(self.root / left, ignore_errors=True)
            yield
        finally:
            os.close(lock)

    def _pointer(self) -> _Pointer:
        try:
            return _Pointer.model_validate_json((self.root / _POINTER).read_bytes())
        except FileNotFoundError:
            return _Pointer(digests=())
        except ValidationError as broken:
            raise NoSuchBundle(wanted=f"a readable {_POINTER}", root=self.root) from broken

    def _point(self, pointer: _Pointer) -> None:
        fresh = self.root / f".{_POINTER}"
        _write(fresh, pointer.model_dump_json().encode())
        os.replace(fresh, self.root / _POINTER)  # noqa: PTH105 - as above
        _sync(self.root)


def _stored(folder: Path, trust: Trust, *, active: bool) -> StoredBundle:
    """The bundle in ``folder``, by its signature and seals; its folder must bear its digest."""
    try:
        sealed = read_sealed(folder, trust)
        if sealed.digest != folder.name:
            raise BundleRefused(reason="hash", detail="another bundle's folder", path=folder)  # noqa: TRY301 - told like every other reason here
    except BundleRefused as refused:
        return StoredBundle(
            digest=folder.name, path=folder, active=active, manifest=None, refused=refused
        )
    return StoredBundle(
        digest=folder.name, path=folder, active=active, manifest=sealed.manifest
    )


def _named(bundle: Bundle, folder: Path) -> Bundle:
    """``bundle``, if its folder bears its digest."""
    if bundle.digest != folder.name:
        raise BundleRefused(reason="hash", detail="another bundle's folder", path=folder)
    return bundle


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        at = 0
        while at < len(data):
            # The system may write less than it is given.
            at += os.write(handle, data[at:])
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
