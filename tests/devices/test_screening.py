"""What no schema refuses: screened before anything is built from it."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import MessageRefused, Refusal
from devices.messages.screening import (
    elements,
    gtin_valid,
    has_card_number,
    is_array,
    luhn_valid,
    screen,
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner)
    ),
    max_leaves=10,
)


def _reason(payload: bytes) -> Refusal:
    with pytest.raises(MessageRefused) as refused:
        screen(payload)
    return refused.value.reason


def _card(length: int, chance: random.Random, first: str = "") -> str:
    head = first + "".join(chance.choice("0123456789") for _ in range(length - 1 - len(first)))
    return next(head + digit for digit in "0123456789" if luhn_valid(head + digit))


@given(st.dictionaries(st.text("xyz", max_size=3), json_values))
def test_clean_objects_pass_unchanged(value: dict[str, object]) -> None:
    assert screen(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"{}{}",
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        b'{"a":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_not_json_is_called_so(payload: bytes) -> None:
    assert _reason(payload) is Refusal.NOT_JSON


@pytest.mark.parametrize(
    "payload",
    [
        b"[]",
        b"1",
        b'"a"',
        b"null",
        b'{"a":1,"a":2}',
        b'{"b":{"a":1,"a":2}}',
        b'{"a":1e400}',
        b'{"a":[-1e999]}',
        b'{"a":9007199254740993}',
        b'{"a":[[-9007199254740993]]}',
        rb'{"a":"\u0000"}',
        rb'{"a":["\u001b[2J"]}',
        rb'{"\u0007":1}',
        rb'{"a":"\ud800"}',
        rb'{"a":"\u202eabc"}',
        rb'{"a":"\u007f"}',
    ],
)
def test_what_no_field_may_hold_is_malformed(payload: bytes) -> None:
    assert _reason(payload) is Refusal.MALFORMED


@pytest.mark.parametrize("length", range(13, 20))
def test_every_card_number_is_refused_and_not_repeated(length: int) -> None:
    chance = random.Random(length)  # noqa: S311 - repeatable
    for _ in range(100):
        card = _card(length, chance)
        with pytest.raises(MessageRefused) as refused:
            screen(json.dumps({"data": {"note": [f"card {card}."]}}).encode())
        assert refused.value.reason is Refusal.CARD_NUMBER
        assert card not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "PAN=4111111111111111",
        ";4111111111111111=25121010000012300?",
        "%B4111111111111111^DOE/JANE^2512101",
        "my card 4111111111111111 please",
        "2 pieces 1 4111111111111111",
        "12 4111 1111 1111 1111 99",
        "visa-4111111111111111",
        "+4111111111111111",
        "4111111111111111-x 5555555555554444",
        "3782 822463 10005",
        "\u0664\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661\u0661",
    ],
)
def test_a_card_number_is_found_as_people_and_stripes_write_it(text: str) -> None:
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",
        "01234567-8901-4234-8567-89012345678f",
        "till-1-1732230000003",
        "12345678901234567890",
        "e4111111111111111",
        "+4915123456787",
        "2026-01-02T10:00:00.123456Z",
        "411111111111",
    ],
)
def test_ids_times_and_telephone_numbers_are_no_card_numbers(text: str) -> None:
    assert not has_card_number(text)


def test_an_article_number_may_look_like_a_card_number_in_its_own_field_only() -> None:
    chance = random.Random(1)  # noqa: S311 - repeatable
    both = next(
        number for _ in range(1000) if gtin_valid(number := _card(14, chance, first="0"))
    )
    assert screen(json.dumps({"sku": both}).encode()) == {"sku": both}
    assert _reason(json.dumps({"note": both}).encode()) is Refusal.CARD_NUMBER
    assert _reason(b'{"sku":"4111111111111111"}') is Refusal.CARD_NUMBER
    assert _reason(b'{"sku":"4111 1111 1111 1111"}') is Refusal.CARD_NUMBER


def test_so_many_groups_of_digits_that_telling_is_costly_count_as_a_card_number() -> None:
    assert has_card_number("4111 1111 1111 1112 " * 40)
    assert has_card_number("1 " * 1000)
    assert has_card_number("12345 " * 300)


def test_a_text_longer_than_any_field_is_malformed() -> None:
    assert screen(b'{"a":"' + b"x" * 2048 + b'"}')
    assert _reason(b'{"a":"' + b"x" * 2049 + b'"}') is Refusal.MALFORMED


@given(st.lists(json_values, max_size=6), st.sampled_from(["", " ", "\n\t"]))
def test_a_batch_comes_apart_into_its_elements(values: list[object], space: str) -> None:
    body = space + "[" + (space + ",").join(space + json.dumps(v) for v in values) + "]" + space
    assert is_array(body.encode())
    assert [json.loads(one) for one in elements(body.encode(), 10)] == values


@pytest.mark.parametrize(
    "body", [b"[", b"[1", b"[1,]", b"[1 2]", b"[1]]", b"[1] x", b"[,]", b"[\xff]"]
)
def test_a_broken_batch_is_not_json(body: bytes) -> None:
    with pytest.raises(MessageRefused) as refused:
        elements(body, 10)
    assert refused.value.reason is Refusal.NOT_JSON


def test_a_batch_of_too_many_is_too_large() -> None:
    with pytest.raises(MessageRefused) as refused:
        elements(b"[1,2,3,4]", 3)
    assert refused.value.reason is Refusal.TOO_LARGE


@pytest.mark.parametrize("field", ["sku", "item_id"])
def test_a_scanner_s_separator_may_stand_in_codes_alone(field: str) -> None:
    body = json.dumps({field: "10AB\x1d21S1"}).encode()
    assert screen(body) == {field: "10AB\x1d21S1"}
    assert _reason(body.replace(field.encode(), b"name")) is Refusal.MALFORMED
    assert _reason(body.replace(b"\\u001d", b"\\u001c")) is Refusal.MALFORMED
