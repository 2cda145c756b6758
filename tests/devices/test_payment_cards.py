"""Payment cards are told by prefix, length and check digit; numbers that only pass the check digit are none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.payment_cards import ISSUERS, has_card_number, is_card_number, luhn_valid

TEST_CARDS = (
    "4111111111111111",
    "4222222222222",
    "5500000000000004",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "6011111111111117",
    "30569309025904",
    "38520000023237",
    "3530111333300000",
    "6200000000000005",
    "6304000000000000",
    "6759649826438453",
    "2200000000000004",
    "9792030000000000",
)
"""Numbers that schemes publish for tests: nobody's."""


def completed(head: str) -> str:
    """``head`` with its check digit."""
    return next(head + digit for digit in "0123456789" if luhn_valid(head + digit))


@pytest.mark.parametrize("card", TEST_CARDS)
@pytest.mark.parametrize(
    "written",
    [
        "{0}",
        "my card {0} please",
        "PAN={0}",
        "visa-{0}-x",
        "pan_{0}",
        "no. {1} thanks",
        "12 {1} 99",
        "{2}",
        "visa-{2}",
        "{3}",
        "{4}",
    ],
)
def test_a_card_number_is_found_as_people_write_it(card: str, written: str) -> None:
    groups = [card[n : n + 4] for n in range(0, len(card), 4)]
    wide = str.maketrans(
        "0123456789", "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669"
    )
    text = written.format(
        card,
        " ".join(groups),
        "-".join(groups),
        "\u00a0".join(groups),
        card.translate(wide),
    )
    assert has_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        ";4111111111111111=25121010000012300?",
        "%B4111111111111111^DOE/JANE^2512101",
        ";634004123456789017=25121010000012300?",
        "%B6340041234567890^CLUB/ANN^2512101",
        "2 pieces 1 4111111111111111",
        "+4111111111111111",
        "4111111111111111-x 5555555555554444",
        "3782 822463 10005",
        "4111.1111.1111.1111",
        "ref/4111 1111 1111 1111/b",
    ],
)
def test_a_card_number_is_found_as_stripes_and_forms_write_it(text: str) -> None:
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
        "634004123456789017",
        "6006491234567891",
        "9826300012345671",
        "9501101530002",
        "04006385154334",
        "41111111111111",
        "37828224631000",
    ],
)
def test_ids_times_telephones_and_other_numbers_are_no_card_numbers(text: str) -> None:
    assert not has_card_number(text)


@pytest.mark.parametrize("issuer", ISSUERS, ids=lambda one: f"{one.scheme} {one.first}")
def test_each_range_begins_and_ends_where_it_says(issuer: object) -> None:
    found = next(one for one in ISSUERS if one is issuer)
    chance = random.Random(found.first)  # noqa: S311 - repeatable
    for length in found.lengths:
        for prefix in (found.first, found.last):
            rest = "".join(chance.choice("0123456789") for _ in range(length - len(prefix) - 1))
            card = completed(prefix + rest)
            assert is_card_number(card)
            assert not is_card_number(card[:-1] + str((int(card[-1]) + 1) % 10))


@given(st.text("0123456789", min_size=11, max_size=18))
def test_the_check_digit_alone_makes_no_card(head: str) -> None:
    number = completed("1" + head)
    assert not has_card_number(number)
    assert not has_card_number(completed("99" + head))


@given(st.uuids())
def test_a_random_id_is_no_card(name: object) -> None:
    assert not has_card_number(str(name))


def test_so_many_groups_of_digits_that_telling_is_costly_count_as_a_card_number() -> None:
    assert has_card_number("4111 1111 1111 1112 " * 40)
    assert has_card_number("1 " * 1000)
    assert has_card_number("12345 " * 300)
