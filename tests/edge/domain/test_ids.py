from __future__ import annotations

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.ids import (
    digest_of,
    earlier_codes,
    event_name,
    fresh_token,
    link_code,
    normalised,
)

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("email", "  Ann@Example.ORG ", "ann@example.org"),
        ("phone", "+1 (555) 010-9999", "+15550109999"),
        ("phone", "001 555 010 9999", "+15550109999"),
        ("phone", "n/a", ""),
        ("loyalty", "AB 12-34", "ab1234"),
        ("qr", " Some-Code ", "some-code"),
    ],
)
def test_an_identifier_has_one_spelling(kind: str, typed: str, meant: str) -> None:
    assert normalised(kind, typed) == meant


@given(st.sampled_from(["email", "phone", "loyalty"]), st.text())
def test_a_spelling_stays_as_it_is(kind: str, value: str) -> None:
    once = normalised(kind, value)
    assert normalised(kind, once) in {once, normalised(kind, once.casefold())}


@given(st.binary(min_size=32, max_size=32), st.text())
def test_a_code_is_fit_for_a_token(key: bytes, value: str) -> None:
    assert re.fullmatch(r"c-[a-z2-7]{26}", fresh_token(link_code(key, "email", value)))


def test_a_code_depends_on_store_kind_and_value() -> None:
    codes = {
        link_code(key, kind, value)
        for key in (KEY, OTHER_KEY)
        for kind in ("loyalty", "phone")
        for value in ("+491711234567", "+491711234568")
    }
    assert len(codes) == 8


def test_a_code_does_not_depend_on_the_spelling() -> None:
    assert link_code(KEY, "email", "Ann@example.org") == link_code(
        KEY, "email", " ann@EXAMPLE.org"
    )


@pytest.mark.parametrize("typed", ["0171 1234567", "+49 171 1234567", "0049171-1234567"])
@pytest.mark.parametrize("kept", ["1711234567", "491711234567"])
def test_a_phone_number_is_found_under_what_was_kept_of_it_before(
    typed: str, kept: str
) -> None:
    # As it was made then: the kind and the digits without leading zeros.
    digest = hmac.new(KEY, f"phone\x00{kept}".encode(), hashlib.sha256).digest()
    code = base64.b32encode(digest).decode().lower()[:26]
    assert code in earlier_codes(KEY, "phone", typed, "DE")
    assert link_code(KEY, "phone", typed, "DE") == link_code(KEY, "phone", "+491711234567")
    assert code != link_code(KEY, "phone", typed, "DE")


@pytest.mark.parametrize(("kind", "value"), [("loyalty", "41000"), ("phone", "123")])
def test_nothing_else_was_kept_before(kind: str, value: str) -> None:
    assert earlier_codes(KEY, kind, value) == ()


def test_a_digest_is_sha_256() -> None:
    assert digest_of(b"bytes") == hashlib.sha256(b"bytes").hexdigest()


def test_two_devices_events_have_two_names() -> None:
    first, second = event_name("kiosk-1", "1"), event_name("kiosk-2", "1")
    assert first != second
    assert first == event_name("kiosk-1", "1")
    assert re.fullmatch(r"e-[0-9a-f]{32}", first)
