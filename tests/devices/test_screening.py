"""What no schema refuses: screened before anything is built from it."""

import json
import random
from collections.abc import Mapping
from typing import cast

import pytest
from biip.checksums import gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from devices.errors import MessageRefused, Refusal
from devices.messages.screening import (
    JudgedLater,
    basket_later,
    elements,
    is_array,
    screen,
    screen_line,
)
from devices.payment_cards import is_card_number
from tests.devices.test_payment_cards import TEST_CARDS

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


@pytest.mark.parametrize(
    "field", ["note", "reason", "locale", "basket_id", "order_id", "method"]
)
@pytest.mark.parametrize("card", TEST_CARDS)
def test_every_card_number_is_refused_in_every_text_and_not_repeated(
    card: str, field: str
) -> None:
    with pytest.raises(MessageRefused) as refused:
        screen(json.dumps({"data": {field: [f"card {card}."]}}).encode(), {"data", field})
    assert refused.value.reason is Refusal.CARD_NUMBER
    assert refused.value.field == f"data.{field}.0"
    assert card not in str(refused.value)


def test_a_strangers_key_is_not_named() -> None:
    with pytest.raises(MessageRefused) as refused:
        screen(b'{"data":{"ann@example.org":"4111111111111111"}}', {"data"})
    assert refused.value.field == "data"


@pytest.mark.parametrize("field", ["sku", "item_id"])
def test_every_article_number_passes_in_a_field_for_codes(field: str) -> None:
    chance = random.Random(1)  # noqa: S311 - repeatable
    looks_like_a_card = 0
    for number in range(4000):
        head = "".join(chance.choice("0123456789") for _ in range(12 + number % 2))
        code = f"{head}{gs1_standard_check_digit(head)}"
        looks_like_a_card += is_card_number(code)
        assert screen(json.dumps({field: code}).encode()) == {field: code}
        assert screen(json.dumps({field: f"(01){code}(10)A1"}).encode())
    assert looks_like_a_card > 10


def test_a_code_of_an_article_may_look_like_a_card_and_nothing_else_may() -> None:
    for code in ("4111111111111111", "(01)04006385154334(21)5555555555554444"):
        assert screen(json.dumps({"sku": code}).encode()) == {"sku": code}
        assert screen(json.dumps({"item_id": code}).encode()) == {"item_id": code}
    assert _reason(b'{"note":"30569309025904"}') is Refusal.CARD_NUMBER


def test_the_separator_of_gs1_may_stand_in_a_code_only() -> None:
    assert screen(rb'{"sku":"0104006385154334\u001d3103000432"}')
    assert _reason(rb'{"note":"0104006385154334\u001d3103000432"}') is Refusal.MALFORMED


def test_lines_and_identifiers_of_a_basket_are_judged_later() -> None:
    document = {
        "loyalty": "4111111111111111",
        "lines": [{"sku": "1", "reason": "4111111111111111"}],
    }
    body = json.dumps(document).encode()
    assert screen(body, later=basket_later) == document
    assert _reason(body) is Refusal.CARD_NUMBER
    assert screen(json.dumps({"data": document}).encode(), later=_in_data)
    # Elsewhere the same names mean nothing.
    within = json.dumps({"data": {"more": document}}).encode()
    with pytest.raises(MessageRefused, match="card-number"):
        screen(within, later=_in_data)


@pytest.mark.parametrize(
    ("method", "is_later"),
    [("loyalty", True), ("phone", True), ("email", False), ("qr", False), (7, False)],
)
def test_a_sign_ins_value_is_judged_later_where_it_is_a_number_of_ones_own(
    method: object, *, is_later: bool
) -> None:
    body = json.dumps({"data": {"method": method, "value": "4111111111111111"}}).encode()
    if is_later:
        assert screen(body, later=_in_data)
        return
    with pytest.raises(MessageRefused) as refused:
        screen(body, {"data", "value"}, _in_data)
    assert (refused.value.reason, refused.value.field) == (Refusal.CARD_NUMBER, "data.value")


@pytest.mark.parametrize(
    ("line", "reason", "field"),
    [
        ({"sku": "1", "reason": "pay 4111-1111-1111-1111"}, Refusal.CARD_NUMBER, "reason"),
        (
            {"discounts": [{"reason": "378282246310005"}]},
            Refusal.CARD_NUMBER,
            "discounts.0.reason",
        ),
        ({"line_id": ";5019717010103742=2512101"}, Refusal.CARD_NUMBER, "line_id"),
        ({"quantity": 2**60}, Refusal.MALFORMED, "quantity"),
        ({"reason": "\u0000"}, Refusal.MALFORMED, "reason"),
        ({"4111111111111111": 1}, Refusal.CARD_NUMBER, None),
    ],
)
def test_a_line_is_refused_by_itself_with_its_field(
    line: dict[str, JsonValue], reason: Refusal, field: str | None
) -> None:
    with pytest.raises(MessageRefused) as refused:
        screen_line(line, {"sku", "reason", "discounts", "line_id", "quantity"})
    assert (refused.value.reason, refused.value.field) == (reason, field)
    screen_line({"sku": "04006385154334", "quantity": "0.432", "price_cents": 399})


@pytest.mark.parametrize("structure", ['{"sku":"1","sku":"2"}', '{"price_cents":NaN}'])
def test_what_two_readers_would_read_differently_refuses_the_whole_basket(
    structure: str,
) -> None:
    with pytest.raises(MessageRefused):
        screen(f'{{"lines":[{structure}]}}'.encode(), later=basket_later)


def _in_data(document: Mapping[str, JsonValue]) -> JudgedLater:
    return basket_later(cast("dict[str, JsonValue]", document["data"]), ("data",))


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
