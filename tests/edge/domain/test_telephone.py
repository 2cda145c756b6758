"""Telephone numbers have one spelling, however they are dialled in the store's country."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from edge.domain.telephone import e164, earlier_forms, is_region, names_country

REGIONS = ("DE", "US", "GB", "FR", "IT", "ES", "JP", "IN", "BR", "TR")


def _example(region: str, last: int) -> phonenumbers.PhoneNumber:
    """A mobile number of the region that ends in ``last``, four digits."""
    found = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert found is not None
    assert found.national_number is not None
    found.national_number = found.national_number // 10_000 * 10_000 + last
    return found


numbers = st.builds(_example, st.sampled_from(REGIONS), st.integers(0, 9999)).filter(
    phonenumbers.is_valid_number
)


@pytest.mark.parametrize(
    "typed",
    [
        "0171 1234567",
        "+49 171 1234567",
        "0049171 1234567",
        "(0171) 123-4567",
        "+49 (0)171 1234567",
        "49 171 1234567",
        "\u0660\u0661\u0667\u0661 1234567",
    ],
)
def test_a_german_number_is_one_however_it_is_dialled(typed: str) -> None:
    assert e164(typed, "DE") == "+491711234567"


@pytest.mark.parametrize(
    ("typed", "region", "meant"),
    [
        ("020 7946 0958", "GB", "+442079460958"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("(312) 555-0123", "US", "+13125550123"),
        ("1 312 555 0123", "US", "+13125550123"),
        ("0312 345 678", "IT", "+390312345678"),
        ("+1 555 000 0042", "DE", "+15550000042"),
    ],
)
def test_numbers_are_dialled_as_in_their_country(typed: str, region: str, meant: str) -> None:
    assert e164(typed, region) == meant


@pytest.mark.parametrize("region", [*REGIONS, None])
@pytest.mark.parametrize(
    "typed", ["", "n/a", "0000", "00000000", "12345", "-", "+", "+49", "4111111111111111111111"]
)
def test_a_place_holder_is_no_number(typed: str, region: str | None) -> None:
    assert e164(typed, region) is None


def test_without_a_country_only_whole_numbers_can_be_read() -> None:
    assert e164("0171 1234567", None) is None
    assert e164("0049 171 1234567", None) == "+491711234567"


@given(
    numbers,
    st.sampled_from(
        [PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL, "00", "bare"]
    ),
)
def test_every_spelling_of_a_number_is_one_number(
    number: phonenumbers.PhoneNumber, spelling: int | str
) -> None:
    region = phonenumbers.region_code_for_number(number)
    whole = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if isinstance(spelling, int):
        typed = phonenumbers.format_number(number, spelling)
    else:
        typed = whole.replace("+", "00" if spelling == "00" else "")
    assert e164(typed, region) == whole


@given(numbers, st.sampled_from([*REGIONS, None]))
def test_a_spelling_stays_as_it_is_in_every_country(
    number: phonenumbers.PhoneNumber, region: str | None
) -> None:
    whole = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    assert e164(whole, region) == whole


@given(st.text(max_size=40), st.sampled_from([*REGIONS, None]))
def test_any_text_is_a_number_or_none(text: str, region: str | None) -> None:
    found = e164(text, region)
    assert found is None or e164(found, region) == found
    assert all(form == form.lstrip("0") for form in earlier_forms(text, region))


@given(numbers)
def test_what_was_kept_of_a_number_before_is_among_its_earlier_forms(
    number: phonenumbers.PhoneNumber,
) -> None:
    region = phonenumbers.region_code_for_number(number)
    spellings = [
        phonenumbers.format_number(number, form)
        for form in (
            PhoneNumberFormat.E164,
            PhoneNumberFormat.INTERNATIONAL,
            PhoneNumberFormat.NATIONAL,
        )
    ]
    kept = {"".join(c for c in one if c.isdigit()).lstrip("0") for one in spellings}
    for typed in spellings:
        found = set(earlier_forms(typed, region))
        # A country's own prefix other than zero, such as 8, was kept as typed only.
        assert kept <= found or region not in {"DE", "GB", "FR", "JP", "US", "IT"}


def test_countries_are_known_by_two_letters() -> None:
    assert [is_region(name) for name in ("DE", "US", "EU", "de", "", "001")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


def test_digits_that_begin_with_the_country_code_are_told_from_a_card() -> None:
    assert names_country("4915112345678", "DE")
    assert not names_country("4222222222222", "DE")
    assert not names_country("4915112345678", None)
