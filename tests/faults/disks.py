"""Disks that can fail on purpose: one whose platter can be photographed in mid-write, and one that is small."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.verdict import NotHere

_IMAGE_MB = 512


class Platter:
    """An ext4 disk in a file. The file holds what the file system has flushed, and nothing that only memory has."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "platter.img"
        self.mounted = folder / "platter"

    @contextmanager
    def spinning(self) -> Generator[Path]:
        """The disk mounted, empty. Raises NotHere where that is not allowed."""
        with self._image.open("wb") as file:
            file.truncate(_IMAGE_MB * 2**20)
        _call("mkfs.ext4", "-q", "-F", str(self._image))
        self.mounted.mkdir()
        with _mounted(self._image, self.mounted, "-o", "loop"):
            yield self.mounted

    @contextmanager
    def as_after_a_power_cut(self, photograph: Path) -> Generator[Path]:
        """What a machine that starts after the cut finds: the disk of `photograph`, its journal played back."""
        folder = photograph.with_suffix("")
        folder.mkdir()
        with _mounted(photograph, folder, "-o", "loop"):
            yield folder
        folder.rmdir()

    def photograph(self, to: Path) -> None:
        """Copy the platter as it is at this instant."""
        _call("cp", "--sparse=always", str(self._image), str(to))


@contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator[Path]:
    """A disk of ``size_mb`` MiB. Raises NotHere where that is not allowed."""
    folder.mkdir()
    with _mounted("none", folder, "-t", "tmpfs", "-o", f"size={size_mb}m"):
        yield folder


@contextmanager
def ballast(folder: Path, leave_bytes: int) -> Iterator[None]:
    """Fill the disk under ``folder`` until so many bytes are left; the space is free again afterwards."""
    weight = folder / "ballast"
    stats = os.statvfs(folder)
    with weight.open("wb") as file:
        os.posix_fallocate(
            file.fileno(), 0, max(1, stats.f_bavail * stats.f_frsize - leave_bytes)
        )
    try:
        yield
    finally:
        weight.unlink()


@contextmanager
def _mounted(what: Path | str, at: Path, *options: str) -> Generator[None]:
    _call("mount", *options, str(what), str(at))
    try:
        yield
    finally:
        _call("umount", "--lazy", str(at))


def _call(*words: str) -> None:
    try:
        subprocess.run(words, check=True, capture_output=True)  # noqa: S603 - our own fixed words
    except FileNotFoundError as error:
        raise NotHere(f"{words[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise NotHere(f"{words[0]}: {error.stderr.decode(errors='replace').strip()}") from error
