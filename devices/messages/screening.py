"""Reading JSON from strangers: what a schema cannot refuse is refused here, before anything is built.

`devices.messages.envelope` and the HTTP bodies pass every byte through it before pydantic sees a field.

Refused are duplicate keys, NaN and Infinity, integers beyond 2**53, control and direction characters, lone
surrogates, and numbers of payment cards. A refusal never repeats what it refuses.
"""

import json
import math
import re
from typing import Final, NoReturn, cast

from pydantic import JsonValue

from devices.errors import MessageRefused, Refusal

LARGEST_INT: Final = 2**53
"""Beyond this, readers that know only doubles see another number."""

# C0, DEL, C1, direction overrides, lone surrogates, byte order mark.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
# Fields of product codes, in which scanners separate the parts of a GS1 message.
_CODE_FIELDS: Final = frozenset({"sku", "item_id"})
_GS1_SEPARATOR: Final = "\x1d"
# As long as the longest fields: a sign-in's value and a signed claim.
LONGEST_TEXT: Final = 2048
# A quick look: at least 13 digits with at most one space or hyphen between each two.
_MANY_DIGITS: Final = re.compile(r"\d(?:[ -]?\d){12}")
# Cards are written with hyphens, too, so these do not end a word.
_WORD: Final = re.compile(r"[\w-]+")
_NUMBER: Final = re.compile(r"\d+(?:-\d+)*")
_LAST_NUMBER: Final = re.compile(r"[\w-]*-([2-6]\d{12,18})")
_CARD_LENGTHS: Final = range(13, 20)
# Each window costs a Luhn sum, and a stranger could send a text full of short groups.
_MOST_WINDOWS: Final = 32
_E164_LENGTH: Final = 15
_GTIN_13: Final = 13
_GTIN_14: Final = 14
# The digit sums of the doubled digits, as Luhn adds them.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the check digit of payment cards."""
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def gtin_valid(digits: str) -> bool:
    """Whether the last digit is the check digit of article numbers (GS1)."""
    return (
        sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(reversed(digits))) % 10
        == 0
    )


def has_card_number(text: str) -> bool:
    """Whether ``text`` holds a number that could be a payment card's, as people and stripes write them.

    That is 13 to 19 digits, also in groups with single spaces or hyphens between, alone or among other
    words. Digits glued to letters are ids (a UUID is one), and so are those hyphenated to letters unless
    they begin as payment cards do. A telephone number in international form (``+``, 15 digits) is none.
    """
    # Nearly every text ends here; this runs on each string of each message.
    if not _MANY_DIGITS.search(text):
        return False
    groups, end = list[str](), 0
    for found in _WORD.finditer(text):
        own = _groups(text, found)
        # Groups with a single space between them may be one number.
        if own and groups and found.start() == end + 1 and text[end] == " ":
            groups += own
        elif _card_among(groups):
            return True
        else:
            groups = own
        end = found.end()
    return _card_among(groups)


def _groups(text: str, found: re.Match[str]) -> list[str]:
    """The groups of digits in one word; none if it is no number."""
    word, before = found[0].strip("-"), text[max(0, found.start() - 1) : found.start()]
    if before == "%" and word[:1] == "B":  # the first track of a magnetic stripe
        word = word[1:]
    if _NUMBER.fullmatch(word):
        groups = word.split("-")
        telephone = before == "+" and sum(map(len, groups)) <= _E164_LENGTH
        return [] if telephone else groups
    last = _LAST_NUMBER.fullmatch(word)
    return [last[1]] if last else []


def _card_among(groups: list[str]) -> bool:
    """Whether neighbouring groups make a card number; so many that it is costly to tell count as one."""
    windows = 0
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) >= _CARD_LENGTHS.stop:
                break
            if len(digits) in _CARD_LENGTHS:
                windows += 1
                if windows > _MOST_WINDOWS or luhn_valid(digits):
                    return True
    return False


def is_article_number(text: str) -> bool:
    """Whether ``text`` is a GTIN of 13 digits, or of 14 with a leading zero, with its check digit.

    One in ten of these looks like a card number by chance; cards of these lengths do not begin with zero.
    """
    if not (text.isascii() and text.isdigit()):
        return False
    padded = len(text) == _GTIN_14 and text[0] == "0"
    return (padded or len(text) == _GTIN_13) and gtin_valid(text)


