from __future__ import annotations

import json
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.cli import privacy
from edge.cli.lock_file import occupied
from edge.storage.connection import open_connection
from edge.storage.operations import command_notifications
from edge.storage.operations.command_notifications import CommandNotification
from tests.edge.api.services.goods import ANN, BEN
from tests.edge.cli.conftest import Cli, on_disk


def test_an_export_has_every_table(cli: Cli, shop: Path) -> None:
    found = cli("privacy", "export", ANN, "--dir", shop).document
    assert found["token"] == ANN
    assert len(found["consents"]) == 8
    assert found["decisions"]
    assert found["profiles"]["items"]


def test_an_export_into_a_file_is_for_one_reader(cli: Cli, shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "person.json"
    said = cli("privacy", "export", ANN, "--out", out, "--dir", shop, "--json")
    assert said.document == {"written": str(out)}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text())["token"] == ANN
    assert cli("privacy", "export", ANN, "--out", out, "--dir", shop).out.startswith(
        "written to"
    )


def test_an_erased_person_leaves_no_byte(cli: Cli, shop: Path) -> None:
    assert ANN.encode() in on_disk(shop)
    said = cli("privacy", "erase", ANN, "--dir", shop)
    assert said.code == 0
    assert "decisions" in said.out
    assert ANN.encode() not in on_disk(shop)
    assert BEN.encode() in on_disk(shop)


def test_the_receipt_counts_and_names_nobody(cli: Cli, shop: Path) -> None:
    said = cli("privacy", "erase", ANN, "--dir", shop, "--json")
    assert said.document["counts"]["consents"] == 8
    assert said.document["id"].startswith("erasure-")
    assert ANN not in said.out


def test_an_erasure_may_be_repeated(cli: Cli, shop: Path) -> None:
    cli("privacy", "erase", ANN, "--dir", shop)
    said = cli("privacy", "erase", ANN, "--dir", shop, "--json")
    assert said.code == 0
    assert set(said.document["counts"].values()) == {0}


def test_a_mistyped_person_gets_no_receipt(cli: Cli, shop: Path) -> None:
    for action in ("erase", "export"):
        said = cli("privacy", action, "c-nobody", "--dir", shop, "--json")
        assert (said.code, said.out) == (1, "")


class TestBesideAService:
    """Somebody holds the data folder as a running service does."""

    @pytest.fixture
    def service(self, shop: Path) -> Iterator[sqlite3.Connection]:
        with occupied(shop), closing(open_connection(shop / "storeside.db")) as conn:
            yield conn

    def test_the_service_hears_of_it_before_the_command_ends(
        self, cli: Cli, shop: Path, service: sqlite3.Connection
    ) -> None:
        heard = list[tuple[CommandNotification, str]]()

        def listen() -> None:
            while not (rung := command_notifications.since(service, 0)):
                time.sleep(0.02)
            heard.extend((what, key) for _, what, key in rung)
            command_notifications.acknowledge(service, rung[-1][0])

        ears = threading.Thread(target=listen)
        ears.start()
        said = cli("privacy", "erase", ANN, "--dir", shop)
        ears.join()
        assert (said.code, heard) == (0, [(CommandNotification.ERASED, ANN)])
        assert ANN.encode() not in on_disk(shop)

    def test_a_service_that_does_not_follow_is_told_of(
        self, cli: Cli, shop: Path, service: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(privacy, "_HEARD_WITHIN_S", 0.1)
        said = cli("privacy", "erase", ANN, "--dir", shop)
        assert said.code == 1
        assert "systemctl restart storeside" in said.err
        assert command_notifications.since(service, 0)


def test_a_reader_that_stays_is_told_of(
    cli: Cli, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "_HEARD_WITHIN_S", 0.1)
    monkeypatch.setattr(privacy, "_READERS_MS", 10)
    with closing(open_connection(shop / "storeside.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM customers").fetchone()
        said = cli("privacy", "erase", ANN, "--dir", shop)
    assert said.code == 1
    assert "another process" in said.err
