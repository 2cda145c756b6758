"""How a test run ends: with its own verdict, whatever a dozen native libraries do when one process unloads them all."""

from __future__ import annotations

import atexit
import os
import sys

import pytest

_verdicts = list[int]()


def pytest_sessionfinish(exitstatus: int | pytest.ExitCode) -> None:
    _verdicts.append(int(exitstatus))


def _end() -> None:
    """After every other handler: a whole run once crashed in the interpreter's last collection, all tests passed."""
    if _verdicts:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_verdicts[-1])


atexit.register(_end)
