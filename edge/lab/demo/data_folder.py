"""The demo's data folder: fresh at each start, never one that another demo uses, secrets readable by us alone.

``run`` claims it before anything starts; ``opening`` and ``equipment`` write into it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge.domain.errors import SettingsInvalid
from edge.lab.private_files import write_private

DEFAULT = Path(".storeside-demo")
_LOCK = "demo.lock"
# Somebody with more demos than this has forgotten to stop them.
_SIDE_BY_SIDE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFolder:
    """Where everything of one demo lies. ``path`` is absolute and is also the service's data folder."""

    path: Path

    @property
    def config(self) -> Path:
        """The service's settings, as for a real store."""
        return self.path / "storeside.toml"

    @property
    def hub_config(self) -> Path:
        """The hub's settings."""
        return self.path / "hub.toml"

    @property
    def fleet(self) -> Path:
        """Accounts of the devices, and the broker's files."""
        return self.path / "fleet"

    @property
    def secrets(self) -> Path:
        """Keys, one a file."""
        return self.path / "secrets"

    @property
    def database(self) -> Path:
        """The store's one file."""
        return self.path / "storeside.db"

    def write_secret(self, name: str, value: str | None = None) -> str:
        """Keep a secret under ``name``, mode 0600; a fresh one unless ``value`` is given."""
        self.secrets.mkdir(mode=0o700, exist_ok=True)
        text = value or secrets.token_hex(32)
        write_private(self.secrets / name, text)
        return text


@contextmanager
def claim_folder(wanted: Path | None) -> Generator[DemoFolder]:
    """A fresh folder for this demo, ours until the end; it stays there to be looked at.

    Args:
        wanted: The folder to use; None takes ``./.storeside-demo``, or the next number that is free.

    Raises:
        SettingsInvalid: another demo runs in ``wanted``, or it holds something that is no demo's.
    """
    for path in _candidates(wanted):
        lock = _lock(path)
        if lock is None:
            continue
        try:
            _empty(path)
            yield DemoFolder(path=path.resolve())
        finally:
            os.close(lock)
        return
    raise SettingsInvalid(
        f"a demo runs in {wanted or DEFAULT} already",
        hint="stop it, or give this one another folder with --dir",
    )


def _candidates(wanted: Path | None) -> Iterator[Path]:
    if wanted is not None:
        yield wanted
        return
    yield DEFAULT
    for number in range(2, _SIDE_BY_SIDE):
        yield DEFAULT.with_name(f"{DEFAULT.name}-{number}")


def _lock(path: Path) -> int | None:
    """The open lock file of ``path``, or None where another demo holds it."""
    # Without our lock file it is no demo's, and emptying it could take somebody's data.
    if path.is_dir() and any(path.iterdir()) and not (path / _LOCK).exists():
        raise SettingsInvalid(
            f"{path} holds something that is no demo's; it is left alone",
            hint="give an empty or a new folder with --dir",
        )
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Held as long as we live; the kernel lets go of it however we end.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _empty(path: Path) -> None:
    """Take away what an earlier demo left, except the lock that we hold."""
    for old in path.iterdir():
        # A link is taken away, never followed: it could lead anywhere.
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old.name != _LOCK:
            old.unlink()
