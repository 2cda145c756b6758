"""The town: what the store sells and who shops there, drawn from a seed or learned from a grocer's real year.

``run`` invents one, or ``learned`` draws one; the store is furnished with it and ``days`` lets its people
come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from devices.simulator.chance import happens, pick, share
from edge.domain.consent import Purpose
from edge.domain.ids import Token

# Neighbours here are neighbours for the radio, too.
ZONES = ("entrance", "fresh", "chilled", "grocery", "home", "checkout")
"""In the order in which people walk through the store."""


class RecognitionWay(StrEnum):
    """How a shopper lets themselves be known, if at all."""

    PHONE = "phone"
    KIOSK = "kiosk"
    TILL = "till"
    NOT = "not"


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedProduct:
    """One product of the store. Money in cents; ``zone`` is where it lies."""

    sku: str
    name: str
    category: str
    department: str
    price_cents: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    """One person as they really are; of most of this the store knows nothing.

    ``chances``: sku -> chance that it is bought on one visit, untouched by any offer. ``a_week``: visits in
    seven days. ``purposes``: what they allow when the simulation begins; nothing for who was never asked.
    """

    number: int
    token: Token
    chances: Mapping[str, float]
    a_week: float
    known: RecognitionWay
    purposes: frozenset[Purpose]
    segments: tuple[str, ...]
    locale: str
    loyalty: str
    beacon_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Everybody and everything. ``goods`` are in the order of how much they are bought."""

    seed: int
    goods: Mapping[str, SimulatedProduct]
    shoppers: tuple[Shopper, ...]


# Categories of the invented store: department, zone, price of the cheapest product in cents, products, whether
# it is sensitive in the shipped policies.
_CATEGORIES = (
    ("fluid milk", "dairy", "chilled", 129, 8),
    ("bread", "bakery", "fresh", 149, 10),
    ("tropical fruit", "produce", "fresh", 59, 8),
    ("vegetables", "produce", "fresh", 79, 12),
    ("cheese", "deli", "chilled", 249, 12),
    ("yogurt", "dairy", "chilled", 69, 12),
    ("coffee", "grocery", "grocery", 499, 8),
    ("cereal", "grocery", "grocery", 279, 10),
    ("pasta", "grocery", "grocery", 99, 10),
    ("snacks", "grocery", "grocery", 149, 14),
    ("soft drinks", "grocery", "grocery", 119, 12),
    ("frozen pizza", "frozen grocery", "chilled", 399, 8),
    ("paper goods", "household", "home", 349, 8),
    ("detergent", "household", "home", 499, 6),
    ("domestic wine", "spirits", "grocery", 699, 8),
    ("laxatives", "drug gm", "home", 799, 4),
)
# As the public grocer's receipts have it.
_BASKET = 9.0
_A_WEEK = (0.7, 3.2)
# Nobody buys from every aisle.
_OF_CATEGORY = 0.55
_SEGMENTS = (("families", 0.35), ("students", 0.2))
_LOCALES = (("en-US", 0.85), ("es-US", 1.0))
_KNOWN_BY = (
    (0.3, RecognitionWay.PHONE),
    (0.7, RecognitionWay.KIOSK),
    (0.92, RecognitionWay.TILL),
    (1.0, RecognitionWay.NOT),
)
_OPTED_IN = 0.8
_ALSO = {
    Purpose.PERSONALISE_PRIVATE: 0.92,
    Purpose.PERSONALISE_PUBLIC: 0.4,
    Purpose.ASSOCIATE_ASSIST: 0.75,
    Purpose.CHECKOUT_OFFER: 0.85,
    Purpose.MEASURE: 0.9,
    Purpose.TRAIN: 0.6,
    Purpose.SHARE: 0.7,
}


def people_for(visits_a_day: int, a_week: float = sum(_A_WEEK) / 2) -> int:
    """How many shoppers make so many visits a day, if each comes ``a_week`` times in seven days."""
    return max(1, round(visits_a_day * 7 / a_week))


