"""People of the demo: real households under invented identifiers, with invented and varied consents.

``seed`` sends them down as the centre's customers; ``trips`` lets them be known by what they carry.

Everything hangs on the household's number alone, so that two demos have the same people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.simulator.badges import public_jwk, signing_key
from devices.simulator.chance import happens, pick, share
from devices.simulator.trip import CarriedIdentifiers
from edge.domain.consent import ConsentEntry, ConsentState, Purpose
from edge.domain.ids import Token, fresh_token, link_code

OPTED_IN = 0.8

# Of those who want to be recognised, how many want this, too.
_ALSO = {
    Purpose.PERSONALISE_PRIVATE: 0.95,
    Purpose.PERSONALISE_PUBLIC: 0.4,
    Purpose.ASSOCIATE_ASSIST: 0.75,
    Purpose.CHECKOUT_OFFER: 0.85,
    Purpose.MEASURE: 0.9,
    Purpose.TRAIN: 0.6,
    Purpose.SHARE: 0.7,
}
# How the rest came to allow nothing; each must read as a no.
_NOT = ("silent", "refused", "withdrawn", "expired")

_GIVEN_DAYS_AGO = 20
_GIVEN_SPREAD_DAYS = 300
# As long as the US policy lets a consent hold (``consent_days``).
_HOLDS = timedelta(days=395)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMarket:
    """The market whose rules hold, and the text that was shown when consent was asked."""

    name: str
    notice_id: str


def identifiers(household: int) -> CarriedIdentifiers:
    """What one household carries; no number is a real person's, and none could be a payment card's."""
    return CarriedIdentifiers(
        loyalty=f"41{household:08d}",
        email=f"household.{household}@example.org",
        phone=f"+1555{household:07d}",
        beacon_key=_secret(household, "beacon"),
        claim_key=_secret(household, "claim"),
    )


def token_of(household: int, store_key: bytes) -> Token:
    """The pseudonym under which the centre knows this household."""
    return fresh_token(link_code(store_key, "household", str(household)))


def enrolling_token(household: int, store_key: bytes) -> Token:
    """The pseudonym that a household unknown to the centre gets when it enrols with its card."""
    return fresh_token(link_code(store_key, "loyalty", identifiers(household).loyalty))


def opted_in(household: int) -> bool:
    """Whether the household agreed to be recognised before the replay."""
    return happens(OPTED_IN, household, "opted in")


def purposes_of(household: int) -> frozenset[Purpose]:
    """What the household allows when the replay begins."""
    if not opted_in(household):
        return frozenset()
    also = {p for p, chance in _ALSO.items() if happens(chance, household, p.value)}
    return frozenset({Purpose.RECOGNISE, *also})


def ledger(
    household: int, token: Token, market: DemoMarket, now: datetime
) -> Iterator[ConsentEntry]:
    """The household's consent lines at the real instant ``now``, oldest first."""
    days = _GIVEN_DAYS_AGO + share(household, "asked") * _GIVEN_SPREAD_DAYS
    asked_at = (now - timedelta(days=days)).replace(microsecond=0)
    if opted_in(household):
        allowed = purposes_of(household)
        for purpose in Purpose:
            given = ConsentState.GIVEN if purpose in allowed else ConsentState.REFUSED
            yield _entry(token, purpose, given, market, asked_at)
        return
    yield from _a_no(pick(_NOT, household, "no"), token, market, asked_at)


def _a_no(
    how: str, token: Token, market: DemoMarket, asked_at: datetime
) -> Iterator[ConsentEntry]:
    for purpose in (Purpose.RECOGNISE, Purpose.PERSONALISE_PRIVATE):
        if how == "refused":
            yield _entry(token, purpose, ConsentState.REFUSED, market, asked_at)
        elif how == "expired":
            # Old enough to have run out before the demo begins.
            yield _entry(token, purpose, ConsentState.GIVEN, market, asked_at - _HOLDS)
        elif how == "withdrawn":
            yield _entry(token, purpose, ConsentState.GIVEN, market, asked_at)
            later = asked_at + timedelta(days=2)
            yield _entry(token, purpose, ConsentState.WITHDRAWN, market, later)


def _entry(
    token: Token, purpose: Purpose, state: ConsentState, market: DemoMarket, at: datetime
) -> ConsentEntry:
    return ConsentEntry(
        id=f"{token}.{purpose.value}.{int(at.timestamp())}.{state.value}",
        token=token,
        purpose=purpose,
        state=state,
        market=market.name,
        notice_id=market.notice_id,
        given_at=at,
        expires_at=at + _HOLDS if state is ConsentState.GIVEN else None,
        channel="central",
    )


def links(carried: CarriedIdentifiers, store_key: bytes) -> list[dict[str, str]]:
    """The keyed codes of what a household carries, as the store keeps them."""
    named = {"loyalty": carried.loyalty, "email": carried.email, "phone": carried.phone}
    return [
        {"kind": kind, "code": link_code(store_key, kind, value)}
        for kind, value in named.items()
    ]


def app_key(carried: CarriedIdentifiers) -> dict[str, str]:
    """The public half of the key with which the household's app signs that it is here."""
    return public_jwk(signing_key(carried.claim_key))


def _secret(household: int, what: str) -> bytes:
    return hashlib.sha256(f"storeside demo {what} {household}".encode()).digest()
