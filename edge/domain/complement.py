"""Whether what a till showed in mid-basket was then scanned: one definition for the live count and the audit.

Online learning counts with it in the running store, the demo's audit afterwards.

A showing counts while something is in the basket and its last quarter has not begun: at most three of four
products of the paid basket were scanned by then. It hits if one of its products was scanned afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class MethodComparison(NamedTuple, Generic[T]):
    """Ours beside the same of two simple methods at the same instants.

    ``usual`` is P-TopFreq@25, what the person bought most on their last 25 trips (nothing for somebody
    unknown); ``popular`` what sells best in this store at this time of day. Neither says what is in the basket.
    """

    ours: T
    usual: T
    popular: T


@dataclass(frozen=True, slots=True, kw_only=True)
class TillShowing:
    """What one answer of a till held, and the ``basket`` by then, as item keys. ``personal``: for somebody known."""

    basket: frozenset[int]
    products: MethodComparison[frozenset[int]]
    personal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplementOutcome:
    """What came of one basket's showings.

    ``hit``: one product of any showing was scanned after it; ``last_hit``: one of the last showing that counts,
    so of three products at most; ``products``: how many different ones were shown in all.
    """

    personal: bool
    hit: MethodComparison[bool]
    last_hit: MethodComparison[bool]
    products: MethodComparison[int]


def outcome(
    showings: Iterable[TillShowing], bought: frozenset[int]
) -> ComplementOutcome | None:
    """Hold a paid basket's showings, in their order, against what was ``bought``; None where none counts."""
    # Three quarters in whole numbers: nothing hangs on how a float is rounded.
    counted = [s for s in showings if s.basket and 4 * len(s.basket) <= 3 * len(bought)]
    if not counted:
        return None
    return ComplementOutcome(
        personal=any(s.personal for s in counted),
        hit=_each(lambda method: _hits(counted, method, bought)),
        last_hit=_each(lambda method: _hits(counted[-1:], method, bought)),
        products=_each(lambda method: len(_products(counted, method))),
    )


def _each(figure: Callable[[int], T]) -> MethodComparison[T]:
    """One figure a method, by its place in ``MethodComparison``."""
    return MethodComparison(figure(0), figure(1), figure(2))


def _hits(showings: list[TillShowing], method: int, bought: frozenset[int]) -> bool:
    # What lay in the basket already was not sold by being shown.
    return any(not s.products[method].isdisjoint(bought - s.basket) for s in showings)


def _products(showings: list[TillShowing], method: int) -> frozenset[int]:
    return frozenset[int]().union(*(s.products[method] for s in showings))
