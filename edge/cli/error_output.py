"""What went wrong, as one sentence and its mend, on standard error.

``program.call`` hands every error here, the only place that turns one into an exit code.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback
from typing import cast

from cloud_sync.errors import SyncError
from devices.errors import DevicesError
from edge.domain.errors import StoresideError
from models.errors import ModelsError

_FAILED = 1
_EXPECTED = (StoresideError, ModelsError, DevicesError, SyncError)


def tell(error: Exception) -> int:
    """Say what happened; gives the exit code. With STORESIDE_DEBUG set the whole traceback is shown."""
    cause = _first(error)
    # Only on request: what a traceback repeats may be somebody's data.
    if os.environ.get("STORESIDE_DEBUG"):
        traceback.print_exception(cause)
    sentence, mend = _worded(cause)
    sys.stderr.write(f"storeside: {sentence}\n")
    if mend is not None:
        sys.stderr.write(f"mend: {mend}\n")
    return getattr(cause, "exit_code", _FAILED)


def _first(error: Exception) -> Exception:
    """The first single error of a group, the one that is told of."""
    while isinstance(error, ExceptionGroup):
        error = cast("ExceptionGroup[Exception]", error).exceptions[0]
    return error


def _worded(error: Exception) -> tuple[str, str | None]:
    if isinstance(error, _EXPECTED):
        return str(error), getattr(error, "hint", None)
    if isinstance(error, sqlite3.Error):
        return (
            f"the store's database cannot be used: {error}",
            "storeside doctor; is the folder writable, and the disk not full?",
        )
    if isinstance(error, OSError):
        return f"{error.filename or 'the system'}: {error.strerror or error}", None
    # The text of an unforeseen error could repeat somebody's data, so only its kind is told.
    return (
        f"an unforeseen {type(error).__name__}; this is a fault of storeside",
        "run it again with STORESIDE_DEBUG=1 to see where; a service's log is on its standard error",
    )
