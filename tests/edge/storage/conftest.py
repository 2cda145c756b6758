"""A fresh file for every test, copied from one that was made once."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.storage.connection import open_connection


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "store.db"
    open_connection(path).close()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "store.db"))


@pytest.fixture
def conn(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection inside a transaction, as every table function expects."""
    conn = open_connection(path)
    conn.execute("BEGIN")
    yield conn
    conn.close()
