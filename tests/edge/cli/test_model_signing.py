"""Who signs bundles, and whose bundles a store takes."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from models.bundle.signature import SIGNATURE, key_id, public_bytes, read_private, signer_named
from models.training.train import train
from tests.edge.cli.conftest import Cli
from tests.models.keys import KEY
from tests.models.town import SMALL, UNTIL, build_town


def own_key(home: Path) -> str:
    """Make the retailer's key the own one of whoever types; its id."""
    folder = home / "own" / "storeside"
    folder.mkdir(parents=True)
    private = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "model.key").write_bytes(private)
    (folder / "model.pub").write_bytes(public_bytes(KEY.public_key()))
    return key_id(KEY.public_key())


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    train(build_town(folder / "town"), folder / "out", UNTIL, 3, lambda _s, _d: None, SMALL)
    return folder / "out"


@pytest.fixture
def bundle(trained: Path, tmp_path: Path) -> Path:
    """Nobody has signed it."""
    return Path(shutil.copytree(trained, tmp_path / "bundle"))


def test_a_pair_of_keys_signs_a_bundle_that_a_store_then_takes(
    cli: Cli, store: Path, bundle: Path, tmp_path: Path
) -> None:
    made = cli("models", "key", "--out", tmp_path / "chain.key", "--json").document
    assert stat.S_IMODE((tmp_path / "chain.key").stat().st_mode) == 0o600
    said = cli("models", "sign", bundle, "--key", made["private"], "--json").document
    assert said["signed_by"] == made["key"] == signer_named(bundle)
    words = ("models", "activate", bundle, "--dir", store, "--older", "--json")
    assert "bundle refused (untrusted)" in cli(*words).err
    said = cli("models", "trust", made["public"], "--dir", store, "--json").document
    assert said["key"] == made["key"]
    assert cli(*words).document["model"] == "town@2017.05.21"
    Path(said["file"]).unlink()
    assert "bundle refused (untrusted)" in cli(*words).err


def test_an_unsigned_bundle_is_refused_with_the_mend(
    cli: Cli, store: Path, bundle: Path
) -> None:
    for words in (("verify", bundle), ("activate", bundle, "--dir", store)):
        said = cli("models", *words)
        assert (said.code, said.out) == (1, "")
        assert "bundle refused (unsigned)" in said.err
        assert "storeside models sign" in said.err


def test_what_you_signed_yourself_is_trusted_by_your_own_store_at_once(
    cli: Cli, store: Path, bundle: Path, tmp_path: Path
) -> None:
    key, before = own_key(tmp_path), set((store / "model-keys").iterdir())
    assert cli("models", "sign", bundle).out == f"town@2017.05.21 is signed by {key[:12]}\n"
    said = cli("models", "activate", bundle, "--dir", store, "--older")
    assert said.code == 0
    assert f"your own key {key[:12]} is trusted" in said.err
    # Besides the key of the store itself.
    fresh = set((store / "model-keys").iterdir()) - before
    assert [f.name for f in fresh] == [f"{key[:16]}.pub"]
    assert "your own key" not in cli("models", "activate", bundle, "--dir", store).err


def test_a_key_of_your_own_is_made_once(cli: Cli, bundle: Path, tmp_path: Path) -> None:
    assert "made a key" in cli("models", "sign", bundle).err
    first = (bundle / SIGNATURE).read_bytes()
    assert cli("models", "sign", bundle).err == ""
    assert (bundle / SIGNATURE).read_bytes() == first
    assert read_private(tmp_path / "own" / "storeside" / "model.key")


def test_a_broken_bundle_is_not_signed(cli: Cli, bundle: Path) -> None:
    (bundle / "model.onnx").write_bytes(b"")
    said = cli("models", "sign", bundle)
    assert "bundle refused (hash)" in said.err
    assert not (bundle / SIGNATURE).exists()


def test_words_for_people_name_the_key(cli: Cli, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "chain.key"
    assert f"{file} signs" in cli("models", "key", "--out", file).out
    assert "never written over" in cli("models", "key", "--out", file).err
    trusted = cli("models", "trust", tmp_path / "chain.pub", "--dir", store).out
    assert "are trusted" in trusted


def test_a_private_key_is_not_taken_for_a_public_one(
    cli: Cli, store: Path, tmp_path: Path
) -> None:
    cli("models", "key", "--out", tmp_path / "chain.key")
    before = set((store / "model-keys").iterdir())
    said = cli("models", "trust", tmp_path / "chain.key", "--dir", store)
    assert (said.code, said.out) == (1, "")
    assert "no public key" in said.err
    assert set((store / "model-keys").iterdir()) == before
