"""Past orders enter the store's database: its trend, what is bought together, the till's history, people's habits.

``sales`` calls it with the orders of a table, while no service runs: a service would write its own counts over these.
All of a file is one transaction, and an order that is known already counts once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np

from edge.app.provisioning import identifiers_of, read_keys, read_policy_of
from edge.cli.local_change import OpenedStore
from edge.cli.sales_table import PastOrder
from edge.domain.consent import Purpose
from edge.domain.errors import SignalRefused
from edge.domain.ids import Token
from edge.domain.store_site import StoreSite
from edge.pipeline.online_learning import WANTING
from edge.storage.catalogue import item_pairs, trend
from edge.storage.catalogue.item_pairs import PairKind
from edge.storage.connection import transaction
from edge.storage.measurement import booked_sales, till_history
from edge.storage.measurement.till_history import TillBasketKept
from edge.storage.people import consents, identifier_links, profiles
from edge.storage.table import Retention
from models.features.profile import Profile
from models.items import Keys, item_key, place_number
from models.moment import Moment
from models.statistics.pairs import PairCounts
from models.statistics.trend import StoreTrend

_DAY_S, _HOUR_S = 86_400, 3_600


@dataclass(slots=True)
class HistoryCount:
    """What became of orders. ``habits``: in somebody's; ``faded``: too old for anything else; ``nobody``: why not."""

    taken: int = 0
    known: int = 0
    habits: int = 0
    faded: int = 0
    nobody: Counter[str] = field(default_factory=Counter[str])


def bring_in(
    store: OpenedStore, orders: Iterable[PastOrder], told: Callable[[int], None]
) -> HistoryCount:
    """Count all orders, oldest first; ``told`` hears how many are done."""
    with transaction(store.conn):
        history = _History(store)
        for number, order in enumerate(
            sorted(orders, key=lambda one: (one.at, one.id)), start=1
        ):
            history.take(order)
            told(number)
        history.save()
    return history.count


class _History:
    """The store's counts while they grow."""

    def __init__(self, store: OpenedStore) -> None:
        self._conn = store.conn
        self._now = store.now
        settings = store.settings
        self._identifiers = identifiers_of(settings, read_keys(settings.secrets))
        self._site = StoreSite(
            zone=ZoneInfo(settings.store.time_zone),
            place=place_number(item_key(settings.store.id)),
        )
        self._since = store.at - timedelta(days=_kept_days(store))
        stored = trend.find(store.conn)
        self._trend = StoreTrend() if stored is None else StoreTrend.from_bytes(stored)
        self._pairs = PairCounts.from_rows(item_pairs.find(store.conn, PairKind.SOLD))
        self._profiles = dict[Token, Profile]()
        self._owners = dict[str, tuple[Token | None, str]]()
        self._purposes = dict[Token, frozenset[Purpose]]()
        self.count = HistoryCount()

    def take(self, order: PastOrder) -> None:
        """Count one order."""
        if self._is_known(order):
            self.count.known += 1
            return
        token = self._owner(order.loyalty)
        agreed = self._agreed(token)
        day, hour = self._site.moment(order.at)
        keys = np.array(sorted({key for key, _, _ in order.lines}), np.int64)
        if token is not None and agreed & WANTING:
            self._remember(token, keys, day)
        if order.at < self._since:
            self.count.faded += 1
            return
        self.count.taken += 1
        self._learn(keys, Moment(day=day, hour=hour))
        kept = TillBasketKept(
            id=order.id,
            token=token if Purpose.TRAIN in agreed else None,
            second=day * _DAY_S + hour * _HOUR_S,
            key=np.array([key for key, _, _ in order.lines], np.int64),
            pieces=np.array([pieces for _, pieces, _ in order.lines], np.int32),
            cents=np.array([cents for _, _, cents in order.lines], np.int32),
        )
        till_history.keep(self._conn, kept, order.at)

    def save(self) -> None:
        """Write what grew."""
        trend.save(self._conn, self._trend.to_bytes())
        item_pairs.save(self._conn, PairKind.SOLD, self._pairs.changed())
        for token, profile in self._profiles.items():
            profiles.save(self._conn, token, profile.to_bytes())

    def _is_known(self, order: PastOrder) -> bool:
        """Brought in before, or told by the till itself: under the same number on the same day."""
        if till_history.holds(self._conn, order.id):
            return True
        same = booked_sales.numbered(self._conn, order.number) if order.number else ()
        return any(
            self._site.moment(sale.at)[0] == self._site.moment(order.at)[0] for sale in same
        )

    def _owner(self, loyalty: str | None) -> Token | None:
        """Whose card it was; nobody's orders are counted by why they are nobody's."""
        token, reason = (None, "no-card") if loyalty is None else self._found(loyalty)
        if token is None:
            self.count.nobody[reason] += 1
        return token

    def _found(self, loyalty: str) -> tuple[Token | None, str]:
        if loyalty not in self._owners:
            by_code = partial(identifier_links.find, self._conn)
            try:
                _, token = self._identifiers.owner("loyalty", loyalty, by_code)
            except SignalRefused as refused:
                self._owners[loyalty] = None, refused.reason
            else:
                self._owners[loyalty] = token, "unknown-card"
        return self._owners[loyalty]

    def _agreed(self, token: Token | None) -> frozenset[Purpose]:
        """To what the person agrees now: that somebody once agreed is not enough."""
        if token is None:
            return frozenset()
        if token not in self._purposes:
            self._purposes[token] = consents.of(self._conn, token).allowed(self._now)
        return self._purposes[token]

    def _remember(self, token: Token, keys: Keys, day: int) -> None:
        """A trip is a bit: told again, it is the same one."""
        if token not in self._profiles:
            stored = profiles.find(self._conn, token)
            self._profiles[token] = (
                Profile.empty() if stored is None else Profile.from_bytes(stored)
            )
        for key in keys.tolist():
            self._profiles[token].record(key, day, place=self._site.place)
        self.count.habits += 1

    def _learn(self, keys: Keys, moment: Moment) -> None:
        if moment.day >= self._trend.day:
            self._trend.record(keys, moment)
        else:
            # As faded as it would be, had it been told in time.
            self._trend.correct(moment, baskets=1, back=keys)
        self._pairs.record(keys, moment.day)


def _kept_days(store: OpenedStore) -> int:
    """As long as the till's history is kept here."""
    retention = till_history.TABLE.retention
    assert isinstance(retention, Retention)  # noqa: S101  # its own term, as the table says
    days = read_policy_of(store.settings).retention_days
    return days.get(retention.data_class, retention.days)
