"""Telephone numbers in one spelling, E.164, however they are dialled in the store's country.

`edge.domain.ids` spells numbers by it before they are coded. Length and shape are asked for, and not whether a number
is assigned: lists of assigned numbers age, and nobody must be turned away for that.
"""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

# Below this a number that no list knows is taken for a place holder.
_LEAST_DIGITS = 8


def is_region(name: str) -> bool:
    """Whether ``name`` is a country whose way of dialling is known, such as ``DE``."""
    return name in phonenumbers.SUPPORTED_REGIONS


def e164(text: str, region: str | None) -> str | None:
    """``text`` as ``+491711234567``; None where it is no telephone number.

    ``region``: the country in which a number without country code is meant; without one only ``+`` and ``00`` do.
    """
    number = _number(text, region)
    if number is None or not _is_usable(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def earlier_forms(text: str, region: str | None) -> tuple[str, ...]:
    """How the number may have been spelt before it was E.164: digits without leading zeros, each spelling apart.

    As typed, with its country code, and without it where it is of ``region``.
    """
    number, forms = _number(text, region), [_digits(text)]
    if number is not None:
        forms.append(f"{number.country_code}{_national(number)}")
        if number.country_code == _code_of(region):
            forms.append(_national(number))
    return tuple(dict.fromkeys(form.lstrip("0") for form in forms))


def names_country(text: str, region: str | None) -> bool:
    """Whether it begins with the country code of ``region``, without a plus, and goes on as a number of it does."""
    digits, code = _digits(text), _code_of(region)
    if code is None or region is None or not digits.startswith(str(code)):
        return False
    number = _parsed(f"+{digits}", None)
    return number is not None and phonenumbers.is_valid_number_for_region(number, region)


def _number(text: str, region: str | None) -> PhoneNumber | None:
    stripped = text.strip()
    # Two zeros stand for the plus in most of the world, also where another prefix is dialled.
    if stripped.startswith("00"):
        return _parsed(f"+{stripped[2:]}", region)
    # Before the national reading: some countries have numbers of nearly any length and beginning.
    if names_country(stripped, region):
        return _parsed(f"+{_digits(stripped)}", region)
    return _parsed(stripped, region)


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _is_usable(number: PhoneNumber) -> bool:
    if phonenumbers.is_valid_number(number):
        return True
    digits = _national(number)
    possible = phonenumbers.is_possible_number_with_reason(number)
    return (
        possible == ValidationResult.IS_POSSIBLE
        and len(digits) >= _LEAST_DIGITS
        and len(set(digits)) > 1
    )


def _national(number: PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)


def _digits(text: str) -> str:
    return "".join(str(int(c)) for c in text if c.isdecimal())


def _code_of(region: str | None) -> int | None:
    return None if region is None else phonenumbers.country_code_for_region(region)
