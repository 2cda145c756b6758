"""From all that could be shown to the few hundred worth scoring.

``open_bundle`` shortlists with it, ``training.examples`` draws its rows by it.
"""

import numpy as np
import numpy.typing as npt

from models.features.due import Rows, due_now
from models.features.features import SharedFeatures
from models.features.profile_features import PersonFeatures
from models.items import Keys, Positions
from models.serving.ranker import (
    ANNIVERSARY,
    COMPLEMENT,
    NEIGHBOURS,
    OFFER,
    OWN,
    RESUPPLY,
    TRENDING,
    Shortlist,
)
from models.statistics.tables import Tables, leading
from models.strategies.also_bought import basket_cosine

# Of the places left by offers; neighbours, then the trend, fill what the others leave.
_OWN_SHARE = 0.6
# What goes with the basket and what trends must not crowd out the shopper's own.
_COMPLEMENT_SHARE = 0.15
_TRENDING_SHARE = 0.15


# An occasion a year ago is a reminder or two, not a list.
_OCCASIONS_MAX = 10


def shortlist(
    shared: SharedFeatures, limit: int, extra: Keys, tables: Tables, by_date: Keys | None = None
) -> Shortlist:
    """The candidates of one view; see ``Ranker.shortlist``. ``by_date``: see ``due_by_date``.

    What goes with the basket is led by cosine; lift only refuses what is merely popular.
    """
    choice = _Choice(shared, extra, tables)
    places = max(limit - choice.size, 0)
    if by_date is not None and len(by_date):
        occasions = tables.items.positions(by_date)[:_OCCASIONS_MAX]
        choice.add(occasions, ANNIVERSARY, min(places, _OCCASIONS_MAX))
    if shared.person is not None:
        choice.add_own(shared.person, due_now(shared, tables), int(places * _OWN_SHARE))
    if len(shared.basket_at):
        together = leading(
            basket_cosine(tables, shared.basket_at), int(places * _COMPLEMENT_SHARE)
        )
        choice.add(together, COMPLEMENT, limit - choice.size)
    leaders = shared.trending[: int(places * _TRENDING_SHARE)]
    choice.add(leaders, TRENDING, limit - choice.size)
    if shared.person is not None:
        choice.add(shared.person.liked[:places], NEIGHBOURS, limit - choice.size)
    choice.add(shared.trending, TRENDING, limit - choice.size)
    return choice.done()


# Stands in the bits of what may not be proposed; above every source's bit.
_BARRED = np.uint16(1 << 15)


class _Choice:
    """Source bits by position, and apart from them the keys the tables do not know."""

    def __init__(self, shared: SharedFeatures, offers: Keys, tables: Tables) -> None:
        self.tables = tables
        self.bits: npt.NDArray[np.uint16] = np.zeros(len(tables), np.uint16)
        self.bits[shared.basket_at] = _BARRED
        self.barred = frozenset(shared.basket.tolist())
        self.strangers: dict[int, int] = {}
        self.size = 0
        if len(offers):
            self._add_offers(offers[~np.isin(offers, shared.basket)])

    def _add_offers(self, offers: Keys) -> None:
        at = self.tables.items.positions(offers)
        self.bits[at[at >= 0]] = OFFER
        self.strangers = dict.fromkeys(offers[at < 0].tolist(), OFFER)
        # Several offers may name one item.
        self.size = len(set(offers.tolist()))

    def add(self, at: Positions, bit: int, places: int) -> None:
        """Mark what is already chosen; choose the first ``places`` of the rest, best first."""
        chosen = self.bits.take(at)
        self.bits[at] = np.where(chosen, chosen | np.uint16(bit), chosen)
        fresh = at[chosen == 0][: max(places, 0)]
        self.bits[fresh] = bit
        self.size += len(fresh)

    def add_own(self, person: PersonFeatures, is_due: Rows, places: int) -> None:
        """The shopper's items, those due marked as well; unknown ones count as places too."""
        rows = person.order[:places]
        known = person.own_at[rows] < len(self.tables)
        self.add(person.own_at[rows[known]], OWN, places)
        due = person.own_at[rows[known & is_due[rows]]]
        # Without places: they are chosen by now, this only marks them.
        self.add(due, RESUPPLY, 0)
        strange = rows[~known]
        for key, due_too in zip(
            person.keys[strange].tolist(), is_due[strange].tolist(), strict=True
        ):
            if key not in self.barred:
                # One that is on offer as well has its place already.
                self.size += key not in self.strangers
                resupply = RESUPPLY if due_too else 0
                self.strangers[key] = self.strangers.get(key, 0) | OWN | resupply

    def done(self) -> Shortlist:
        """Everything chosen, ascending by key."""
        # What is barred may have got a source's bit besides.
        at = np.flatnonzero((self.bits > 0) & (self.bits < _BARRED))
        keys, bits = self.tables.items.keys[at], self.bits[at]
        if self.strangers:
            keys = np.concatenate([keys, np.array([*self.strangers], np.int64)])
            bits = np.concatenate([bits, np.array([*self.strangers.values()], np.uint16)])
            order = np.argsort(keys, kind="stable")
            keys, bits = keys[order], bits[order]
        return Shortlist(keys=keys, sources=bits)
