"""Who vouches for a bundle: an Ed25519 signature over the exact bytes of its manifest.

``edge.cli.model_signing`` makes keys and signs; ``serving.verify`` asks for the signature before it reads
anything else.

The manifest seals every other file, so one signature covers them all. It is deterministic: the same
manifest and key give the same bytes. ``openssl`` can read the keys (PEM) and make or check the signature.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.bundle.manifest import MANIFEST, MANIFEST_BYTES_MAX, Digest, read_plain
from models.errors import BundleRefused, KeyUnusable

SIGNATURE = "signature.json"
RELEASE = Path(__file__).parent.parent / "artifacts" / "release.pub"
"""The key of the product's own releases, which every store trusts."""

# A signature has 64 bytes and a key id; whatever is larger is none.
_SIGNATURE_BYTES_MAX = 1024
_KEY_BYTES_MAX = 4096
_PUBLIC = ".pub"


class Signature(BaseModel):
    """``signature.json``: the id of the key, and what it made of the manifest, in hexadecimal."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1] = 1
    key: Digest
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]

    def to_bytes(self) -> bytes:
        """The file's bytes; no other way to write the same is accepted."""
        return (self.model_dump_json(indent=2) + "\n").encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """A closed set of public keys, by id. ``unsigned``: no signature is asked for at all."""

    keys: Mapping[str, Ed25519PublicKey]
    unsigned: bool = False

    def signer(self, manifest: bytes, signature: bytes | None) -> str | None:
        """The id of the trusted key that signed ``manifest``; None where none is asked for.

        Raises ``BundleRefused``: ``unsigned``, ``signature`` or ``untrusted``.
        """
        if self.unsigned:
            return None
        if signature is None:
            raise BundleRefused(reason="unsigned", detail=f"it has no {SIGNATURE}")
        said = _read_signature(signature)
        key = self.keys.get(said.key)
        if key is None:
            raise BundleRefused(
                reason="untrusted", detail=f"key {said.key[:12]} is none of those trusted here"
            )
        try:
            key.verify(bytes.fromhex(said.signature), manifest)
        except InvalidSignature as wrong:
            raise BundleRefused(
                reason="signature", detail=f"key {said.key[:12]} did not sign this manifest"
            ) from wrong
        return said.key


OWN_WORK = Trust(keys={}, unsigned=True)
"""For whoever judges a bundle of their own making; a store's service is never given it."""


def trust_in(folder: Path | None = None) -> Trust:
    """The release key and each ``*.pub`` in ``folder``; a file that is no key adds no trust."""
    found = [RELEASE]
    if folder is not None and folder.is_dir():
        found += sorted(folder.glob(f"*{_PUBLIC}"))
    keys: dict[str, Ed25519PublicKey] = {}
    for file in found:
        try:
            key = read_public(file)
        except KeyUnusable:
            continue
        keys[key_id(key)] = key
    return Trust(keys=keys)


def read_signature(folder: Path) -> bytes | None:
    """The bytes of the bundle's signature, or None without one."""
    # A link that leads nowhere is a signature that cannot be read, not a missing one.
    if not os.path.lexists(folder / SIGNATURE):
        return None
    return read_plain(folder / SIGNATURE, limit=_SIGNATURE_BYTES_MAX)


def signer_named(folder: Path) -> str | None:
    """The id that a bundle's signature names, unproven; None without a readable one."""
    try:
        data = read_signature(folder)
        return None if data is None else _read_signature(data).key
    except BundleRefused:
        return None


def sign(folder: Path, key: Ed25519PrivateKey) -> str:
    """Sign the manifest in ``folder`` as it is; the key's id."""
    manifest = read_plain(folder / MANIFEST, limit=MANIFEST_BYTES_MAX)
    made = Signature(key=key_id(key.public_key()), signature=key.sign(manifest).hex())
    # Taken away first: through a link somebody else's file would be written.
    (folder / SIGNATURE).unlink(missing_ok=True)
    (folder / SIGNATURE).write_bytes(made.to_bytes())
    return made.key


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256 of the 32 bytes of a public key."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def make_key(file: Path) -> Ed25519PrivateKey:
    """A fresh pair: ``file``, which only we may read, and beside it the public half, ``.pub``.

    Raises ``KeyUnusable`` rather than write over a key that is there.
    """
    for half in (file, public_half(file)):
        if half.exists() or file.suffix == _PUBLIC:
            raise KeyUnusable("a key is never written over; name another file", path=half)
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Born with its rights, so that nobody can read it for a moment; O_EXCL, since ``exists`` is a while ago.
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as opened:
        opened.write(private)
        opened.flush()
        # On disk before there is a public half that a store could trust.
        os.fsync(opened.fileno())
    public_half(file).write_bytes(public_bytes(key.public_key()))
    return key


def public_half(file: Path) -> Path:
    """Where the public half of the private key in ``file`` lies."""
    return file.with_suffix(_PUBLIC)


def public_bytes(key: Ed25519PublicKey) -> bytes:
    """A public key as PEM, the form of ``*.pub``."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_private(file: Path) -> Ed25519PrivateKey:
    """The private key in ``file``. Raises ``KeyUnusable``."""
    try:
        key = load_pem_private_key(_key_bytes(file), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as broken:
        raise KeyUnusable("no private key without a password", path=file) from broken
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable("no Ed25519 key", path=file)
    return key


def read_public(file: Path) -> Ed25519PublicKey:
    """The public key in ``file``. Raises ``KeyUnusable``."""
    try:
        key = load_pem_public_key(_key_bytes(file))
    except (ValueError, UnsupportedAlgorithm) as broken:
        raise KeyUnusable("no public key", path=file) from broken
    if not isinstance(key, Ed25519PublicKey):
        raise KeyUnusable("no Ed25519 key", path=file)
    return key


def _key_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_KEY_BYTES_MAX)
    except OSError as absent:
        raise KeyUnusable(absent.strerror or "cannot be read", path=file) from absent


def _read_signature(data: bytes) -> Signature:
    try:
        said = Signature.model_validate_json(data)
    except ValidationError as broken:
        raise BundleRefused(reason="signature", detail=f"{SIGNATURE} is none") from broken
    if said.to_bytes() != data:
        raise BundleRefused(reason="signature", detail=f"{SIGNATURE} is not as it was written")
    return said
