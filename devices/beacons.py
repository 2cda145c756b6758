"""Who a beacon can stand for: frames of plain beacons, rotating ids of the shop's app, and signed claims.

`edge.state.identity_lookup` asks it whom a sighting stands for; the simulators make the same frames with it.

A plain iBeacon or Eddystone id is printed on the air for everybody to copy, so it gives a zone at most. An
app either sends a rotating id, which only holders of its key can make or resolve, or signs a claim that it
is in this store now.
"""

import hashlib
import hmac
import secrets
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey
from pydantic import Field

from devices.errors import MessageRefused, Refusal
from devices.messages.fields import Name, Wire

WINDOW_S: Final = 900
"""A rotating id lives a quarter of an hour; phones' clocks may be one window off to either side."""
CLAIM_LIMIT_S: Final = 30
_SKEW_S: Final = 5
"""How far ahead of ours the clock of a signing phone may be."""
# The length of an Eddystone EID; a rotating id has the same.
_ID_BYTES: Final = 8
_MADE_WITH: Final = "Ed25519"
_ALGORITHMS: Final = ("Ed25519", "EdDSA")
"""Two names of one algorithm; the second is the older."""
# Company and service ids as they stand on the air, low byte first.
_APPLE: Final = bytes((0x4C, 0x00))
_GOOGLE: Final = bytes((0xAA, 0xFE))
_IBEACON: Final = bytes((0x02, 0x15))
_IBEACON_LENGTH: Final = 23
# Some senders leave out the two bytes that Eddystone reserves at the end.
_UID_LENGTHS: Final = (18, 20)
_EID_LENGTH: Final = 10
_ONE_METRE_LOSS_DB: Final = 41
"""Eddystone gives its power at 0 m, iBeacon at 1 m; this lies between."""


class BeaconKind(StrEnum):
    """What sort of id was heard. Only the first two can identify."""

    APP = "app"
    EID = "eid"
    IBEACON = "ibeacon"
    EDDYSTONE_UID = "eddystone-uid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One advertisement, taken apart; ``tx_power_dbm`` is the power expected at 1 m."""

    kind: BeaconKind
    id: str
    tx_power_dbm: int


def parse_frame(frame: bytes | str) -> Frame | None:
    """The beacon in manufacturer or service data (bytes or hex), or None if it is none that we know.

    iBeacon: company 0x004C, then ``02 15``, UUID, major, minor, power. Eddystone: service 0xFEAA, then a
    UID (0x00) or EID (0x30) frame. The company or service id may be missing, as some scanners strip it.
    """
    try:
        raw = bytes.fromhex(frame) if isinstance(frame, str) else frame
    except ValueError:
        return None
    # Scanners differ: some hand on the company's or service's two bytes, some strip them.
    raw = raw.removeprefix(_APPLE).removeprefix(_GOOGLE)
    if raw.startswith(_IBEACON) and len(raw) == _IBEACON_LENGTH:
        return _ibeacon(raw)
    if raw[:1] == b"\x00" and len(raw) in _UID_LENGTHS:
        return _eddystone(BeaconKind.EDDYSTONE_UID, raw, 16)
    if raw[:1] == b"\x30" and len(raw) == _EID_LENGTH:
        return _eddystone(BeaconKind.EID, raw, _ID_BYTES)
    return None


def _ibeacon(raw: bytes) -> Frame:
    major, minor = int.from_bytes(raw[18:20]), int.from_bytes(raw[20:22])
    place = f"{UUID(bytes=raw[2:18])}-{major:04x}-{minor:04x}"
    return Frame(kind=BeaconKind.IBEACON, id=place, tx_power_dbm=_signed(raw[22]))


def _eddystone(kind: BeaconKind, raw: bytes, length: int) -> Frame:
    power = _signed(raw[1]) - _ONE_METRE_LOSS_DB
    return Frame(kind=kind, id=raw[2 : 2 + length].hex(), tx_power_dbm=power)


def _signed(value: int) -> int:
    return value - 256 if value > 127 else value  # noqa: PLR2004 - two's complement of one byte


def window_of(now: datetime) -> int:
    """The number of the quarter of an hour that ``now`` is in."""
    return int(now.timestamp()) // WINDOW_S


def rotating_id(key: bytes, window: int) -> str:
    """The id that the holder of ``key`` broadcasts in one window: 8 bytes as hex."""
    return hmac.new(key, window.to_bytes(8), hashlib.sha256).digest()[:_ID_BYTES].hex()


class _Window:
    """The ids of one quarter of an hour, made whole or in portions. A clash of two people is nobody."""

    def __init__(self, number: int, tokens: Iterable[str]) -> None:
        self.number = number
        self.ids: dict[str, str | None] = {}
        self.left = list(tokens)

    def make(self, keys: Mapping[str, bytes], limit: int) -> None:
        for _ in range(min(limit, len(self.left))):
            token = self.left.pop()
            # Somebody may have been forgotten since the list was made; they must stay a stranger.
            if token in keys:
                self.put(token, keys[token])

    def put(self, token: str, key: bytes) -> None:
        id_ = rotating_id(key, self.number)
        # Once two people have shared an id it stays nobody's: a guess would show one what is the other's.
        self.ids[id_] = token if self.ids.get(id_, token) == token else None


