"""Reading JSON from strangers: what a schema cannot refuse is refused here, before anything is built.

`devices.messages.envelope` and the HTTP bodies pass every byte through it before pydantic sees a field.

Refused are duplicate keys, NaN and Infinity, integers beyond 2**53, control and direction characters, lone
surrogates, and numbers of payment cards. A refusal never repeats what it refuses. Lines of a basket are screened
one by one (`screen_line`); a loyalty or telephone number is left to `edge.pipeline.identifiers`, which knows who is
enrolled.
"""

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NoReturn, cast

from pydantic import JsonValue

from devices.errors import MessageRefused, Refusal
from devices.payment_cards import has_card_number

LARGEST_INT: Final = 2**53
"""Beyond this, readers that know only doubles see another number."""

# C0, DEL, C1, direction overrides, lone surrogates, byte order mark.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]"
)
# As long as the longest fields: a sign-in's value and a signed claim.
LONGEST_TEXT: Final = 2048
GROUP_SEPARATOR: Final = "\x1d"
"""Ends a part of variable length in a GS1 code (there called FNC1)."""

# Fields for codes of articles: an article number may look like a card's.
_CODES: Final = frozenset({"sku", "item_id"})
# Ways to sign in by a number of one's own.
_IDENTIFYING: Final = frozenset({"loyalty", "phone"})

Path = tuple[str | int, ...]
"""Where in a document something stands: keys and numbers of elements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedLater:
    """What a message's screen leaves to those who know more.

    ``whole``: lists whose elements are screened one by one, so that one of them does not lose the others.
    ``identifiers``: texts that may look like a card's number; who is enrolled under them is not known here.
    """

    whole: frozenset[Path] = frozenset()
    identifiers: frozenset[Path] = frozenset()


Judgement = Callable[[Mapping[str, JsonValue]], JudgedLater]
"""What of a document is judged later."""


def all_now(_document: Mapping[str, JsonValue]) -> JudgedLater:
    """Nothing is left for later."""
    return _NOTHING


_NOTHING: Final = JudgedLater()


@dataclass(frozen=True, slots=True)
class _Screen:
    """One walk through a document; ``names`` are our own fields, the only ones that a refusal may name."""

    names: Collection[str]
    later: JudgedLater = _NOTHING

    def walk(self, value: object, path: Path = ()) -> None:
        """Refuse what no field may hold."""
        match value:
            case str():
                self._text(value, path)
            case dict():
                for key, inner in cast("dict[str, object]", value).items():
                    # A key is a stranger's text, too.
                    self._text(key, path)
                    self.walk(inner, (*path, key))
            case list() if path not in self.later.whole:
                for place, inner in enumerate(cast("list[object]", value)):
                    self.walk(inner, (*path, place))
            case int() | float():
                self._number(value, path)
            case _:
                pass

    def _number(self, value: float, path: Path) -> None:
        if isinstance(value, int) and abs(value) > LARGEST_INT:
            raise self._refused(path, "an integer beyond 2**53")
        if not math.isfinite(value):
            raise self._refused(path, "a number without end")

    def _text(self, text: str, path: Path) -> None:
        is_code = bool(path) and path[-1] in _CODES
        if len(text) > LONGEST_TEXT:
            raise self._refused(path, f"a text of more than {LONGEST_TEXT} characters")
        # Scanners put it between the parts of a GS1 code.
        if _FORBIDDEN.search(text.replace(GROUP_SEPARATOR, "") if is_code else text):
            raise self._refused(path, "a character that no field may hold")
        exempt = is_code or path in self.later.identifiers
        if not exempt and has_card_number(text):
            raise MessageRefused(Refusal.CARD_NUMBER, field=self._field(path))

    def _refused(self, path: Path, detail: str) -> MessageRefused:
        return MessageRefused(Refusal.MALFORMED, detail, field=self._field(path))

    def _field(self, path: Path) -> str | None:
        """The path as far as it is made of our own names."""
        ours = takewhile(lambda part: isinstance(part, int) or part in self.names, path)
        return ".".join(map(str, ours)) or None


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    # A dict keeps the last of two equal keys; another reader may have taken the first.
    if len(found) != len(pairs):
        raise MessageRefused(Refusal.MALFORMED, "a key twice in one object")
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


def screen(
    payload: bytes, names: Collection[str] = (), later: Judgement = all_now
) -> dict[str, JsonValue]:
    """The JSON object in ``payload``, screened; anything else is refused.

    Args:
        payload: What was sent.
        names: Our own fields; only these can stand in a refusal's ``field``.
        later: What of the document is not judged here.
    """
    try:
        found = _DECODER.decode(text_of(payload))
        if isinstance(found, dict):
            document = cast("dict[str, JsonValue]", found)
            _Screen(names, later(document)).walk(document)
    # A document nested too deeply is the sender's fault, not ours.
    except (ValueError, RecursionError) as error:
        raise MessageRefused(Refusal.NOT_JSON, "not one JSON document") from error
    if not isinstance(found, dict):
        raise MessageRefused(Refusal.MALFORMED, "not an object")
    return cast("dict[str, JsonValue]", found)


def screen_line(line: JsonValue, names: Collection[str] = ()) -> None:
    """Screen one line of a basket by itself: what is wrong in it must not lose the others.

    Args:
        line: The element as it was decoded.
        names: The line's own fields; only these can stand in the refusal's ``field``.

    Raises:
        MessageRefused: ``card-number`` or ``malformed``, with the field of the line.
    """
    _Screen(names).walk(line)


def basket_later(basket: Mapping[str, JsonValue], at: Path = ()) -> JudgedLater:
    """What of a basket, a sale or a sign-in that stands at ``at`` is judged later.

    Its lines one by one (`screen_line`), and who somebody is by those who know who is enrolled.
    """
    named = basket.get("method") in _IDENTIFYING
    return JudgedLater(
        whole=frozenset({(*at, "lines")}),
        identifiers=frozenset({(*at, "loyalty"), *([(*at, "value")] if named else [])}),
    )


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
