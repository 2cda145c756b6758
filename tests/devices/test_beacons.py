"""Beacons: what a frame says, whose rotating id it is, and which claims are believed."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from devices.beacons import (
    WINDOW_S,
    BeaconKind,
    Frame,
    Resolver,
    claim_kid,
    key_from,
    make_claim,
    new_key,
    parse_frame,
    rotating_id,
    verify_claim,
    window_of,
)
from devices.errors import MessageRefused, Refusal
from devices.messages import Beacon
from tests.devices.builders import NOW

IBEACON = "4c000215" + "e2c56db5dffb48d2b060d0f5a71096e0" + "0102" + "00ff" + "c5"
UID = "aafe00e7" + "00112233445566778899" + "aabbccddeeff" + "0000"
EID = "aafe30e7" + "0123456789abcdef"
KEYS = {f"c-{n}": bytes([n]) * 32 for n in range(1, 6)}
WINDOW = timedelta(seconds=WINDOW_S)


def test_an_ibeacon_frame_is_read() -> None:
    expected = Frame(
        kind=BeaconKind.IBEACON,
        id="e2c56db5-dffb-48d2-b060-d0f5a71096e0-0102-00ff",
        tx_power_dbm=-59,
    )
    assert parse_frame(IBEACON) == expected
    assert parse_frame(bytes.fromhex(IBEACON)[2:]) == expected


def test_eddystone_frames_are_read() -> None:
    uid = Frame(
        kind=BeaconKind.EDDYSTONE_UID, id="00112233445566778899aabbccddeeff", tx_power_dbm=-66
    )
    assert parse_frame(UID) == parse_frame(UID[:-4]) == uid
    eid = Frame(kind=BeaconKind.EID, id="0123456789abcdef", tx_power_dbm=-66)
    assert parse_frame(bytes.fromhex(EID)) == eid


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "zz",
        "4c00",
        IBEACON[:-2],
        IBEACON + "00",
        EID[:-2],
        "aafe20000000",
        "aafe10",
        b"\x07",
    ],
)
def test_other_frames_are_none_that_we_know(frame: str | bytes) -> None:
    assert parse_frame(frame) is None


@given(st.binary(max_size=40))
def test_any_bytes_are_a_frame_or_none_and_an_id_fits_its_message(raw: bytes) -> None:
    found = parse_frame(raw)
    if found is not None:
        assert Beacon(kind=found.kind.value, id=found.id)


@given(st.integers(-1, 1), st.sampled_from(sorted(KEYS)))
def test_an_id_resolves_one_window_to_either_side(shift: int, token: str) -> None:
    heard = rotating_id(KEYS[token], window_of(NOW) + shift)
    assert Resolver(KEYS).resolve(heard, NOW) == token


@given(st.integers(2, 100_000), st.booleans())
def test_an_older_or_newer_id_is_a_strangers(shift: int, future: bool) -> None:  # noqa: FBT001 - drawn
    heard = rotating_id(KEYS["c-1"], window_of(NOW) + (shift if future else -shift))
    assert Resolver(KEYS).resolve(heard, NOW) is None


def test_a_strangers_id_is_nobodys() -> None:
    assert Resolver(KEYS).resolve("0" * 16, NOW) is None
    assert Resolver().resolve(rotating_id(b"x", window_of(NOW)), NOW) is None


def test_people_come_and_go_between_look_ups() -> None:
    resolver = Resolver(KEYS)
    old, new = (rotating_id(key, window_of(NOW)) for key in (KEYS["c-1"], b"new key"))
    assert resolver.resolve(old, NOW) == "c-1"
    resolver.put("c-1", b"new key")
    assert (resolver.resolve(old, NOW), resolver.resolve(new, NOW)) == (None, "c-1")
    resolver.forget("c-1")
    resolver.forget("c-1")
    assert resolver.resolve(new, NOW) is None


def test_an_id_that_two_people_share_is_nobodys() -> None:
    heard = rotating_id(b"same", window_of(NOW))
    assert Resolver({"c-1": b"same", "c-2": b"same"}).resolve(heard, NOW) is None


def test_warming_makes_the_next_windows_in_portions_and_forgets_old_ones() -> None:
    resolver = Resolver(KEYS)
    rounds = 0
    while not resolver.warm(NOW, limit=2):
        rounds += 1
    assert rounds == 4 * 3
    later = NOW + 2 * WINDOW
    assert resolver.resolve(rotating_id(KEYS["c-2"], window_of(later)), later) == "c-2"
    while not resolver.warm(later, limit=100):
        pass
    assert resolver.resolve(rotating_id(KEYS["c-2"], window_of(NOW)), later) is None


def test_someone_forgotten_while_warming_is_not_made() -> None:
    resolver = Resolver(KEYS)
    resolver.warm(NOW, limit=1)
    for token in KEYS:
        resolver.forget(token)
    assert all(
        resolver.resolve(rotating_id(key, window_of(NOW)), NOW) is None for key in KEYS.values()
    )


def _refusal(claim: str, key: OKPKey, now: datetime = NOW, store: str = "s1") -> Refusal:
    with pytest.raises(MessageRefused) as refused:
        verify_claim(claim, key, now, store)
    return refused.value.reason


def test_a_claim_is_believed_while_it_is_good() -> None:
    key = new_key()
    claim = make_claim(key, store="s1", zone="dairy", now=NOW)
    assert claim_kid(claim) == key.thumbprint()
    public = key_from({k: str(v) for k, v in key.as_dict(private=False).items()})
    for seconds in (-5, 0, 29):
        found = verify_claim(claim, public, NOW + timedelta(seconds=seconds), "s1")
        assert (found.store, found.zone, len(found.jti)) == ("s1", "dairy", 22)
        assert found.expires_at == NOW + timedelta(seconds=30)


def test_each_claim_is_for_one_use() -> None:
    key = new_key()
    first, second = (make_claim(key, store="s1", now=NOW) for _ in range(2))
    assert verify_claim(first, key, NOW, "s1").jti != verify_claim(second, key, NOW, "s1").jti


@pytest.mark.parametrize("seconds", [-3600, -6, 30, 31, 86_400])
def test_a_claim_out_of_its_time_is_invalid(seconds: int) -> None:
    key = new_key()
    claim = make_claim(key, store="s1", now=NOW)
    now = NOW + timedelta(seconds=seconds)
    assert _refusal(claim, key, now) is Refusal.CLAIM_INVALID


def test_a_claim_for_another_store_by_another_key_or_for_too_long_is_invalid() -> None:
    key = new_key()
    for claim in (
        make_claim(key, store="s2", now=NOW),
        make_claim(new_key(), store="s1", now=NOW),
        make_claim(key, store="s1", now=NOW, ttl_s=31),
        make_claim(key, store="s1", now=NOW, ttl_s=0),
    ):
        assert _refusal(claim, key) is Refusal.CLAIM_INVALID


def test_a_longer_life_may_be_allowed_to_a_sign_in_code() -> None:
    key = new_key()
    claim = make_claim(key, store="s1", now=NOW, ttl_s=60)
    assert verify_claim(claim, key, NOW, "s1", limit_s=60).zone is None


def _signed(key: OKPKey, header: dict[str, str], body: bytes) -> str:
    return jws.serialize_compact(header, body, key, algorithms=[header["alg"]])


def test_the_older_name_of_the_algorithm_is_believed_too() -> None:
    key = new_key()
    body = jws.extract_compact(make_claim(key, store="s1", now=NOW).encode()).payload
    header = {"alg": "EdDSA", "kid": key.thumbprint()}
    with pytest.warns(match="deprecated"):
        claim = _signed(key, header, body)
    assert verify_claim(claim, key, NOW, "s1").store == "s1"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"not json",
        b'{"store":"s1","jti":"short","iat":1,"exp":2}',
        b'{"store":"s1","jti":"aaaaaaaaaaaaaaaa","iat":1,"exp":2,"who":"jane"}',
        b'{"store":"s1","jti":"aaaaaaaaaaaaaaaa","iat":"1","exp":2}',
    ],
)
def test_a_claim_with_another_content_is_invalid(body: bytes) -> None:
    key = new_key()
    claim = _signed(key, {"alg": "Ed25519", "kid": key.thumbprint()}, body)
    assert _refusal(claim, key) is Refusal.CLAIM_INVALID


def test_an_unsigned_or_damaged_claim_is_invalid() -> None:
    key = new_key()
    head, body, signature = make_claim(key, store="s1", now=NOW).split(".")
    none = "eyJhbGciOiJub25lIn0"
    for bad in (f"{none}.{body}.", f"{head}.{body}.", f"{head}.{body[:-2]}.{signature}"):
        assert _refusal(bad, key) is Refusal.CLAIM_INVALID


@pytest.mark.parametrize("bad", ["", "a.b", "a.b.c", "ä", "\ud800", "eyJhbGciOiJub25lIn0.e30."])
def test_what_names_no_key_is_no_claim(bad: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        claim_kid(bad)
    assert refused.value.reason is Refusal.CLAIM_INVALID


def test_only_a_key_of_ed25519_is_one() -> None:
    for jwk in ({}, {"kty": "OKP"}, {"kty": "OKP", "crv": "Ed25519", "x": "!"}):
        with pytest.raises(MessageRefused):
            key_from(jwk)
    other = {k: str(v) for k, v in OKPKey.generate_key("Ed448").as_dict(private=False).items()}
    curve = {k: str(v) for k, v in ECKey.generate_key("P-256").as_dict(private=False).items()}
    for jwk in (other, curve):
        with pytest.raises(MessageRefused):
            key_from(jwk)