class Resolver:
    """Finds whose rotating id was heard, in this window or a neighbour of it.

    A look-up is one step whatever the number of people. The ids of a window are made when it is first
    needed; ``warm`` makes them beforehand in small portions, so that nobody waits when the window turns
    (about 2 µs an id).
    """

    def __init__(self, keys: Mapping[str, bytes] | None = None) -> None:
        """``keys`` are the apps' keys by token."""
        self._keys = dict(keys or {})
        self._windows: dict[int, _Window] = {}

    def put(self, token: str, key: bytes) -> None:
        """From now on ``key`` stands for ``token``; an earlier key of it no longer does."""
        # Before the new key stands: the phone with the old one must not go on being known.
        self.forget(token)
        self._keys[token] = key
        for window in self._windows.values():
            window.put(token, key)

    def forget(self, token: str) -> None:
        """The token's ids are a stranger's from now on."""
        key = self._keys.pop(token, None)
        if key is not None:
            for window in self._windows.values():
                window.ids.pop(rotating_id(key, window.number), None)

    def resolve(self, id_: str, now: datetime) -> str | None:
        """Whose id this is, or None for a stranger's, an old or a doubtful one."""
        middle = window_of(now)
        for number in (middle, middle - 1, middle + 1):
            window = self._window(number)
            # A window that nobody has warmed is made whole here, or a customer would pass for a stranger.
            window.make(self._keys, len(window.left))
            found = window.ids.get(id_)
            if found is not None:
                return found
        return None

    def warm(self, now: datetime, limit: int = 500) -> bool:
        """Make up to ``limit`` ids that will be needed soon; true when all are there."""
        middle = window_of(now)
        # A phone's clock may be one window off and no more, so older ids are never asked for.
        for stale in [number for number in self._windows if number < middle - 1]:
            del self._windows[stale]
        # One window more than is asked for now, so that the next turn finds its neighbour made.
        for number in range(middle - 1, middle + 3):
            window = self._window(number)
            if window.left:
                window.make(self._keys, limit)
                # One portion a call, so that the loop is free again between two.
                return False
        return True

    def _window(self, number: int) -> _Window:
        if number not in self._windows:
            self._windows[number] = _Window(number, self._keys)
        return self._windows[number]


class SignedClaim(Wire):
    """What a phone has signed: that it is in this store, now; ``jti`` makes it good for one use."""

    store: Name
    zone: Name | None = None
    # At least 16 characters, so that no two claims share one by chance.
    jti: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")
    iat: int = Field(ge=0, le=2**53)
    exp: int = Field(ge=0, le=2**53)

    @property
    def expires_at(self) -> datetime:
        """When it is no longer good."""
        return datetime.fromtimestamp(self.exp, UTC)


def new_key() -> OKPKey:
    """A fresh Ed25519 key for one app."""
    return OKPKey.generate_key("Ed25519")


def key_from(jwk: Mapping[str, str]) -> OKPKey:
    """The key in a JSON Web Key; claim-invalid if it is not one of Ed25519."""
    try:
        key = OKPKey.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise MessageRefused(Refusal.CLAIM_INVALID, "no key") from error
    # A key of this kind may be X25519 as well, which signs nothing.
    if key.curve_name != "Ed25519":
        raise MessageRefused(Refusal.CLAIM_INVALID, "not a key of Ed25519")
    return key


def make_claim(
    private_key: OKPKey,
    *,
    store: str,
    now: datetime,
    zone: str | None = None,
    ttl_s: int = CLAIM_LIMIT_S,
    jti: str | None = None,
) -> str:
    """A signed presence claim (compact JWS); its ``kid`` is the key's thumbprint."""
    issued = int(now.timestamp())
    claim = SignedClaim(
        store=store,
        zone=zone,
        jti=jti or secrets.token_urlsafe(16),
        iat=issued,
        exp=issued + ttl_s,
    )
    # The store finds the key by it; the claim itself names nobody.
    header = {"alg": _MADE_WITH, "kid": private_key.thumbprint()}
    body = claim.model_dump_json(exclude_none=True).encode()
    return jws.serialize_compact(header, body, private_key, algorithms=[_MADE_WITH])


def claim_kid(claim: str) -> str:
    """The thumbprint of the key that a claim says it was signed with, so that the key can be found."""
    try:
        # Not verified yet: the kid only tells which key to try.
        kid = jws.extract_compact(claim.encode()).protected.get("kid")
    except (JoseError, ValueError) as error:
        raise MessageRefused(Refusal.CLAIM_INVALID, "no signed claim") from error
    if not isinstance(kid, str):
        raise MessageRefused(Refusal.CLAIM_INVALID, "no kid")
    return kid


def verify_claim(
    claim: str, public_key: OKPKey, now: datetime, store: str, *, limit_s: int = CLAIM_LIMIT_S
) -> SignedClaim:
    """The claim, if this key signed it, for this store, and it is good now; else claim-invalid.

    That each ``jti`` is used once is for the caller to keep, on disk.
    """
    # The signature first: nothing of an unsigned claim is worth a look.
    found = _signed_by(public_key, claim)
    seconds = now.timestamp()
    faults = {
        "another key's thumbprint": claim_kid(claim) != public_key.thumbprint(),
        "another store": found.store != store,
        # A phone could otherwise sign for a whole year, and a copy of its claim would be good for as long.
        "a life too long": not 0 < found.exp - found.iat <= limit_s,
        "over": seconds >= found.exp,
        # A phone's clock may be a little ahead, but a claim cannot be signed now for later.
        "from the future": found.iat > seconds + _SKEW_S,
    }
    for fault, present in faults.items():
        if present:
            raise MessageRefused(Refusal.CLAIM_INVALID, fault)
    return found


def _signed_by(key: OKPKey, claim: str) -> SignedClaim:
    try:
        with warnings.catch_warnings():
            # Phones still write the older name of the same algorithm, which the library warns of.
            warnings.simplefilter("ignore", SecurityWarning)
            signed = jws.deserialize_compact(claim, key, algorithms=list(_ALGORITHMS))
        return SignedClaim.model_validate_json(signed.payload)
    except (JoseError, ValueError) as error:  # a ValidationError is a ValueError
        raise MessageRefused(Refusal.CLAIM_INVALID, "not signed by this key") from error
