"""The command line called in this process, on stores in temporary folders."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge.app.settings import load_settings
from edge.cli import store_location
from edge.cli.init import provide
from edge.cli.program import call
from tests.edge.api.services.goods import ANN
from tests.edge.api.services.shop import STORE, open_shop


@dataclass(frozen=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.out.count("\n") == 1
        return json.loads(self.out)


Cli = Callable[..., Said]


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A store installed on the machine of the tests is none of theirs, nor are its user's keys."""
    monkeypatch.setattr(store_location, "INSTALLED", tmp_path / "not-installed.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    monkeypatch.delenv("STORESIDE_DEBUG", raising=False)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    def run(*words: object) -> Said:
        code = call([str(word) for word in words])
        said = capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    return run


def write_config(folder: Path, *, port: int = 1, extra: str = "") -> Path:
    """Settings of a small store without a hub, in its own data folder; nothing listens on the broker's port."""
    folder.mkdir(exist_ok=True)
    file = folder / "storeside.toml"
    file.write_text(
        f'data_dir = "{folder}"\n'
        f'[store]\nid = "{STORE}"\nmarket = "US"\ntime_zone = "UTC"\n'
        f"[http]\nport = 0\n[mqtt]\nport = {port}\n[model]\nfallback = true\n{extra}"
    )
    return file


def on_disk(folder: Path) -> bytes:
    """Every byte of the store's database and its log."""
    return b"".join(f.read_bytes() for f in folder.glob("storeside.db*"))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The data folder of a store that was set up and never ran."""
    folder = tmp_path / "store"
    list(provide(load_settings(write_config(folder))))
    return folder


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which decisions were made for Ann."""
    home = tmp_path_factory.mktemp("lived")

    async def live() -> None:
        async with open_shop(home) as shop:
            visit = await shop.visit(ANN)
            shop.clock.pass_by(30)
            await shop.show(visit.id)

    asyncio.run(live())
    return home


@pytest.fixture
def shop(lived: Path, tmp_path: Path) -> Path:
    """A copy of that store, for this test alone."""
    folder = Path(shutil.copytree(lived, tmp_path / "shop"))
    for secret in folder.glob("secrets/*"):
        secret.chmod(0o600)
    list(provide(load_settings(write_config(folder))))
    return folder
