"""What a strategy is: the one question it answers, and how it is told to marketers and on screens.

Each strategy's own file makes its ``StrategyEntry``, ``registry`` lists them all, and a bundle ranks by them
(``serving.open_bundle``); the published methods are measured with the same question (``published_registry``).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Tables, leading
from models.strategies.context import StrategyContext


class Strategy(Protocol):
    """A way to choose items. Pure: equal views give equal lists."""

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """At most ``n`` keys, best first, each once, none in the basket; ties settled by key."""
        ...


class _Named(Protocol):
    """What can be asked for by name."""

    @property
    def name(self) -> str:
        """What it is called in settings and reports: lower-case words, hyphens."""
        ...


class PublishedMethod(Strategy, _Named, Protocol):
    """A strategy from the literature, measured under its published name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonWords:
    """Why an item is shown, by who reads it; ``{moment}`` becomes "this morning" and the like.

    ``to_everybody`` stands on public screens and speaks of the store, never of a person; None says nothing there.
    """

    to_the_person: str
    to_an_associate: str
    to_everybody: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyEntry:
    """One strategy that a marketer chooses by ``name``; ``says`` is the one line for whoever chooses.

    ``reason``: the word for what a screen says of its items. Where the word is not one that the screens know
    already, such as ``trending`` or ``complement``, ``words`` brings it.
    ``make``: the strategy over one bundle's tables.
    """

    name: str
    says: str
    reason: str
    words: ReasonWords | None = None
    make: Callable[[StrategyContext], Strategy]


_Entry = TypeVar("_Entry", bound=_Named)


def registered(strategies: Iterable[_Entry]) -> dict[str, _Entry]:
    """The strategies by their names, in the given order. Raises ``ValueError`` on a name met twice."""
    found: dict[str, _Entry] = {}
    for strategy in strategies:
        if strategy.name in found:
            raise ValueError(f"two strategies are called {strategy.name!r}")
        found[strategy.name] = strategy
    return found


def taken(view: ModelRequest) -> Keys:
    """What is in the basket already: its keys, and the lines recorded earlier today."""
    if view.profile is None:
        return view.basket
    return np.union1d(view.basket, view.profile.bought_since(view.moment.day))


def untaken(view: ModelRequest, keys: Keys, n: int) -> Keys:
    """The first ``n`` of ``keys`` that are not in the basket already."""
    return keys[~np.isin(keys, taken(view))][:n]


def best(view: ModelRequest, tables: Tables, worth: npt.NDArray[np.floating], n: int) -> Keys:
    """The ``n`` items of most ``worth`` above zero; ``worth`` has shape (V,).

    Rounded to float32 first, so that sums taken in another order settle their ties alike.
    """
    rounded = worth.astype(np.float32)
    at = tables.items.positions(taken(view))
    # ``leading`` takes only what is above nought.
    rounded[at[at >= 0]] = 0
    return tables.items.keys[leading(rounded, n)]
