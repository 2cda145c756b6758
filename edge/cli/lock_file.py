"""One service a data folder: the lock that it holds while it runs, and by which commands see that it does.

``run`` holds it for as long as it lives; ``doctor`` and ``privacy`` ask whether somebody does.
"""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from edge.domain.errors import NotProvisioned

_LOCK = "run.lock"


@contextmanager
def occupied(folder: Path) -> Generator[None]:
    """Hold the data folder for one service; the kernel lets go of it however that ends.

    Raises:
        NotProvisioned: another service runs on it.
    """
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise NotProvisioned(
                f"a service runs on {folder} already",
                hint="stop it first: systemctl stop storeside",
            ) from error
        yield


def is_occupied(folder: Path) -> bool:
    """Whether a service runs on the data folder now."""
    try:
        with (folder / _LOCK).open() as lock:
            # Shared, so that two commands that ask at once do not take each other for the service.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
