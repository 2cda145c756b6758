"""A retailer's own signing key, and a store that trusts it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.bundle.signature import Trust, key_id, public_bytes, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TRUST = Trust(keys={key_id(KEY.public_key()): KEY.public_key()})


def signed(folder: Path) -> Path:
    """``folder``, its bundle signed by the retailer."""
    sign(folder, KEY)
    return folder


def trusting(folder: Path) -> Path:
    """The folder of keys that a store in ``folder`` has, the retailer's in it."""
    keys = folder / "model-keys"
    keys.mkdir(parents=True, exist_ok=True)
    (keys / "retailer.pub").write_bytes(public_bytes(KEY.public_key()))
    return keys
