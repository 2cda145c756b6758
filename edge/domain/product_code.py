"""Reads product codes as they are scanned, typed or sent: what a code stands for, by GS1's rules and the store's own.

`edge.state.product_codes` asks only after the catalogue did not know the code as it stands, and looks the candidates
up there. Read with ``biip``; text of any kind is read, and nothing is ever raised for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from biip import ParseConfig, ParseError
from biip.checksums import gs1_price_weight_check_digit, gs1_standard_check_digit
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString, GS1ElementStrings
from biip.gs1_messages import GS1Message
from biip.gtin import Gtin
from biip.rcn import Rcn, RcnRegion
from biip.symbology import GS1Symbology, SymbologyIdentifier
from biip.upc import Upc

from edge.domain.errors import SettingsInvalid
from edge.domain.ids import Sku
from edge.domain.trade_unit import TradeUnit

LONGEST_CODE = 128
"""Characters; a longer text is no code and is not read."""

_SEPARATOR = "\x1d"
_GTIN_LENGTHS = frozenset({8, 12, 13, 14})
_GTIN = 14
_EAN_13 = 13
# Up to here a number is a PLU or a store's own: padded, nobody would know it again.
_OWN_NUMBER = 7
_MOST_DIGITS = 18
_UPC_E = 8
_UPC_E_LENGTHS = frozenset({6, 7, 8})
# Restricted circulation: numbers that a store or a country gives out itself.
_OWN_PREFIXES = ("02", "04", "2")
# A verifier is defined for a price or weight of this many digits (GS1 General Specifications 7.9.3, 7.9.4).
_VERIFIED_PLACES = frozenset({4, 5})
_REMEMBERED = 8_192

# A wrong best-before date must not hide which article it is.
_GS1 = ParseConfig(gs1_element_strings_verify_date=False)

_MEASURES = {
    "310": TradeUnit.KG,
    "320": TradeUnit.LB,
    "357": TradeUnit.OZ,
    "315": TradeUnit.L,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCode:
    """What a code stands for. Units: ``quantity`` counts ``unit``; ``amount_cents`` is the price of the whole label.

    Money in the smallest unit of the store's currency. None: the code says nothing of it.
    """

    sku: Sku
    quantity: Decimal | None = None
    unit: TradeUnit | None = None
    amount_cents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReading:
    """``candidates`` are looked up in their order, the first that is sold is meant; ``otherwise`` none is sold."""

    candidates: tuple[ReadCode, ...] = ()
    otherwise: ReadCode


@dataclass(frozen=True, slots=True)
class VariableMeasure:
    """A layout of 13 places, such as ``20AAAAAPPPPPC``: digits that stand, A article, P price, W grams, C check digit.

    P is in the smallest unit of the currency. V: the verifier of a price or weight of 4 or 5 places; X: not read.
    """

    places: str

    @property
    def fixed(self) -> str:
        """The digits it begins with, by which it is known."""
        return self.places[: len(self.places) - len(self.places.lstrip("0123456789"))]

    def of(self, letter: str, code: str) -> str:
        """The digits of ``code`` at the places of ``letter``."""
        return "".join(
            digit for place, digit in zip(self.places, code, strict=True) if place == letter
        )

    def fits(self, code: str) -> bool:
        """Whether a valid code of 13 digits is of this layout."""
        if not code.startswith(self.fixed):
            return False
        if "V" not in self.places:
            return True
        told = self.of("P", code) or self.of("W", code)
        return gs1_price_weight_check_digit(told) == int(self.of("V", code))

    def zeroed(self, code: str) -> str:
        """The code of the article itself: nothing where price or weight stood, and its own check digit."""
        digits = "".join(
            "0" if place in "PWVX" else digit
            for place, digit in zip(self.places[:-1], code[:-1], strict=True)
        )
        return f"{digits}{gs1_standard_check_digit(digits)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRules:
    """How this store's own codes are read.

    ``layouts``: of its variable-measure codes; None: as ``country`` (ISO 3166, two letters) rules where that is
    known. ``exponent`` and ``number``: the currency's decimals and ISO 4217 number.
    """

    layouts: tuple[VariableMeasure, ...] | None = None
    country: str = ""
    currency: str = "USD"
    exponent: int = 2
    number: str = "840"


def layouts_of(places: Iterable[str]) -> tuple[VariableMeasure, ...]:
    """The layouts of a setting.

    Raises:
        SettingsInvalid: one is none, or two begin alike; the hint says what to write.
    """
    found = tuple(VariableMeasure(text) for text in places)
    for number, layout in enumerate(found):
        fault = _fault(layout)
        if fault is None and any(
            layout.fixed.startswith(earlier.fixed) for earlier in found[:number]
        ):
            fault = "an earlier layout begins alike and would take its codes"
        if fault is not None:
            raise SettingsInvalid(
                f"variable measure {layout.places!r}: {fault}",
                hint="13 places such as 20AAAAAPPPPPC or 21AAAAAVWWWWWC: the first digits, A article,"
                " P price or W grams, V verifier, X not read, C check digit",
            )
    return found


def _fault(layout: VariableMeasure) -> str | None:
    """What keeps a layout from being one."""
    places, value = layout.places, layout.places.count("P") or layout.places.count("W")
    rest = places[len(layout.fixed) :]
    checks: tuple[tuple[bool, str], ...] = (
        (len(places) != _EAN_13, f"it has {len(places)} places, not {_EAN_13}"),
        (
            bool(set(rest) - set("APWVXC")),
            "after the first digits only A, P, W, V, X and C may stand",
        ),
        (
            not layout.fixed.startswith(_OWN_PREFIXES),
            "it does not begin with 2, 02 or 04, as a store's own numbers do",
        ),
        (rest.count("C") != 1 or not rest.endswith("C"), "the check digit C stands last, once"),
        ("A" not in rest, "it has no place A for the article"),
        (("P" in rest) == ("W" in rest), "it has a price P or a weight W, one of them"),
        (rest.count("V") > 1, "it has one verifier V at most"),
        (
            "V" in rest and value not in _VERIFIED_PLACES,
            "a verifier V belongs to a price or weight of 4 or 5 places; write X to pass over it",
        ),
        (
            any(letter * rest.count(letter) not in rest for letter in "APWX"),
            "the places of one letter stand together",
        ),
    )
    return next((says for wrong, says in checks if wrong), None)


def spelling(code: str) -> Sku:
    """How a code is written that nobody sells here: one spelling for each ``models.items.item_key``.

    A valid GTIN has 14 digits, however many were typed; any other number goes without leading zeros, as PLU and
    in-store numbers are known; all else stays as it is.
    """
    if not _is_number(code) or len(code) > _MOST_DIGITS:
        return Sku(code)
    number = code.lstrip("0") or "0"
    is_gtin = _OWN_NUMBER < len(number) <= _GTIN and _is_valid(number)
    return Sku(number.zfill(_GTIN) if is_gtin else number)


def listed_as(code: str, rules: CodeRules) -> Sku:
    """How a product is listed that comes under ``code``: a number as it is told, an element string by its GTIN.

    The list of goods is what every other code is held against, so a number in it is never read.
    """
    if _is_number(code):
        return Sku(code)
    return reading_of(code, rules).otherwise.sku


@lru_cache(maxsize=_REMEMBERED)
def reading_of(code: str, rules: CodeRules) -> CodeReading:
    """What ``code`` may stand for; of text that is no code, itself."""
    text = code.strip(" ").lstrip(_SEPARATOR)
    as_typed = CodeReading(otherwise=ReadCode(sku=spelling(text or code)))
    # Printable ASCII only: digits of other scripts are none, and no reader has to expect them.
    if (
        len(code) > LONGEST_CODE
        or not text.replace(_SEPARATOR, "").isprintable()
        or not text.isascii()
    ):
        return as_typed
    try:
        found = _read(text, rules, is_message=code.strip(" ").startswith(_SEPARATOR))
    # The second where a URI cannot be taken apart, or a decimal of a message cannot be one.
    except (ParseError, ValueError):
        found = None
    return found or _of_plain(text, rules) or as_typed


def _read(text: str, rules: CodeRules, *, is_message: bool) -> CodeReading | None:
    """A code with something around it; None where it is plain."""
    if text.startswith("]"):
        return _of_scanner(text, rules)
    if text[:4].lower() == "http":
        return _of_elements(GS1DigitalLinkURI.parse(text, config=_GS1).element_strings, rules)
    if text.startswith("("):
        return _of_elements(GS1Message.parse_hri(text, config=_GS1).element_strings, rules)
    # Without any mark of GS1's: article number first, in full, or it is some other long code.
    if is_message or (
        text.startswith("01") and _is_valid(text[2:16]) and len(text) >= _GTIN + 2
    ):
        return _of_elements(GS1Message.parse(text, config=_GS1).element_strings, rules)
    return None


def _of_scanner(text: str, rules: CodeRules) -> CodeReading | None:
    """A code behind the symbology identifier that a scanner sends."""
    if len(text) < len("]C1"):
        return None
    # DotCode, which ``biip`` names among GS1's symbologies but does not know by its letter.
    if text.startswith("]J1"):
        return _read(text[3:].lstrip(_SEPARATOR), rules, is_message=True)
    symbology = SymbologyIdentifier.extract(text)
    kind, rest = symbology.gs1_symbology, text[len(symbology) :].lstrip(_SEPARATOR)
    if not rest:
        return None
    # Plain QR codes hold links, too.
    if kind in GS1Symbology.with_gs1_messages() or rest[:4].lower() == "http":
        return _read(rest, rules, is_message=True)
    # Behind a magazine's number stand two or five digits of its issue.
    if kind is GS1Symbology.EAN_13_WITH_ADD_ON:
        rest = rest[:_EAN_13]
    own = ReadCode(sku=spelling(rest))
    return _of_plain(rest, rules) or CodeReading(candidates=(own,), otherwise=own)


def _of_elements(elements: GS1ElementStrings, rules: CodeRules) -> CodeReading | None:
    """The article of a message, with its weight, price or count; batch, date and serial number are let go."""
    # A wrong check digit is a misread label: never a guess which article was meant.
    article = next((e.gtin for e in elements if e.ai.ai == "01" and e.gtin is not None), None)
    if article is None:
        return None
    number = article.value.zfill(_GTIN)
    inner = _of_plain(number, rules)
    quantity, unit = _measured(elements)
    told = ReadCode(
        sku=Sku(number), quantity=quantity, unit=unit, amount_cents=_payable(elements, rules)
    )
    plain = CodeReading(candidates=(told,), otherwise=replace(told, sku=spelling(number)))
    if inner is None or quantity is not None or told.amount_cents is not None:
        return plain
    return CodeReading(candidates=(told, *inner.candidates), otherwise=inner.otherwise)


def _measured(elements: GS1ElementStrings) -> tuple[Decimal, TradeUnit] | tuple[None, None]:
    """Weight, volume or count of a message. Nothing weighed and nothing counted is nothing told."""
    for element in elements:
        unit = _MEASURES.get(element.ai.ai[:3])
        if unit is not None and (quantity := _decimal(element)):
            return quantity, unit
    for element in elements:
        if element.ai.ai == "30" and int(element.value):
            return Decimal(int(element.value)), TradeUnit.EACH
    return None, None


def _payable(elements: GS1ElementStrings, rules: CodeRules) -> int | None:
    """The price of a message, in the smallest unit; None in another currency."""
    for element in elements:
        local = element.ai.ai.startswith("392")
        if local or (
            element.ai.ai.startswith("393") and element.pattern_groups[0] == rules.number
        ):
            return _in_cents(_decimal(element), rules)
    return None


def _decimal(element: GS1ElementString) -> Decimal:
    """The number of an element; the last digit of its identifier says how many of its digits are decimals."""
    return Decimal(element.pattern_groups[-1]).scaleb(-int(element.ai.ai[-1]))


def _in_cents(amount: Decimal, rules: CodeRules) -> int | None:
    """Whole smallest units; None for nothing, and for a fraction of one, which nobody can pay."""
    cents = amount.scaleb(rules.exponent)
    return int(cents) if cents and cents == int(cents) else None


def _of_plain(text: str, rules: CodeRules) -> CodeReading | None:
    """A number by itself; None where nothing is to be read from it."""
    if not _is_number(text):
        return None
    own = ReadCode(sku=spelling(text))
    is_gtin = len(text) in _GTIN_LENGTHS and _is_valid(text)
    number = text.lstrip("0")
    if is_gtin and len(number) <= _EAN_13:
        measured = _of_variable(number.zfill(_EAN_13), rules)
        if measured is not None:
            return measured
    expanded = _upc_a(text) if len(text) in _UPC_E_LENGTHS else None
    if expanded is None:
        return CodeReading(candidates=(own,), otherwise=own)
    # Six or seven digits have no check digit, and eight may be a GTIN-8 as well: then only the catalogue tells.
    is_upc_e = len(text) == _UPC_E and not is_gtin
    return CodeReading(candidates=(own, expanded), otherwise=expanded if is_upc_e else own)


def _upc_a(text: str) -> ReadCode | None:
    try:
        return ReadCode(sku=spelling(Upc.parse(text).as_upc_a()))
    except ParseError:
        return None


def _of_variable(code: str, rules: CodeRules) -> CodeReading | None:
    """A variable-measure code of 13 digits: its article, with the price or weight on the label."""
    if not code.startswith(_OWN_PREFIXES):
        return None
    if rules.layouts is None:
        return _by_country(code, rules)
    layout = next((known for known in rules.layouts if known.fits(code)), None)
    if layout is None:
        return None
    price, grams = int(layout.of("P", code) or 0), int(layout.of("W", code) or 0)
    told = ReadCode(
        sku=Sku(code),
        quantity=Decimal(grams).scaleb(-3) if grams else None,
        unit=TradeUnit.KG if grams else None,
        amount_cents=price or None,
    )
    return _article(layout.zeroed(code), layout.of("A", code), told)


def _by_country(code: str, rules: CodeRules) -> CodeReading | None:
    """By the rules of the store's country, where ``biip`` has them."""
    try:
        region = RcnRegion(rules.country.lower())
        read = Gtin.parse(code, config=ParseConfig(rcn_region=region))
    # The first where there are no rules, the second where the verifier inside is wrong.
    except (ValueError, ParseError):
        return None
    if not isinstance(read, Rcn) or read.weight == read.price == read.count:
        return None
    count, weight = Decimal(read.count or 0), read.weight or Decimal(0)
    # A price of another currency is none of ours.
    ours = region.get_currency_code() == rules.currency
    told = ReadCode(
        sku=Sku(code),
        quantity=weight or count or None,
        unit=TradeUnit.KG if weight else TradeUnit.EACH if count else None,
        amount_cents=_in_cents(read.price, rules) if read.price is not None and ours else None,
    )
    return _article(read.without_variable_measure().value, read.item_reference or "", told)


def _article(zeroed: str, bare: str, told: ReadCode) -> CodeReading:
    """Under which codes the article may be sold: the zeroed code first, then its bare digits."""
    whole = replace(told, sku=spelling(zeroed))
    short = (replace(told, sku=spelling(bare)),) if bare.strip("0") else ()
    return CodeReading(candidates=(whole, *short), otherwise=whole)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_valid(digits: str) -> bool:
    """Whether the last digit is GS1's check digit."""
    return _is_number(digits) and gs1_standard_check_digit(digits[:-1] or "0") == int(
        digits[-1]
    )
