"""One judgement of what people give: at the doors and from files."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random

import pytest

from devices.payment_cards import has_card_number
from edge.domain.errors import SignalRefused
from edge.domain.ids import Token, link_code
from edge.domain.loyalty_range import loyalty_range
from edge.pipeline.identifiers import Identifiers
from tests.devices.test_payment_cards import TEST_CARDS, completed

KEY = b"k" * 32
ANN = Token("c-annabelannabel234567")
FIELD_CASES = (
    "634004123456789017",
    "6006491234567891",
    "9826300012345671",
    "2708123456789016",
    "9501101530002",
)
"""The loyalty numbers of case F03; the fourth looks like a Mastercard."""
OWN = Identifiers(
    key=KEY, region="DE", ranges=(loyalty_range("2708*16"), loyalty_range("3715"))
)
OTHER = Identifiers(key=KEY, region="DE")


def nobody(_code: str) -> Token | None:
    return None


def refusal(rules: Identifiers, kind: str, value: str) -> str:
    with pytest.raises(SignalRefused) as refused:
        rules.owner(kind, value, nobody)
    assert value not in repr(refused.value)
    return refused.value.reason


@pytest.mark.parametrize("number", [*FIELD_CASES, *TEST_CARDS])
def test_an_enrolled_loyalty_number_is_its_owners_whatever_it_looks_like(number: str) -> None:
    # What the import codes is what the door finds.
    book = {OTHER.code("loyalty", number): ANN}
    for typed in (number, f" {number} ", " ".join(number[n : n + 4] for n in range(0, 19, 4))):
        assert OTHER.owner("loyalty", typed, book.get)[1] == ANN


@pytest.mark.parametrize("number", [n for n in FIELD_CASES if n != "2708123456789016"])
def test_a_number_in_no_issuers_range_passes_though_nobody_has_it(number: str) -> None:
    assert OTHER.owner("loyalty", number, nobody) == (OTHER.code("loyalty", number), None)


@pytest.mark.parametrize("number", ["2708123456789016", *TEST_CARDS])
def test_a_card_that_is_nobodys_is_refused(number: str) -> None:
    assert refusal(OTHER, "loyalty", number) == "card-number"
    assert refusal(OTHER, "loyalty", f"{number[:4]}-{number[4:]}") == "card-number"


@pytest.mark.parametrize("number", ["2708123456789016", completed("37150000000000")])
def test_a_number_of_the_stores_own_range_is_no_card(number: str) -> None:
    assert has_card_number(number)
    assert OWN.owner("loyalty", number, nobody)[1] is None
    assert refusal(OTHER, "loyalty", number) == "card-number"


@pytest.mark.parametrize(
    "track",
    [";4111111111111111=25121010000012300?", "my 4111111111111111", "%B2708123456789016^A"],
)
def test_a_stripe_is_nobodys_identifier_not_even_by_import(track: str) -> None:
    for kind in ("loyalty", "phone", "email"):
        with pytest.raises(SignalRefused, match="card-number"):
            OWN.code(kind, track)


def test_nine_in_ten_loyalty_numbers_that_pass_the_check_digit_are_no_cards() -> None:
    chance = random.Random(3)  # noqa: S311 - repeatable
    for start in ("2730", "2721", "6340", "6006", "7000", "9826", "0400", "1000"):
        for length in (13, 16, 19):
            middle = "".join(chance.choice("0123456789") for _ in range(length - 5))
            assert OTHER.owner("loyalty", completed(start + middle), nobody)[1] is None


@pytest.mark.parametrize("number", TEST_CARDS)
@pytest.mark.parametrize("region", ["DE", "JP", "US", None])
def test_a_payment_card_is_no_telephone_number(number: str, region: str | None) -> None:
    rules = Identifiers(key=KEY, region=region)
    assert refusal(rules, "phone", number) == "card-number"


def test_a_telephone_number_is_one_however_it_is_dialled() -> None:
    codes = {
        OTHER.code("phone", typed)
        for typed in ("0171 1234567", "+49 171 1234567", "0049 171 1234567", "491711234567")
    }
    assert len(codes) == 1
    # Thirteen digits with a check digit, and still a telephone: it begins with the country.
    assert has_card_number("4915123456787")
    assert OTHER.owner("phone", "4915123456787", nobody)[1] is None


def test_a_link_in_the_spelling_of_earlier_releases_is_still_found() -> None:
    # As they were coded then.
    old = dict.fromkeys(_earlier("491711234567", "1711234567"), ANN)
    for typed in ("0171 1234567", "+49 171 1234567", "0049171 1234567"):
        code, found = OTHER.owner("phone", typed, old.get)
        assert (found, code) == (ANN, link_code(KEY, "phone", "+491711234567"))
        assert OTHER.owner("phone", typed, {code: ANN, **old}.get)[1] == ANN


def _earlier(*digits: str) -> list[str]:
    made = [
        hmac.new(KEY, f"phone\x00{one}".encode(), hashlib.sha256).digest() for one in digits
    ]
    return [base64.b32encode(one).decode().lower()[:26] for one in made]


@pytest.mark.parametrize(
    ("kind", "value"), [("loyalty", "n/a"), ("phone", "n/a"), ("phone", "0000"), ("email", "-")]
)
def test_a_place_holder_is_malformed(kind: str, value: str) -> None:
    assert refusal(OTHER, kind, value) == "malformed"
