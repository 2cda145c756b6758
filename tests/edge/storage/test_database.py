from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from edge.domain.errors import StorageFailed
from edge.storage import database as database_module
from edge.storage.connection import open_connection, open_reader, transaction
from edge.storage.database import Database
from edge.storage.errors import StorageFull
from edge.storage.operations import box_facts
from edge.storage.writer import GROUP_MAX
from tests.patience import patient


class Recording(sqlite3.Connection):
    """Notes when a group ends, and can fail at that point as a disk does."""

    commits = 0
    fails_with: int | None = None

    def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
        if sql == "COMMIT":
            self.commits += 1
            if self.fails_with is not None:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = self.fails_with
                raise error
        return super().execute(sql, *args)  # type: ignore[arg-type]


class Disk:
    """A disk whose room the test decides."""

    full = False

    def shortage(self) -> StorageFull | None:
        return StorageFull(free_bytes=1, floor_bytes=2) if self.full else None


class Opener:
    """Opens the writing connection and keeps it, so that a test can look at it and break it."""

    conn: Recording

    def __call__(self, path: Path) -> sqlite3.Connection:
        conn = open_connection(path, factory=Recording)
        assert isinstance(conn, Recording)
        conn.commits = 0
        self.conn = conn
        return conn


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    async with Database(path) as opened:
        yield opened


def put(name: str, value: str = "1") -> Callable[[sqlite3.Connection], None]:
    return partial(box_facts.put, name=name, value=value)


def fail(_conn: sqlite3.Connection) -> None:
    raise LookupError("on purpose")


def put_and_fail(conn: sqlite3.Connection) -> None:
    box_facts.put(conn, "half", "1")
    raise LookupError("on purpose")


def find(database: Database, name: str) -> str | None:
    return database.read(lambda conn: box_facts.find(conn, name))


async def test_a_write_is_readable_once_it_is_answered(database: Database) -> None:
    assert await database.write(lambda conn: box_facts.keep(conn, "a", "1")) == "1"
    assert find(database, "a") == "1"


async def test_works_run_in_the_order_of_their_submission(database: Database) -> None:
    done = list[int]()

    def note(n: int, _conn: sqlite3.Connection) -> None:
        done.append(n)

    futures = [database.submit(partial(note, n)) for n in range(2 * GROUP_MAX)]
    await asyncio.gather(*futures)
    assert done == list(range(2 * GROUP_MAX))


async def test_what_waits_together_is_synced_once(path: Path) -> None:
    opener = Opener()
    async with Database(path, connect=opener) as database:
        running, held = threading.Event(), threading.Event()

        def hold(_conn: sqlite3.Connection) -> None:
            running.set()
            held.wait(patient(5))

        first = database.submit(hold)
        await asyncio.to_thread(running.wait, 5)
        futures = [database.submit(put(str(n))) for n in range(100)]
        held.set()
        await asyncio.gather(first, *futures)
        assert opener.conn.commits == 2


async def test_a_work_that_raises_fails_alone(database: Database) -> None:
    futures = [database.submit(work) for work in (put("before"), put_and_fail, put("after"))]
    results = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), LookupError, type(None)]
    assert [find(database, n) for n in ("before", "half", "after")] == ["1", None, "1"]


async def test_a_broken_constraint_fails_alone(database: Database) -> None:
    bad = database.submit(lambda conn: conn.execute("INSERT INTO trend (one) VALUES (7)"))
    good = database.submit(put("good"))
    with pytest.raises(sqlite3.IntegrityError):
        await bad
    await good
    assert find(database, "good") == "1"


async def test_a_sync_that_fails_stops_everything(path: Path) -> None:
    opener, told = Opener(), list[StorageFailed]()
    async with Database(path, connect=opener, on_failure=told.append) as database:
        await database.write(put("acknowledged"))
        opener.conn.fails_with = sqlite3.SQLITE_IOERR
        results = await asyncio.gather(
            *(database.submit(put(str(n))) for n in range(5)), return_exceptions=True
        )
        opener.conn.fails_with = None
        with pytest.raises(StorageFailed):
            await database.write(put("later"))
    assert [type(result) for result in results] == [StorageFailed] * 5
    assert len(told) == 1
    assert isinstance(told[0].__cause__, sqlite3.OperationalError)
    conn = open_connection(path)
    assert [box_facts.find(conn, n) for n in ("acknowledged", "0", "later")] == [
        "1",
        None,
        None,
    ]
    conn.close()


async def test_what_was_queued_behind_a_failing_sync_fails_too(path: Path) -> None:
    opener = Opener()
    async with Database(path, connect=opener) as database:
        held = threading.Event()
        first = database.submit(lambda _: held.wait(patient(5)))
        opener.conn.fails_with = sqlite3.SQLITE_IOERR
        rest = [database.submit(put(str(n))) for n in range(2 * GROUP_MAX)]
        held.set()
        results = await asyncio.gather(first, *rest, return_exceptions=True)
        assert {type(result) for result in results} == {StorageFailed}
        assert database.backlog == 0


async def test_a_work_that_ends_the_transaction_stops_everything(path: Path) -> None:
    async with Database(path) as database:
        bad = database.submit(lambda conn: conn.execute("ROLLBACK"))
        with pytest.raises(StorageFailed):
            await bad


