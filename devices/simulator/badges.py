"""What shoppers and walls send out: rotating ids, signed claims, plain beacons, and strangers' phones.

Scripts ask it what a shopper sends at a moment; the gateway's station then reports it.
"""

import base64
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.jwk import OKPKey

from devices.beacons import key_from, make_claim, rotating_id, window_of
from devices.simulator.chance import stable_id
from devices.simulator.trip import CarriedIdentifiers

_IBEACON_DIGITS = 40
_ROTATING_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Badges:
    """The radio side of one store, and the text that its kiosk shows before anybody agrees."""

    store: str
    notice_id: str

    def rotating(self, owner: CarriedIdentifiers, now: datetime) -> str:
        """What the owner's app broadcasts at the real instant ``now``."""
        return rotating_id(owner.beacon_key, window_of(now))

    def claim(self, owner: CarriedIdentifiers, zone: str, now: datetime) -> str:
        """The owner's app signs that it is here: good for half a minute and one use."""
        return make_claim(signing_key(owner.claim_key), store=self.store, zone=zone, now=now)

    def plain(self, zone: str) -> str:
        """The store's own iBeacon in ``zone``; anybody may copy it, so it says a zone at most."""
        # Repeated to the length of an iBeacon's id.
        return (stable_id(self.store, zone, "beacon") * 3)[:_IBEACON_DIGITS]

    def stranger(self, key: str) -> str:
        """A phone that is not ours to know."""
        # Of an app id's form but made with no key, so it resolves to nobody.
        return (stable_id(key, "stranger") * 2)[:_ROTATING_DIGITS]


# An app signs at every sighting; its key is made once.
@cache
def signing_key(seed: bytes) -> OKPKey:
    """The app's Ed25519 key made from 32 bytes."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return key_from({"kty": "OKP", "crv": "Ed25519", "x": _text(public), "d": _text(seed)})


def public_jwk(key: OKPKey) -> dict[str, str]:
    """The half of the app's key that the store gets, as a JSON Web Key with its thumbprint."""
    jwk = key.as_dict(private=False)
    return {"kid": key.thumbprint(), **{name: str(jwk[name]) for name in ("kty", "crv", "x")}}


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
