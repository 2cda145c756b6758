from __future__ import annotations

import hashlib
import sqlite3
import threading
from pathlib import Path

import pytest

from edge.storage import migrations
from edge.storage.connection import open_connection

# Of a fresh file at release 0008-kpis: files out there look like this, whatever comes later.
RELEASED_DIGEST = "62d12c6d61907ff88fa64054ee0b99817f4cef36a2120fdb5c4b37ce743fbfbb"


def tables(conn: sqlite3.Connection) -> set[str]:
    rows = conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {name for (name,) in rows}


def test_a_new_file_gets_every_table_strict(tmp_path: Path) -> None:
    conn = open_connection(tmp_path / "store.db")
    assert {"seen", "consents", "decisions", "outbox", "sync_cursor"} <= tables(conn)
    lax = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0"
    ours = {
        name for (name,) in conn.execute(lax) if not name.startswith(("sqlite_", "_sqlite_"))
    }
    assert ours == set()
    conn.close()


def test_opening_again_applies_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(migrations, "_apply")
    open_connection(path).close()


def test_an_older_file_gets_only_what_it_lacks(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = ("0002-later", "CREATE TABLE later (one INTEGER) STRICT;")
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, step))
    conn = open_connection(path)
    assert "later" in tables(conn)
    applied = conn.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0]
    assert applied == len(migrations.STEPS)
    conn.close()


def test_a_step_that_fails_leaves_the_older_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = (
        ("0002-good", "CREATE TABLE good (a);"),
        ("0003-bad", "CREATE TABLE bad (a);\nNONSENSE;"),
    )
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, *steps))
    with pytest.raises(sqlite3.OperationalError):
        open_connection(path)
    monkeypatch.undo()
    conn = open_connection(path)
    assert not {"good", "bad"} & tables(conn)
    conn.close()


def test_two_processes_may_make_the_file_at_once(tmp_path: Path) -> None:
    errors = list[BaseException]()
    barrier = threading.Barrier(4)

    def start() -> None:
        barrier.wait()
        try:
            open_connection(tmp_path / "store.db").close()
        except sqlite3.Error as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_statements_keep_triggers_whole() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET b = 1;\nEND;\n"
    assert list(migrations.statements(f"CREATE TABLE a (b);\n{trigger}")) == [
        "CREATE TABLE a (b);\n",
        trigger,
    ]


def test_released_schemas_are_never_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "STEPS", migrations.STEPS[:8])
    conn = open_connection(tmp_path / "store.db")
    rows = conn.execute("SELECT name, sql FROM sqlite_schema ORDER BY rowid")
    text = "\n".join(f"{name}: {sql}" for name, sql in rows)
    conn.close()
    assert hashlib.sha256(text.encode()).hexdigest() == RELEASED_DIGEST


def test_a_release_is_put_together_from_its_tables_parts() -> None:
    script = dict(migrations.STEPS)["0001-first"]
    made = [line.split()[2] for line in script.splitlines() if line.startswith("CREATE TABLE")]
    assert (
        made.index("notes")
        < made.index("bells")
        < made.index("seen")
        < made.index("tombstones")
    )
    assert made.index("visits") < made.index("baskets")
