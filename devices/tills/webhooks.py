"""Signed webhooks by Standard Webhooks: a cloud till proves its message by a secret that it shares with the store.

The door ``/v1/pos/webhooks/{mapping}`` asks `signed_by`; ``storeside device add --webhook`` tells the secret once.
Nothing is kept but a random salt beside the device's account: the secret follows from it and the store's own key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from standardwebhooks import Webhook, WebhookVerificationError

HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
# A sender signs with its old and its new secret while it changes; more is a guesser's.
_MOST_SIGNATURES: Final = 8


def secret_of(key: bytes, device: str, salt: str) -> str:
    """The secret of a device, in the form that senders of Standard Webhooks take; ``key`` is the store's own."""
    made = hmac.digest(key, f"webhook\x00{device}\x00{salt}".encode(), hashlib.sha256)
    return f"whsec_{base64.b64encode(made).decode()}"


def signed_by(
    secrets_of: Iterable[tuple[str, str]], headers: Mapping[str, str], body: bytes
) -> str | None:
    """The device of ``secrets_of`` (device, secret) that signed ``body`` within five minutes, or None."""
    told = {name: headers.get(name, "") for name in HEADERS}
    if told["webhook-signature"].count(" ") >= _MOST_SIGNATURES:
        return None
    # Each one is tried, also after the right one: how long it takes does not tell whose it was.
    signers = [device for device, secret in secrets_of if _is_signed(secret, told, body)]
    return signers[0] if signers else None


def _is_signed(secret: str, told: dict[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, told, json_parse=False)
    # ValueError: a signature that is no base64, a body that is no UTF-8.
    except (WebhookVerificationError, ValueError):
        return False
    return True
