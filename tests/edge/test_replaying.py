from __future__ import annotations

import shutil
import sqlite3
import zlib
from datetime import timedelta
from pathlib import Path

import pytest

from edge.domain.ids import DecisionId
from edge.errors import StorageFailed
from edge.replaying import ReplayReport, replay
from edge.storage.connection import open_connection
from edge.storage.instants import to_us
from models.shelf import Shelf
from tests.edge.desk.shop import ANN, BEN, NOW, open_shop


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A shop in which Ann, Ben and nobody were decided for, closed again."""
    home = tmp_path / "home"
    home.mkdir()
    async with open_shop(home) as shop:
        for token in (ANN, BEN, None):
            visit = await shop.visit(token)
            shop.clock.pass_by(30)
            await shop.show(visit.id)
    return home


def again(folder: Path, **how: object) -> ReplayReport:
    return replay(folder / "storeside.db", Shelf(folder / "models"), **how)  # type: ignore[arg-type]


def change(folder: Path, statement: str, *values: object) -> None:
    conn = open_connection(folder / "storeside.db")
    assert conn.execute(statement, values).rowcount > 0
    conn.close()


def blob(folder: Path, column: str, id_: str) -> bytes:
    conn = open_connection(folder / "storeside.db")
    found: bytes = conn.execute(f"SELECT {column} FROM decisions WHERE id = ?", (id_,)).fetchone()[0]  # noqa: S608
    conn.close()
    return found


def test_every_stored_decision_comes_out_as_the_same_bytes(folder: Path) -> None:
    report = again(folder)
    assert report.replayed == report.identical >= 5
    assert not report.different
