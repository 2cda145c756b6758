"""A fresh file for every test, copied from one that was made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.storage.connection import open_connection


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("blank") / "storeside.db"
    open_connection(path).close()
    return path


@pytest.fixture
def file(blank: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(blank, tmp_path / "storeside.db"))