async def test_a_full_disk_undoes_the_group_and_is_not_the_end(path: Path) -> None:
    opener = Opener()
    async with Database(path, connect=opener) as database:
        pages = await database.write(
            lambda conn: conn.execute("PRAGMA page_count").fetchone()[0]
        )
        await database.write(lambda conn: conn.execute(f"PRAGMA max_page_count = {pages + 2}"))
        group = [database.submit(put(str(n), "x" * 4000)) for n in range(9)]
        results = await asyncio.gather(*group, return_exceptions=True)
        assert StorageFull in {type(result) for result in results}
        await database.write(lambda conn: conn.execute("PRAGMA max_page_count = 1000000"))
        await database.write(put("later"))
        assert find(database, "later") == "1"
        acknowledged = [n for n, result in enumerate(results) if result is None]
        assert all(find(database, str(n)) for n in acknowledged)
        assert not any(find(database, str(n)) for n in set(range(9)) - set(acknowledged))


async def test_a_full_disk_at_the_sync_is_not_the_end_either(path: Path) -> None:
    opener = Opener()
    async with Database(path, connect=opener) as database:
        opener.conn.fails_with = sqlite3.SQLITE_FULL
        with pytest.raises(StorageFull):
            await database.write(put("lost"))
        opener.conn.fails_with = None
        await database.write(put("kept"))
        assert (find(database, "lost"), find(database, "kept")) == (None, "1")


async def test_a_nearly_full_disk_takes_essential_work_only(path: Path) -> None:
    disk = Disk()
    async with Database(path, space=disk) as database:
        disk.full = True
        with pytest.raises(StorageFull):
            await database.write(put("lost"))
        await database.write(put("withdrawal"), essential=True)
        assert await database.checkpoint()
        disk.full = False
        await database.write(put("kept"))
        names = ("lost", "withdrawal", "kept")
        assert [find(database, n) for n in names] == [None, "1", "1"]


async def test_a_read_sees_one_state(path: Path, database: Database) -> None:
    other = open_connection(path)

    def read_twice(conn: sqlite3.Connection) -> tuple[str | None, str | None]:
        first = box_facts.find(conn, "a")
        with transaction(other):
            box_facts.put(other, "a", "new")
        return first, box_facts.find(conn, "a")

    await database.write(put("a", "old"))
    assert database.read(read_twice) == ("old", "old")
    assert find(database, "a") == "new"
    other.close()


async def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.read(put("a"))
    with pytest.raises(LookupError):
        database.read(fail)
    assert find(database, "a") is None


async def test_a_checkpoint_empties_the_log(path: Path, database: Database) -> None:
    log = path.with_name(f"{path.name}-wal")
    await database.write(put("a"))
    assert log.stat().st_size > 0
    assert await database.checkpoint()
    assert log.stat().st_size == 0


async def test_a_checkpoint_says_when_a_reader_is_in_the_way(
    path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_CHECKPOINT_WAIT_MS", 20)
    reader = open_reader(path)
    reader.execute("BEGIN")
    box_facts.find(reader, "a")
    await database.write(put("a"))
    assert not await database.checkpoint()
    reader.close()
    assert await database.checkpoint()


async def test_a_checkpoint_comes_after_what_was_submitted_before(path: Path) -> None:
    async with Database(path) as database:
        writes = [database.submit(put(str(n))) for n in range(20)]
        assert await database.checkpoint()
        assert all(write.done() for write in writes)


async def test_the_backlog_is_what_is_not_answered(database: Database) -> None:
    held = threading.Event()
    waiting, behind = (
        database.submit(lambda _: held.wait(patient(5))),
        database.submit(put("a")),
    )
    assert database.backlog == 2
    held.set()
    await asyncio.gather(waiting, behind)
    assert database.backlog == 0


async def test_a_write_nobody_waits_for_any_more_is_done(database: Database) -> None:
    write = database.submit(put("a"))
    write.cancel()
    await database.write(put("b"))
    assert find(database, "a") == "1"


async def test_leaving_writes_what_was_submitted(path: Path) -> None:
    async with Database(path) as database:
        futures = [database.submit(put(str(n))) for n in range(50)]
    assert all(future.done() for future in futures)
    with pytest.raises(StorageFailed, match="closed"):
        await database.write(put("late"))
    conn = open_connection(path)
    assert all(box_facts.find(conn, str(n)) for n in range(50))
    conn.close()


async def test_a_database_not_opened_takes_nothing(path: Path) -> None:
    with pytest.raises(StorageFailed, match="not open"):
        await Database(path).write(put("a"))


async def test_a_file_that_is_no_database_is_refused_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"rubbish" * 1000)
    with pytest.raises(StorageFailed) as caught:
        async with Database(path):
            pass
    assert caught.value.hint


async def test_a_command_writes_while_the_service_runs(path: Path, database: Database) -> None:
    def command() -> None:
        conn = open_connection(path)
        for n in range(20):
            with transaction(conn):
                box_facts.put(conn, f"command-{n}", "1")
        conn.close()

    running = asyncio.create_task(asyncio.to_thread(command))
    for n in range(50):
        await database.write(put(f"service-{n}"))
    await running
    assert all(find(database, f"command-{n}") for n in range(20))
    assert all(find(database, f"service-{n}") for n in range(50))
