"""Sales as the figures hold them, the latest in mind and the others on disk; and what somebody holds of a day.

Corrections and the learning ask it, the tills' signals look here for the sale that a returned line comes from.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from edge.domain.booked_sale import BookedSale
from edge.domain.ids import BasketId, ItemKey, Token
from edge.state.presence import Presence
from edge.storage.database import Database
from edge.storage.measurement import booked_sales

# What is being written must be known already; what goes out of mind is on disk long since.
_IN_MIND = 2_000


@dataclass(slots=True, kw_only=True)
class SalesLedger:
    """What was paid and still stands. The disk follows in the order of calls."""

    database: Database
    presence: Presence
    _latest: OrderedDict[BasketId, BookedSale] = field(
        default_factory=OrderedDict[BasketId, BookedSale]
    )

    def put(self, sale: BookedSale) -> None:
        """It stands like this from now on."""
        self._latest[sale.id] = sale
        self._latest.move_to_end(sale.id)
        while len(self._latest) > _IN_MIND:
            self._latest.popitem(last=False)

    def find(self, sale: BasketId) -> BookedSale | None:
        """The sale of one basket; None where it is kept no more."""
        return self._latest.get(sale) or self.database.read(
            partial(booked_sales.find, sale=sale)
        )

    def original(self, order: str, line_id: str | None, key: int) -> BookedSale | None:
        """The latest sale of that number, at whatever till, that held the product, under that line id if one is given.

        One that was taken back whole is none.
        """
        stored = self.database.read(partial(booked_sales.numbered, order=order))
        here = (s for s in self._latest.values() if order in (s.number, s.id))
        return next(
            (
                sale
                for sale in reversed(self._together(stored, here))
                if not sale.is_void and sale.place(key, line_id) is not None
            ),
            None,
        )

    def of_person(self, token: Token) -> tuple[BookedSale, ...]:
        """What somebody bought lately, in the order of paying."""
        stored = self.database.read(partial(booked_sales.of_person, token=token))
        return self._together(stored, (s for s in self._latest.values() if s.token == token))

    def held(self, token: Token, day: int) -> frozenset[ItemKey]:
        """Products that somebody bought on a local day, or has in a basket of it: what no void can unlearn."""
        bought = (
            key
            for sale in self.of_person(token)
            if day in (sale.days.learned, sale.days.begun)
            for key in sale.keys
        )
        scanned = (
            key
            for basket in self.presence.living
            if basket.token == token and basket.day == day
            for key in basket.keys
        )
        return frozenset((*bought, *scanned))

    def forget(self, token: Token) -> None:
        """Somebody was erased."""
        for sale in [s for s in self._latest.values() if s.token == token]:
            del self._latest[sale.id]

    def _together(
        self, stored: Iterable[BookedSale], here: Iterable[BookedSale]
    ) -> tuple[BookedSale, ...]:
        """Both, each once and as it now stands, in the order of paying."""
        found = {sale.id: self._latest.get(sale.id, sale) for sale in stored}
        found |= {sale.id: sale for sale in here}
        return tuple(sorted(found.values(), key=lambda s: (s.at, s.id)))
