"""What the machine itself gives: the service's processor time and memory, a bare sync, and its own notes.

``suite`` asks before and after each part, so that the service's figures stand beside the machine's own.
"""

from __future__ import annotations

import os
import platform
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

import psutil

from edge.decision.codec import decode_decision
from edge.domain.ids import DecisionId
from edge.storage.connection import open_reader
from edge.storage.decisions import decisions
from edge.storage.timestamps import to_us

# One page of SQLite's.
_PAGE = bytes(4_096)


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used, in both modes."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def rss_mb(pid: int) -> float:
    """Memory that a process holds, in MiB."""
    return round(psutil.Process(pid).memory_info().rss / 2**20, 1)


def syncs_us(folder: Path, count: int) -> list[int]:
    """So many times: append a page to a file and have the disk keep it. Microseconds each."""
    found = list[int]()
    file = folder / "sync.probe"
    # Unbuffered, so that each page is with the system before its sync.
    with file.open("wb", buffering=0) as probe:
        for _ in range(count):
            began = time.perf_counter_ns()
            probe.write(_PAGE)
            os.fsync(probe.fileno())
            found.append((time.perf_counter_ns() - began) // 1_000)
    file.unlink()
    return found


def cores_us(database: Path, placement: str, since: datetime) -> list[int]:
    """How long the service itself says that the core of each of its decisions took."""
    with closing(open_reader(database)) as conn:
        rows = conn.execute(
            "SELECT core_us FROM decisions WHERE placement = ? AND at_us >= ?",
            (placement, to_us(since)),
        )
        return [row[0] for row in rows]


def model_of(database: Path) -> str:
    """``name@version`` of what decided last."""
    with closing(open_reader(database)) as conn:
        row = conn.execute("SELECT id FROM decisions ORDER BY at_us DESC LIMIT 1").fetchone()
        found = None if row is None else decisions.find(conn, DecisionId(row[0]))
    return "none" if found is None else decode_decision(found.output).model


def machine_of() -> dict[str, object]:
    """Where the figures come from, and how busy it was."""
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
    }
