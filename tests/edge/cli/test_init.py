from __future__ import annotations

import stat
from pathlib import Path

from devices.fleet import Fleet
from models.serving.registry import SHIPPED_BUNDLE, BundleRegistry
from tests.edge.cli.conftest import Cli, write_config


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_store_gets_folders_secrets_database_and_accounts(
    cli: Cli, tmp_path: Path
) -> None:
    said = cli("init", "--config", write_config(tmp_path / "new"))
    folder = tmp_path / "new"
    assert said.code == 0
    assert "made the secret store.key" in said.out
    assert mode(folder) == mode(folder / "secrets") == 0o700
    assert {mode(f) for f in (folder / "secrets").iterdir()} == {0o600}
    assert mode(folder / "storeside.db") == 0o600
    assert (folder / "fleet" / "acl").is_file()


def test_secrets_are_never_overwritten(cli: Cli, store: Path) -> None:
    before = {f.name: f.read_text() for f in (store / "secrets").iterdir()}
    said = cli("init", "--dir", store, "--json")
    assert "kept the secret store.key" in said.document["did"]
    assert {f.name: f.read_text() for f in (store / "secrets").iterdir()} == before


def test_the_key_of_the_console_is_its_account(store: Path) -> None:
    key = (store / "secrets" / "admin.key").read_text()
    assert len(key) == 32
    assert Fleet(store / "fleet", "store-1").get("console").device_class == "console"


def test_two_stores_share_no_secret(cli: Cli, store: Path, tmp_path: Path) -> None:
    cli("init", "--config", write_config(tmp_path / "other"))
    other = tmp_path / "other" / "secrets"
    for file in (store / "secrets").iterdir():
        assert file.read_text() != (other / file.name).read_text()


def test_a_new_store_is_given_no_model_of_another_s_goods(cli: Cli, store: Path) -> None:
    assert BundleRegistry(store / "models").active() is None
    assert "first basket" in cli("init", "--dir", store).out


def test_a_model_in_use_is_kept_and_one_that_is_refused_is_told(cli: Cli, store: Path) -> None:
    bundles = BundleRegistry(store / "models")
    folder = bundles.activate(SHIPPED_BUNDLE)
    assert "active model" in cli("init", "--dir", store).out
    (folder / "signature.json").unlink()
    assert "refused (unsigned)" in cli("init", "--dir", store).out


def test_the_store_s_key_for_bundles_is_made_once_and_trusted_here(
    cli: Cli, store: Path
) -> None:
    key = (store / "secrets" / "model.key").read_bytes()
    trusted = {file.name: file.read_bytes() for file in (store / "model-keys").iterdir()}
    cli("init", "--dir", store)
    assert (store / "secrets" / "model.key").read_bytes() == key
    assert list(trusted.values()) == [(store / "secrets" / "model.pub").read_bytes()]


def test_a_market_without_a_policy_is_refused(cli: Cli, tmp_path: Path) -> None:
    file = write_config(tmp_path / "new")
    file.write_text(file.read_text().replace('"US"', '"XX"'))
    said = cli("init", "--config", file)
    assert said.code == 1
    assert "no market policy" in said.err
    assert not (tmp_path / "new" / "secrets").exists()