def _check_text(text: str, key: str = "") -> None:
    if len(text) > LONGEST_TEXT:
        raise MessageRefused(
            Refusal.MALFORMED, f"a text of more than {LONGEST_TEXT} characters"
        )
    shown = text.replace(_GS1_SEPARATOR, "") if key in _CODE_FIELDS else text
    if _FORBIDDEN.search(shown):
        raise MessageRefused(Refusal.MALFORMED, "a character that no field may hold")
    # Only where an article number belongs; elsewhere the same digits are refused.
    if has_card_number(text) and not (key == "sku" and is_article_number(text)):
        raise MessageRefused(Refusal.CARD_NUMBER)


def _check(value: object, key: str = "") -> None:
    """Refuse what no field may hold; objects inside have been checked on their own."""
    if isinstance(value, str):
        _check_text(value, key)
    elif isinstance(value, list):
        for item in value:  # pyright: ignore[reportUnknownVariableType] - JSON of unknown shape
            _check(item, key)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, float) and not math.isfinite(value):
        raise MessageRefused(Refusal.MALFORMED, "a number without end")
    elif isinstance(value, int) and abs(value) > LARGEST_INT:
        raise MessageRefused(Refusal.MALFORMED, "an integer beyond 2**53")


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    # A dict keeps the last of two equal keys; another reader may have taken the first.
    if len(found) != len(pairs):
        raise MessageRefused(Refusal.MALFORMED, "a key twice in one object")
    for key, value in pairs:
        # A key is a stranger's text, too.
        _check_text(key)
        _check(value, key)
    return found


def _constant(_word: str) -> NoReturn:
    raise MessageRefused(Refusal.NOT_JSON, "NaN and Infinity are not JSON")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
# Takes elements apart only; each is screened on its own afterwards.
_PLAIN: Final = json.JSONDecoder()
_SPACE: Final = " \t\r\n"


def text_of(payload: bytes) -> str:
    """The payload as text, or not-json."""
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise MessageRefused(Refusal.NOT_JSON, "not UTF-8") from error


def screen(payload: bytes) -> dict[str, JsonValue]:
    """The JSON object in ``payload``, screened; anything else is refused."""
    try:
        found = _DECODER.decode(text_of(payload))
    # A document nested too deeply is the sender's fault, not ours.
    except (ValueError, RecursionError) as error:
        raise MessageRefused(Refusal.NOT_JSON, "not one JSON document") from error
    if not isinstance(found, dict):
        raise MessageRefused(Refusal.MALFORMED, "not an object")
    return cast("dict[str, JsonValue]", found)


def is_array(payload: bytes) -> bool:
    """Whether a JSON array begins here."""
    # Some space may stand before it, but no whole body is searched for the bracket.
    return payload[:64].lstrip(_SPACE.encode())[:1] == b"["


def elements(payload: bytes, limit: int) -> list[bytes]:
    """The elements of a JSON array, each as its own bytes; more than ``limit`` are too large."""
    try:
        found = _split(text_of(payload), limit)
    except (ValueError, IndexError, RecursionError) as error:
        raise MessageRefused(Refusal.NOT_JSON, "not one JSON array") from error
    if len(found) > limit:
        raise MessageRefused(Refusal.TOO_LARGE, f"more than {limit} events in a batch")
    return found


def _split(text: str, limit: int) -> list[bytes]:
    """Up to one element more than ``limit``; ValueError or IndexError if this is no array."""
    found = list[bytes]()
    place = _after_space(text, _after_space(text, 0) + 1)
    # One too many is enough to know that there are too many.
    while text[place] != "]" and len(found) <= limit:
        _, end = _PLAIN.raw_decode(text, place)
        found.append(text[place:end].encode())
        place = _after_space(text, end)
        if text[place] == ",":
            place = _after_space(text, place + 1)
            _PLAIN.raw_decode(text, place)  # a comma promises one more
        elif text[place] != "]":
            raise ValueError(place)
    # Nothing but space behind the end, or two readers would see two documents.
    if len(found) <= limit and text[place + 1 :].strip(_SPACE):
        raise ValueError(place)
    return found


def _after_space(text: str, place: int) -> int:
    while text[place] in _SPACE:
        place += 1
    return place
