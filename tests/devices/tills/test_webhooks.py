"""Standard Webhooks: whose signature it is, and everything that is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from devices.tills.webhooks import secret_of, signed_by

BODY = b'{"order":"Caf\xc3\xa9"}'
SECRETS = [(name, secret_of(b"k" * 32, name, "00" * 16)) for name in ("till-1", "till-2")]


def signed(
    secret: str, changed: dict[str, str] | None = None, at: datetime | None = None
) -> dict[str, str]:
    at = at or datetime.now(UTC)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", at, BODY.decode()),
        **(changed or {}),
    }


@pytest.mark.parametrize("which", [0, 1])
def test_the_signer_is_found(which: int) -> None:
    device, secret = SECRETS[which]
    assert signed_by(SECRETS, signed(secret), BODY) == device


def test_a_second_signature_is_looked_at_too() -> None:
    mine = signed(SECRETS[0][1])
    both = f"v1,AAAA v1a,BBBB {mine['webhook-signature']}"
    assert signed_by(SECRETS, {**mine, "webhook-signature": both}, BODY) == "till-1"


WRONG: dict[str, dict[str, str]] = {
    "no id": {"webhook-id": ""},
    "another id": {"webhook-id": "msg_2"},
    "no timestamp": {"webhook-timestamp": ""},
    "a word for a timestamp": {"webhook-timestamp": "now"},
    "a timestamp without end": {"webhook-timestamp": "inf"},
    "another timestamp": {"webhook-timestamp": "1"},
    "no signature": {"webhook-signature": ""},
    "no version": {"webhook-signature": "AAAA"},
    "no base64": {"webhook-signature": "v1,*"},
    "another version": {"webhook-signature": "v2,AAAA"},
    "too many": {"webhook-signature": " ".join(["v1,AAAA"] * 9)},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG.keys())
def test_what_is_not_signed_is_nobody_s(changed: dict[str, str]) -> None:
    assert signed_by(SECRETS, signed(SECRETS[0][1], changed), BODY) is None


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_hour_is_none(minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    assert signed_by(SECRETS, signed(SECRETS[0][1], at=at), BODY) is None


def test_another_body_or_no_text_at_all_is_not_signed() -> None:
    headers = signed(SECRETS[0][1])
    assert signed_by(SECRETS, headers, BODY + b" ") is None
    assert signed_by(SECRETS, headers, b"\xff\xfe") is None


def test_a_secret_is_of_one_store_one_device_and_one_salt() -> None:
    made = {
        secret_of(key, device, salt)
        for key in (b"a" * 32, b"b" * 32)
        for device in ("till-1", "till-2")
        for salt in ("00" * 16, "11" * 16)
    }
    assert len(made) == 8
    assert signed_by(SECRETS, signed(secret_of(b"x" * 32, "till-1", "00" * 16)), BODY) is None