def invent(seed: int, visits_a_day: int) -> Population:
    """A made-up town of a grocer's statistics: nine products a basket, few favourites and a long tail."""
    goods = {good.sku: good for good in _shelves()}
    rank = _popularity(goods)
    shoppers = tuple(
        person(seed, number, _tastes(seed, number, goods, rank))
        for number in range(people_for(visits_a_day))
    )
    return Population(seed=seed, goods=goods, shoppers=shoppers)


def person(
    seed: int, number: int, chances: Mapping[str, float], a_week: float | None = None
) -> Shopper:
    """Shopper ``number`` with these tastes; everything else about them is drawn."""
    drawn = share(seed, number, "rhythm")
    low, high = _A_WEEK
    opted_in = happens(_OPTED_IN, seed, number, "opted in")
    also = {p for p, chance in _ALSO.items() if happens(chance, seed, number, p.value)}
    # All that is secret follows from the seed, so that every run broadcasts the same ids.
    secret = sha256(f"{seed}/{number}".encode())
    return Shopper(
        number=number,
        token=Token(f"c-{secret.hexdigest()[:26]}"),
        chances=chances,
        a_week=low + (high - low) * drawn if a_week is None else a_week,
        known=_first(_KNOWN_BY, share(seed, number, "known by")),
        purposes=frozenset({Purpose.RECOGNISE, *also}) if opted_in else frozenset(),
        segments=tuple(
            name for name, part in _SEGMENTS if happens(part, seed, number, "segment", name)
        ),
        locale=next(name for name, below in _LOCALES if share(seed, number, "speaks") < below),
        # Ten digits, too few for a payment card.
        loyalty=f"47{number:08d}",
        beacon_key=secret.digest(),
    )


def _shelves() -> list[SimulatedProduct]:
    return [
        SimulatedProduct(
            sku=str(1_000 * (1 + at) + number),
            name=f"{category.title()} {number + 1}",
            category=category,
            department=department,
            price_cents=cheapest + 40 * (number * 7 % products),
            zone=zone,
        )
        for at, (category, department, zone, cheapest, products) in enumerate(_CATEGORIES)
        for number in range(products)
    ]


def _popularity(goods: Mapping[str, SimulatedProduct]) -> dict[str, float]:
    """How much each product draws in its category: the second half as much as the first, and so on."""
    seen, drawn = dict[str, int](), dict[str, float]()
    for sku, good in goods.items():
        seen[good.category] = seen.get(good.category, 0) + 1
        drawn[sku] = 1 / seen[good.category]
    return drawn


def _tastes(
    seed: int, number: int, goods: Mapping[str, SimulatedProduct], drawn: Mapping[str, float]
) -> dict[str, float]:
    """Chances of one shopper: a latent liking for each category, favourites in it, nine products a basket."""
    liking = {
        # Squared: a few categories are loved, most hardly.
        category: share(seed, number, "likes", category) ** 2
        for category, *_ in _CATEGORIES
        if happens(_OF_CATEGORY, seed, number, "buys", category)
    }
    raw = {
        sku: liking[good.category] * drawn[sku] * (0.2 + share(seed, number, "fancies", sku))
        for sku, good in goods.items()
        if good.category in liking and happens(0.5, seed, number, "ever", sku)
    }
    # Held above nothing, for somebody may like nearly nothing.
    scale = _BASKET / max(sum(raw.values()), 0.1)
    # Nobody is sure to buy anything, or no offer could move it.
    return {sku: min(0.45, value * scale) for sku, value in raw.items() if value * scale > 0.01}  # noqa: PLR2004 - once in a hundred visits


def _first(table: tuple[tuple[float, RecognitionWay], ...], drawn: float) -> RecognitionWay:
    return next(known for below, known in table if drawn < below)


def hour_of_day(*about: object) -> float:
    """A moment of the opening hours at which people come, in hours since midnight: noon and after work most."""
    peak = pick((10.5, 12.0, 17.0, 17.5, 18.5), *about, "peak")
    spread = sum(share(*about, "spread", n) for n in range(3)) / 3 - 0.5
    return min(21.0, max(7.1, peak + spread * 9))
