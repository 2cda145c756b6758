"""What stands redeemed in which basket, with each person's rights and the store's spending: all three change at once.

The pipeline's redemptions give and take back here before anything is on disk, so that two tills cannot both be first.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from functools import partial

from edge.domain.basket import TillBasket
from edge.domain.ids import BasketId, OfferId, Token
from edge.state.catalogue import CurrentCatalogue
from edge.state.customers import CustomerCache
from edge.storage.database import Database
from edge.storage.decisions import redemptions
from edge.storage.decisions.redemptions import Redemption, UndoneRedemption
from edge.storage.visits import baskets

# More than are ever open at once; what goes out of mind is on disk long since.
_BASKETS = 4_000


class RedemptionLedger:
    """Redemptions of baskets as they stand now; the disk follows in the order of calls."""

    def __init__(
        self, database: Database, people: CustomerCache, catalogue: CurrentCatalogue
    ) -> None:
        self._database = database
        self._people = people
        self._catalogue = catalogue
        self._standing: OrderedDict[BasketId, list[Redemption]] = OrderedDict()

    def standing(self, basket: BasketId) -> tuple[Redemption, ...]:
        """What stands in a basket, oldest first."""
        return tuple(self._of(basket))

    def sale_with(self, order: str, offers: tuple[OfferId, ...]) -> TillBasket | None:
        """The latest paid basket of that number or id in which one of ``offers`` stands."""

        def look(conn: sqlite3.Connection) -> TillBasket | None:
            found = redemptions.sales_with(conn, order, offers)
            return baskets.find(conn, found[0]) if found else None

        return self._database.read(look)

    def given_to(self, token: Token | None, offer: OfferId, at: datetime) -> int:
        """How often a person has redeemed an offer, ever; nobody in particular has not."""
        person = self._people.find(token, at)
        return 0 if person is None else person.memory.given[offer]

    def give(self, basket: BasketId, redemption: Redemption) -> Redemption:
        """It stands from now on; a person's is numbered, so that the table itself refuses a second one."""
        person = self._people.find(redemption.token, redemption.at)
        nth = None
        if person is not None:
            person.memory.given[redemption.offer] += 1
            nth = person.memory.given[redemption.offer]
        token = None if person is None else redemption.token
        done = replace(redemption, basket=basket, token=token, nth=nth)
        self._of(basket).append(done)
        self._catalogue.spending.spend(done.offer, done.campaign, done.cents)
        return done

    def take_back(self, redemption: Redemption, at: datetime) -> UndoneRedemption:
        """It stands no more: right, budget and stock are back."""
        # What has no basket is a reward, and no till can put that back.
        basket = redemption.basket or BasketId("")
        self._of(basket).remove(redemption)
        # Nobody, where the person was erased meanwhile.
        person = self._people.find(redemption.token, at)
        if person is not None:
            given = person.memory.given
            given[redemption.offer] -= 1
            person.memory.given = +given
        self._catalogue.spending.give_back(
            redemption.offer, redemption.campaign, redemption.cents
        )
        return UndoneRedemption(basket, redemption.decision, redemption.offer)

    def forget(self, token: Token) -> None:
        """Somebody was erased: what they redeemed stands as nobody's."""
        for basket, given in self._standing.items():
            self._standing[basket] = [
                replace(one, token=None, nth=None) if one.token == token else one
                for one in given
            ]

    def _of(self, basket: BasketId) -> list[Redemption]:
        found = self._standing.get(basket)
        if found is None:
            found = list(self._database.read(partial(redemptions.in_basket, basket=basket)))
            self._standing[basket] = found
            while len(self._standing) > _BASKETS:
                self._standing.popitem(last=False)
        self._standing.move_to_end(basket)
        return found
