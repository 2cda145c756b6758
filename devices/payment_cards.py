"""Payment cards by their looks: whose number it is by its first digits, how long those are, and the check digit.

`devices.messages.screening` refuses texts that hold one; `edge.pipeline.identifiers` asks it about loyalty numbers.
One number in ten passes the check digit alone, so that alone makes no card: loyalty and article numbers pass it, too.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class IssuerRange:
    """A scheme's numbers: the first and the last prefix, of equal length, and how many digits a card has.

    Source: what the schemes publish for those who accept their cards, and ISO/IEC 7812.
    """

    scheme: str
    first: str
    last: str
    lengths: frozenset[int]

    def holds(self, digits: str) -> bool:
        """Whether a card of this range could have these digits."""
        return (
            len(digits) in self.lengths and self.first <= digits[: len(self.first)] <= self.last
        )


def _of(scheme: str, prefixes: str, *lengths: int) -> tuple[IssuerRange, ...]:
    """The ranges of one scheme; ``prefixes`` as ``51-55 2221-2720``."""
    pairs = (part.partition("-") for part in prefixes.split())
    return tuple(
        IssuerRange(scheme, first, last or first, frozenset(lengths))
        for first, _, last in pairs
    )


ISSUERS: Final = (
    *_of("Visa", "4", 13, 16, 18, 19),
    *_of("Mastercard", "51-55 2221-2720", 16),
    *_of("American Express", "34 37", 15),
    *_of("Discover", "6011 644-649 65", 16, 17, 18, 19),
    *_of("Diners Club", "300-305 3095 36 38-39", 14, 15, 16, 17, 18, 19),
    *_of("JCB", "3528-3589", 16, 17, 18, 19),
    *_of("UnionPay", "62 8100-8171", 16, 17, 18, 19),
    *_of("Maestro", "5018 5020 5038 5893 6304 67", 13, 14, 15, 16, 17, 18, 19),
    *_of("RuPay", "508500-508999 606985-607984 608001-608500 817200-820199", 16),
    *_of("Mir", "2200-2204", 16, 17, 18, 19),
    *_of("Troy", "9792", 16),
    *_of("Elo", "504175 506699-506778 509000-509999 636297 636368", 16),
    *_of("Verve", "506099-506198 507865-507964", 16, 18, 19),
    *_of("Hipercard", "606282 637095 637568 637599 637609 637612", 13, 16, 19),
    *_of("Dankort", "5019", 16),
    *_of("Bcard", "2205", 16),
    *_of("Uzcard and Humo", "8600 9860", 16),
    *_of("Napas", "9704", 16, 19),
)
"""The schemes whose cards people carry into shops. Where two share a range it stands once: RuPay, Elo and Troy also
issue under Discover's 65, Elo under Visa's 4. A prefix that only gift or loyalty cards use is not here."""

_LENGTHS: Final = range(13, 20)
# A quick look: at least 13 digits with few other characters between each two.
_MANY_DIGITS: Final = re.compile(r"\d(?:[\W_]{0,2}\d){12}")
# What people and programs write between groups looks alike; the search knows two of them.
_SEPARATORS: Final = str.maketrans(
    dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f", " ")
    | dict.fromkeys("_\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
# The groups printed on cards; nothing else is written like this, so letters may stand beside it. A UUID's
# groups are 8-4-4-4-12.
_PRINTED: Final = re.compile(
    r"(?<![0-9A-Za-z])\d{4}([-. ]{1,2})(?:\d{4}\1\d{4}\1\d{1,4}(?:\1\d{1,3})?|\d{6}\1\d{4,5})(?![0-9A-Za-z])"
)
# What a stripe's tracks begin with; whatever number is in it, it was read off a card.
_TRACK: Final = re.compile(r"%?B\d{12,19}\^|;\d{12,19}=\d{4}")
# Cards are written with hyphens, too, so these do not end a word.
_WORD: Final = re.compile(r"[\w-]+")
_NUMBER: Final = re.compile(r"\d+(?:-\d+)*")
_LONG: Final = re.compile(r"(?<![^-])\d{13,19}(?![^-])")
# Each window costs a check, and a stranger could send a text full of short groups.
_MOST_WINDOWS: Final = 32
_E164_LENGTH: Final = 15
# The digit sums of the doubled digits, as Luhn adds them.
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn_valid(digits: str) -> bool:
    """Whether the last digit is the check digit of payment cards."""
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])) % 10 == 0


def is_card_number(digits: str) -> bool:
    """Whether ``digits``, nothing else, are a payment card's: a scheme's prefix and length, and the check digit."""
    # In any script: what a person reads as a digit is one.
    plain = digits if digits.isascii() else "".join(str(int(digit)) for digit in digits)
    return any(issuer.holds(plain) for issuer in ISSUERS) and luhn_valid(plain)


def has_card_number(text: str) -> bool:
    """Whether ``text`` holds a number that could be a payment card's, as people and stripes write them.

    That is a card's number also in groups, alone or among other words, and any track of a magnetic stripe. Digits
    glued to letters are ids. A telephone number in international form (``+``, 15 digits) is none.
    """
    # Nearly every text ends here; this runs on each string of each message.
    if not _MANY_DIGITS.search(text):
        return False
    if _TRACK.search(text):
        return True
    text = text.translate(_SEPARATORS)
    if any(is_card_number(re.sub(r"\D", "", one[0])) for one in _PRINTED.finditer(text)):
        return True
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
    """The groups of digits in one word; of a word with letters in it only one as long as a card's number."""
    word, before = found[0].strip("-"), text[max(0, found.start() - 1) : found.start()]
    if _NUMBER.fullmatch(word):
        groups = word.split("-")
        telephone = before == "+" and sum(map(len, groups)) <= _E164_LENGTH
        return [] if telephone else groups
    return [one[0] for one in _LONG.finditer(word) if is_card_number(one[0])][:1]


def _card_among(groups: list[str]) -> bool:
    """Whether neighbouring groups make a card number; so many that it is costly to tell count as one."""
    windows = 0
    for first in range(len(groups)):
        digits = ""
        for group in groups[first:]:
            digits += group
            if len(digits) >= _LENGTHS.stop:
                break
            if len(digits) not in _LENGTHS:
                continue
            windows += 1
            if windows > _MOST_WINDOWS or is_card_number(digits):
                return True
    return False
