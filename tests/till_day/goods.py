"""What the shop of a till's day sells: pieces, loose goods, and labels with a weight or a price inside."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction

LAYOUTS = ("20AAAAAPPPPPC", "21AAAAAWWWWWC")
"""How this shop prints its own labels: with the price of the whole, or with grams."""

ON_HAND = 1_000_000
"""Of everything in the morning, in pieces or kilograms."""

# By the avoirdupois pound of 1959, exact.
_IN_KG = {
    "kg": Fraction(1),
    "g": Fraction(1, 1000),
    "lb": Fraction(45359237, 10**8),
    "oz": Fraction(45359237, 16 * 10**8),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """``sku`` as in the catalogue, ``price`` in cents of one ``unit``; ``codes``: how else it is scanned."""

    sku: str
    price: int
    unit: str = "each"
    codes: tuple[str, ...] = ()
    label: str = ""

    def labelled(self, value: int) -> str:
        """The label with a price or with grams inside."""
        return with_check(f"{self.label}{value:05}")


def with_check(digits: str) -> str:
    """With GS1's check digit behind."""
    weights = (3 if place % 2 == 0 else 1 for place in range(len(digits)))
    total = sum(int(d) * w for d, w in zip(reversed(digits), weights, strict=True))
    return f"{digits}{-total % 10}"


def milli_taken(article: Article, quantity: Fraction, unit: str) -> int:
    """What a line takes off the shelf, in thousandths of the article's own unit."""
    if article.unit == "each":
        return round((quantity if unit == "each" else 1) * 1000)
    return round(quantity * _IN_KG[unit] * 1000)


def _articles() -> dict[str, Article]:
    found = list[Article]()
    for n in range(40):
        ean = with_check(f"40063813{n:04}")
        found.append(Article(sku=ean, price=99 + 37 * n, codes=(ean, f"0{ean}")))
    for n in range(15):
        upc = with_check(f"0360002{n:04}")
        found.append(Article(sku=upc, price=149 + 50 * n, codes=(upc, f"0{upc}", f"00{upc}")))
    for n in range(12):
        plu = str(4011 + n)
        found.append(Article(sku=plu, price=119 + 40 * n, unit="kg", codes=(plu,)))
    for n in range(6):
        label = f"20{10 + n:05}"
        found.append(Article(sku=with_check(f"{label}00000"), price=500, label=label))
        label = f"21{50 + n:05}"
        found.append(
            Article(
                sku=with_check(f"{label}00000"), price=899 + 100 * n, unit="kg", label=label
            )
        )
    return {article.sku: article for article in found}


ARTICLES = _articles()
OFFERS = {
    f"day-{n:02}": sku
    for n, sku in enumerate(
        sku for sku, one in ARTICLES.items() if one.unit == "each" and not one.label
    )
    if n % 2 == 0
}
"""What the shop takes something off today, and for which article; each goes by a code of its own."""
OFF_CENTS = 20
_ALL = tuple(ARTICLES.values())


def code_of(offer: str) -> str:
    """What a shopper says for it."""
    return f"SAVE-{offer.upper()}"


def drawn(chance: random.Random, count: int) -> list[Article]:
    """Different articles of one receipt."""
    return chance.sample(_ALL, count)
