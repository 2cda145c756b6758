"""The key with which a store signs the bundles that it makes itself: made once, kept secret, trusted here alone.

`init` makes it, the night's learning signs with it; activation asks the folder of trusted keys for its public half.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.app.settings import Settings
from models.bundle.signature import key_id, make_key, public_bytes, public_half, read_private

_FILE = "model.key"


def store_key(settings: Settings) -> Ed25519PrivateKey:
    """The store's own key, made and trusted by this store where it is not yet. Raises ``KeyUnusable``."""
    file = settings.secrets / _FILE
    if not file.exists():
        make_key(file)
        # Nothing in this folder is for others, not even what is no secret.
        public_half(file).chmod(0o600)
    key = read_private(file)
    public = key.public_key()
    trust_key(settings.model_keys, public_bytes(public), key_id(public))
    return key


def trust_key(keys: Path, public: bytes, name: str) -> Path:
    """Put a public key into a store's folder, whole or not at all; the same key twice is one file."""
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    # By the key's own name.
    file, fresh = keys / f"{name[:16]}.pub", keys / f".{name[:16]}"
    fresh.write_bytes(public)
    fresh.replace(file)
    return file
