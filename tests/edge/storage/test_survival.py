"""A real process on a real file, ended or failed from outside."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

from edge.storage.connection import open_connection

NO_STRACE = shutil.which("strace") is None

# Says what is on disk, a number a line: only after the write was answered.
WRITER = """
import asyncio, sys
from pathlib import Path
from edge.domain.errors import StorageFailed
from edge.storage.operations import box_facts
from edge.storage.database import Database

async def one(database, n):
    await database.write(lambda conn: box_facts.put(conn, f"n-{n}", "1"))
    print(n, flush=True)

async def main():
    async with Database(Path(sys.argv[1])) as database:
        for start in range(0, int(sys.argv[2]), 8):
            await asyncio.gather(*(one(database, n) for n in range(start, start + 8)))

try:
    asyncio.run(main())
except StorageFailed:
    sys.exit(7)
"""


async def start(
    path: Path, count: int, *before: str, script: str = WRITER
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *before,
        sys.executable,
        "-c",
        script,
        str(path),
        str(count),
        stdout=asyncio.subprocess.PIPE,
    )


def written(path: Path) -> set[str]:
    conn = open_connection(path)
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    rows = conn.execute("SELECT name FROM notes").fetchall()
    conn.close()
    return {name for (name,) in rows}


@pytest.mark.parametrize("kill_after", [1, 40, 333])
async def test_a_killed_process_loses_nothing_it_acknowledged(
    path: Path, kill_after: int
) -> None:
    process = await start(path, 1_000_000)
    assert process.stdout is not None
    acknowledged = [await process.stdout.readline() for _ in range(kill_after)]
    process.kill()
    rest = await process.stdout.read()
    await process.wait()
    lines = b"".join(acknowledged) + rest
    numbers = lines[: lines.rfind(b"\n") + 1].split()
    assert len(numbers) >= kill_after
    assert {f"n-{int(n)}" for n in numbers} <= written(path)


async def run_with_failing_syncs(
    path: Path, first: int, script: str
) -> tuple[int | None, set[str]]:
    """The exit status and what was acknowledged, when the ``first`` sync and all later ones fail."""
    fault = f"inject=fdatasync:error=EIO:when={first}+"
    log = path.with_name("strace.log")
    options = ("-f", "-qq", "-o", str(log), "-e", "trace=fdatasync", "-e", fault)
    process = await start(path, 80, "strace", *options, script=script)
    out, _ = await process.communicate()
    return process.returncode, {f"n-{int(n)}" for n in out.split()}


@pytest.mark.skipif(NO_STRACE, reason="strace is not installed")
@pytest.mark.parametrize("first", [1, 5])
async def test_a_failing_sync_ends_the_process_before_it_acknowledges(
    path: Path, first: int
) -> None:
    status, acknowledged = await run_with_failing_syncs(path, first, WRITER)
    assert status == 7
    assert acknowledged <= written(path)
    assert (len(acknowledged) > 0) is (first > 1)


@pytest.mark.skipif(NO_STRACE, reason="strace is not installed")
async def test_a_writer_that_acknowledges_first_is_caught(path: Path) -> None:
    """The negative control: this harness can fail."""
    early = WRITER.replace("await database.write", "print(n, flush=True); await database.write")
    _, acknowledged = await run_with_failing_syncs(path, 1, early)
    assert not acknowledged <= written(path)


def test_a_log_cut_short_costs_only_what_was_cut(path: Path) -> None:
    conn = open_connection(path)
    for n in range(3):
        conn.execute("INSERT INTO notes VALUES (?, '1')", (f"n-{n}",))
    copy = path.with_name("copy.db")
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    conn.close()
    log = copy.with_name("copy.db-wal")
    log.write_bytes(log.read_bytes()[:-100])
    assert written(copy) == {"n-0", "n-1"}


def test_a_damaged_file_is_noticed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 3] = b"\xff" * 8192
    path.write_bytes(content)
    with pytest.raises((sqlite3.DatabaseError, AssertionError)):
        written(path)
