"""Who vouches for a bundle."""

import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from models.bundle.signature import (
    OWN_WORK,
    SIGNATURE,
    Signature,
    key_id,
    make_key,
    public_half,
    read_private,
    read_public,
    sign,
    signer_named,
    trust_in,
)
from models.errors import BundleRefused, KeyUnusable
from models.serving.open_bundle import open_bundle
from tests.models.keys import KEY, TRUST, signed, trusting


@pytest.fixture
def copy(bundle_dir: Path, tmp_path: Path) -> Path:
    return signed(Path(shutil.copytree(bundle_dir, tmp_path / "copy")))


def test_the_same_manifest_and_key_give_the_same_bytes_and_name(copy: Path) -> None:
    first, digest = (copy / SIGNATURE).read_bytes(), open_bundle(copy, TRUST).digest
    assert sign(copy, KEY) == key_id(KEY.public_key()) == signer_named(copy)
    assert (copy / SIGNATURE).read_bytes() == first
    assert open_bundle(copy, OWN_WORK).digest == open_bundle(copy, TRUST).digest == digest


def test_without_a_given_trust_only_the_release_key_counts(copy: Path) -> None:
    with pytest.raises(BundleRefused) as caught:
        open_bundle(copy)
    assert caught.value.reason == "untrusted"
    assert "models trust" in (caught.value.hint or "")
    assert len(trust_in().keys) == 1


def test_a_store_s_own_keys_are_trusted_besides_the_release_key(copy: Path) -> None:
    keys = trusting(copy.parent)
    (keys / "no-key.pub").write_text("nothing")
    assert len(trust_in(keys).keys) == 2
    assert open_bundle(copy, trust_in(keys))


def test_a_pair_of_keys_is_made_once_and_the_private_half_is_ours_alone(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "chain.key"
    made = make_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key_id(read_private(file).public_key()) == key_id(read_public(public_half(file)))
    with pytest.raises(KeyUnusable, match="never written over"):
        make_key(file)
    file.unlink()
    with pytest.raises(KeyUnusable, match="never written over"):
        make_key(file)
    assert key_id(read_public(public_half(file))) == key_id(made.public_key())


def test_a_private_key_is_not_named_like_a_public_one(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable):
        make_key(tmp_path / "chain.pub")


def test_files_that_are_no_keys_of_this_kind_are_refused(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    private, public = tmp_path / "other.key", tmp_path / "other.pub"
    private.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    for read, file in ((read_private, private), (read_public, public)):
        with pytest.raises(KeyUnusable, match="no Ed25519 key"):
            read(file)
    for read in (read_private, read_public):
        with pytest.raises(KeyUnusable, match="No such file"):
            read(tmp_path / "none")
    public.write_text("no key")
    for read in (read_private, read_public):
        with pytest.raises(KeyUnusable, match=r"no (private|public) key"):
            read(public)


def test_openssl_agrees(copy: Path, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    said = Signature.model_validate_json((copy / SIGNATURE).read_bytes())
    (tmp_path / "sig").write_bytes(bytes.fromhex(said.signature))
    public = trusting(tmp_path) / "retailer.pub"
    words: list[str | Path] = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        public,
        "-rawin",
        "-in",
    ]
    words += [copy / "manifest.json", "-sigfile", tmp_path / "sig"]
    assert b"Verified" in subprocess.run(words, check=True, capture_output=True).stdout  # noqa: S603 - openssl itself


def test_a_bundle_without_a_readable_signature_names_no_signer(copy: Path) -> None:
    (copy / SIGNATURE).write_text("{}")
    assert signer_named(copy) is None
    (copy / SIGNATURE).unlink()
    assert signer_named(copy) is None
