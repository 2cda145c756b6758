"""What every named strategy answers: which items to show for one view, best first."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Tables, leading


class Strategy(Protocol):
    """A way to choose items. Pure: equal views give equal lists."""

    @property
    def name(self) -> str:
        """What it is called in settings and reports: lower-case words, hyphens."""
        ...

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """At most ``n`` keys, best first, each once, none in the basket; ties settled by key."""
        ...


class NamedStrategy(Strategy, Protocol):
    """A strategy that a marketer chooses by name."""

    @property
    def says(self) -> str:
        """One line for whoever chooses it."""
        ...


_Any = TypeVar("_Any", bound=Strategy)


def registered(strategies: Iterable[_Any]) -> dict[str, _Any]:
    """The strategies by their names, in the given order. Raises ``ValueError`` on a name met twice."""
    found: dict[str, _Any] = {}
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
    rounded[at[at >= 0]] = 0
    return tables.items.keys[leading(rounded, n)]
