"""From all that could be shown to the few hundred worth scoring."""

import numpy as np
import numpy.typing as npt

from models.aspects import Person
from models.features import Scene
from models.items import Keys, Positions
from models.ranker import COMPLEMENT, NEIGHBOURS, OFFER, OWN, RESUPPLY, TRENDING, Shortlist
from models.tables import Floats, Tables

# Of the places left by offers; neighbours, then the trend, fill what the others leave.
_OWN_SHARE = 0.6
_COMPLEMENT_SHARE = 0.15
_TRENDING_SHARE = 0.15


def shortlist(scene: Scene, limit: int, extra: Keys, tables: Tables) -> Shortlist:
    """The candidates of one view; see ``Ranker.shortlist``."""
    choice = _Choice(scene, np.setdiff1d(extra, scene.basket), tables)
    places = max(limit - len(choice.strangers), 0)
    if scene.person is not None:
        choice.add_own(scene.person, int(places * _OWN_SHARE))
    complements = _best(scene.basket_kin[:-1], int(places * _COMPLEMENT_SHARE))
    choice.add(complements, COMPLEMENT, places)
    choice.add(scene.trending[: int(places * _TRENDING_SHARE)], TRENDING, places)
    if scene.person is not None:
        choice.add(scene.person.liked[:places], NEIGHBOURS, limit - choice.size)
    choice.add(scene.trending, TRENDING, limit - choice.size)
    return choice.done()


class _Choice:
    """Source bits by position, and apart from them the keys the tables do not know."""

    def __init__(self, scene: Scene, offers: Keys, tables: Tables) -> None:
        self.bits: npt.NDArray[np.uint16] = np.zeros(len(tables), np.uint16)
        self.barred = scene.basket
        self.barred_at = scene.basket_at
        self.tables = tables
        at = tables.items.positions(offers)
        self.bits[at[at >= 0]] = OFFER
        self.strangers: dict[int, int] = dict.fromkeys(offers[at < 0].tolist(), OFFER)

    @property
    def size(self) -> int:
        return int(np.count_nonzero(self.bits)) + len(self.strangers)

    def add(self, at: Positions, bit: int, places: int) -> None:
        """Mark what is already chosen; choose the first ``places`` of the rest, best first."""
        fresh = self.bits[at] == 0
        self.bits[at[~fresh]] |= bit
        fresh_at = at[fresh]
        if len(self.barred_at):
            fresh_at = fresh_at[~np.isin(fresh_at, self.barred_at)]
        self.bits[fresh_at[: max(places, 0)]] = bit

    def add_own(self, person: Person, places: int) -> None:
        """The shopper's items, those due marked as well; unknown ones count as places too."""
        rows = person.order[:places]
        known = person.own_at[rows] < len(self.tables)
        self.add(person.own_at[rows[known]], OWN, places)
        due = person.own_at[rows[known & person.due[rows]]]
        self.bits[due] |= np.where(self.bits[due] > 0, RESUPPLY, 0).astype(np.uint16)
        for row in rows[~known].tolist():
            key = int(person.keys[row])
            if key not in self.barred:
                resupply = RESUPPLY if person.due[row] else 0
                self.strangers[key] = self.strangers.get(key, 0) | OWN | resupply

    def done(self) -> Shortlist:
        """Everything chosen, ascending by key."""
        at = np.flatnonzero(self.bits)
        keys, bits = self.tables.items.keys[at], self.bits[at]
        if self.strangers:
            keys = np.concatenate([keys, np.array([*self.strangers], np.int64)])
            bits = np.concatenate([bits, np.array([*self.strangers.values()], np.uint16)])
            order = np.argsort(keys, kind="stable")
            keys, bits = keys[order], bits[order]
        return Shortlist(keys=keys, sources=bits)


def _best(values: Floats, n: int) -> Positions:
    """The positions of the ``n`` largest positive values, best first; ties by position."""
    at = np.flatnonzero(values > 0)
    return at[np.argsort(-values[at], kind="stable")[:n]].astype(np.int32)
