"""Low price: the cheapest item of every type that the shopper buys, or else of what trends.

``registry`` lists it; a bundle ranks by it where a placement asks.

Prices are medians a piece over the chain. Packages differ in size, which the data do not hold as
numbers: the cheapest piece is not always the cheapest pound.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.features.recency import LEVEL
from models.features.request import ModelRequest
from models.items import Keys
from models.statistics.tables import Floats, Tables
from models.strategies.context import StrategyContext
from models.strategies.protocol import ReasonWords, StrategyEntry, untaken

_STEADY = LEVEL.index("rate_90d")


@dataclass(frozen=True, slots=True, kw_only=True)
class LowPrice:
    """First the cheapest of each type, types by how steadily they are bought; then the second cheapest."""

    context: StrategyContext

    def rank(self, view: ModelRequest, n: int) -> Keys:
        """See ``Strategy.rank``."""
        shared = self.context.shared(view)
        types = len(self.context.tables.items.type_names)
        wanted = np.zeros(types, np.float32)
        if shared.person is not None:
            # Without the last two rows, of the unknown type and of never.
            wanted = shared.person.kinds[:types, _STEADY]
        if not wanted.any():
            wanted = _trend_of_types(self.context.tables, shared.trend[:-1, 1])
        return untaken(view, _cheapest(self.context.tables, wanted), n)


LOW_PRICE = StrategyEntry(
    name="low-price",
    says="The cheapest of each kind of product that the shopper buys",
    reason="low-price",
    words=ReasonWords(
        to_the_person="A low price",
        to_an_associate="A low price",
        to_everybody="A low price",
    ),
    make=lambda context: LowPrice(context=context),
)


def _trend_of_types(tables: Tables, shares: Floats) -> Floats:
    types = len(tables.items.type_names)
    return np.bincount(tables.items.type, shares, minlength=types).astype(np.float32)


def _cheapest(tables: Tables, wanted: Floats) -> Keys:
    """Items of the wanted types: by place in their type's prices, then by the type's weight."""
    items = tables.items
    # 0 cents: not sold by the cut, or given away then; neither is a low price.
    at = np.flatnonzero((wanted[items.type] > 0) & (items.price_cents > 0))
    kind = items.type[at]
    order = np.lexsort((items.keys[at], -tables.day[at], items.price_cents[at], kind))
    place = np.empty(len(at), np.int64)
    place[order] = _places(kind[order])
    return items.keys[at[np.lexsort((items.keys[at], kind, -wanted[kind], place))]]


def _places(kind: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """0, 1, 2 ... within each run of equal kinds."""
    starts = np.flatnonzero(np.append(True, kind[1:] != kind[:-1]))
    return np.arange(len(kind)) - np.repeat(starts, np.diff(np.append(starts, len(kind))))
