"""Files of sales: how one is read, and what is said where none can be sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.devices.tills.logs import as_bytes, goods, item, odoo_order, poslog, transaction
from tests.edge.cli.conftest import Cli


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "tlog.xml"
    file.write_bytes(poslog(transaction(item(1, goods()))))
    return file


def test_without_a_service_nothing_is_imported_and_no_account_is_left(
    cli: Cli, store: Path, log: Path
) -> None:
    said = cli("sales", "import", log, "--dir", store)
    assert said.code == 1
    assert "storeside run" in said.err
    listed = cli("device", "list", "--dir", store, "--json").document["devices"]
    assert [one["device"] for one in listed] == ["console"]


@pytest.mark.parametrize(
    "words",
    [("--format", "nobody"), ("--format", "Poslog"), ("--format", "missing.toml")],
)
def test_a_form_that_there_is_not_is_refused(
    cli: Cli, store: Path, log: Path, words: tuple[str, ...]
) -> None:
    assert cli("sales", "import", log, *words, "--dir", store).code == 1


def test_json_needs_its_form_named(cli: Cli, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_bytes(as_bytes(odoo_order()))
    said = cli("sales", "import", file, "--dir", store)
    assert said.code == 1
    assert "--format" in said.err


@pytest.mark.parametrize("content", [b"", b"<POSLog>", b"<!DOCTYPE a><POSLog/>", b"{}"])
def test_a_log_that_cannot_be_read_is_refused_whole(
    cli: Cli, store: Path, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "tlog.xml"
    file.write_bytes(content)
    said = cli("sales", "import", file, "--dir", store)
    assert (said.code, said.out) == (1, "")
    assert "cannot be read" in said.err
