"""Names of things, kept apart by type so that a visit can never be passed for a person."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import NewType

from ulid import ULID

from edge.domain import telephone

Token = NewType("Token", str)
"""A customer's pseudonym, ``c-`` and lower-case base32; never a raw identifier."""
VisitId = NewType("VisitId", str)
DecisionId = NewType("DecisionId", str)
OfferId = NewType("OfferId", str)
BasketId = NewType("BasketId", str)
DeviceId = NewType("DeviceId", str)
Sku = NewType("Sku", str)
ItemKey = NewType("ItemKey", int)
"""A product as a 64-bit number: the common currency with the model's arrays."""

# 130 bits of a 256-bit code: far beyond collision for any chain, short enough to read out.
_CODE_CHARACTERS = 26
# Shorter identifiers are place holders that many people share.
_LEAST_CHARACTERS = 4


def dated(kind: str, at: datetime) -> str:
    """A new name that no other store makes too, which tells the real instant at which it was made."""
    return f"{kind}-{ULID.from_datetime(at)}".lower()


def made_at(name: str) -> datetime | None:
    """The real instant at which a name was made; None where it does not tell."""
    try:
        return ULID.from_str(name.partition("-")[2].upper()).datetime
    except ValueError:
        return None


def label(visit: VisitId) -> str:
    """A visit's short name for people."""
    return visit[-6:].lower()


def normalised(kind: str, value: str, region: str | None = None) -> str:
    """``value`` in the one spelling under which identifiers of ``kind`` are compared; empty where it is none.

    E-mail loses case and outer space; a phone number becomes E.164 as it is dialled in ``region`` (a country such as
    ``DE``; without one only numbers with their country code can be read), a loyalty number its letters and digits.
    """
    if kind == "phone":
        return telephone.e164(value, region) or ""
    text = value.strip().casefold()
    if kind == "loyalty":
        return "".join(c for c in text if c.isalnum())
    return text


def is_usable(kind: str, value: str, region: str | None = None) -> bool:
    """Whether enough is left of an identifier to tell people apart: ``n/a`` is nobody's phone number."""
    return len(normalised(kind, value, region)) >= _LEAST_CHARACTERS


def link_code(key: bytes, kind: str, value: str, region: str | None = None) -> str:
    """The keyed code under which an identifier is looked up; the identifier itself is not kept.

    Args:
        key: This store's secret, 32 bytes; codes of two stores never match.
        kind: ``loyalty``, ``email``, ``phone`` …, part of what is coded.
        value: What the person typed or scanned.
        region: The store's country, in which a phone number is dialled.
    """
    return _coded(key, kind, normalised(kind, value, region))


def earlier_codes(
    key: bytes, kind: str, value: str, region: str | None = None
) -> tuple[str, ...]:
    """The codes that this store may have kept of the identifier before phone numbers were spelt as E.164."""
    forms = telephone.earlier_forms(value, region) if kind == "phone" else ()
    # The rule of that time: shorter ones were never coded.
    return tuple(_coded(key, kind, form) for form in forms if len(form) >= _LEAST_CHARACTERS)


def _coded(key: bytes, kind: str, spelling: str) -> str:
    # With its kind: a number given as a phone must not open the account of a loyalty card.
    digest = hmac.new(key, f"{kind}\x00{spelling}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:_CODE_CHARACTERS]


def fresh_token(code: str) -> Token:
    """The pseudonym of a person first met in this store under the link code ``code``."""
    return Token(f"c-{code}")


def digest_of(data: bytes) -> str:
    """SHA-256 of ``data`` as 64 hexadecimal digits: the name of a snapshot or configuration."""
    return hashlib.sha256(data).hexdigest()


def event_name(source: str, event: str) -> str:
    """One short name for a device's event everywhere: ``e-`` and 32 hexadecimal digits of ``(source, id)``."""
    code = hashlib.blake2b(f"{source}\x00{event}".encode(), digest_size=16).hexdigest()
    return f"e-{code}"
