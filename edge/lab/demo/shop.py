"""Which store and which weeks of a real grocer's year the demo opens, and what lies before them.

``seed`` opens it first: which trips are the past and which are replayed hangs on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from edge.domain.errors import SettingsInvalid
from models.sources.journey import Journey, RecordedBasket

# The recorded grocer's own clock; its data is five hours behind UTC.
TIME_ZONE = ZoneInfo("America/New_York")
EVERY_STORE = "all"

# Weeks 49 to 53 are the test weeks: no shipped model has learnt from them.
_PAST_ENDS_WITH_WEEK = 48
_REPLAY_ENDS_WITH_WEEK = 53
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local wall time, given its zone below

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoShop:
    """One store of the journey. ``number`` None pours all stores into one.

    ``past`` are the line numbers (of ``journey.lines``) up to ``last_past_day`` that this store's people
    left anywhere; ``own_past`` those in this store. Days are local, since 1970.
    """

    journey: Journey
    number: int | None
    last_past_day: int
    last_day: int
    own_past: Rows

    @property
    def id(self) -> str:
        """The store's name in topics and files."""
        return "store-all" if self.number is None else f"store-{self.number}"

    def id_of(self, number: int) -> str:
        """The name of the chain's store ``number``; where all stores are one, it is this one."""
        return self.id if self.number is None else f"store-{number}"

    @property
    def title(self) -> str:
        """The store's name as people read it."""
        return "All stores in one" if self.number is None else f"Store {self.number}"

    def households(self) -> list[int]:
        """Whoever shopped here in the past, ascending: the people that the store may know."""
        found = np.unique(self.journey.lines.household[self.own_past])
        return [int(household) for household in found if household >= 0]

    def buys(self, household: int) -> list[int]:
        """All items that this household buys anywhere in the whole record, ascending: what its tastes are in truth."""
        trips = self.journey.trips
        # Trips are in the order of their households.
        first, last = np.searchsorted(trips.household, [household, household + 1])
        found = np.unique(trips.items[trips.bounds[first] : trips.bounds[last]])
        return [int(item) for item in found]

    def baskets(self) -> list[RecordedBasket]:
        """The receipts to replay, in their real order."""
        return self.journey.baskets(
            store=self.number, first_day=self.last_past_day + 1, last_day=self.last_day
        )


def open_shop(journey: Journey, store: str | None) -> DemoShop:
    """The store called ``store``: a number, ``all``, or None for the busiest of the weeks replayed.

    Raises:
        SettingsInvalid: there is no such store in the data.
    """
    last_past_day = journey.last_day_of_week(_PAST_ENDS_WITH_WEEK)
    last_day = journey.last_day_of_week(_REPLAY_ENDS_WITH_WEEK)
    number = _number(journey, store, last_past_day)
    lines = journey.lines
    own = lines.day <= last_past_day
    if number is not None:
        own &= lines.store == number
    return DemoShop(
        journey=journey,
        number=number,
        last_past_day=last_past_day,
        last_day=last_day,
        own_past=np.flatnonzero(own),
    )


def utc(local_second: int) -> datetime:
    """The instant of the store's wall clock ``local_second`` seconds after local 1970."""
    local = _EPOCH + timedelta(seconds=local_second)
    # The zone is laid over wall time, so that summer time is right on both sides.
    return local.replace(tzinfo=TIME_ZONE).astimezone(UTC)


def rfc3339(at: datetime) -> str:
    """An instant as it is written on the wire."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _number(journey: Journey, store: str | None, last_past_day: int) -> int | None:
    if store == EVERY_STORE:
        return None
    if store is None:
        return _busiest(journey, last_past_day)
    digits = store.removeprefix("store-")
    if not digits.isdigit() or int(digits) not in journey.stores:
        busy = ", ".join(str(number) for number in journey.stores[:5])
        raise SettingsInvalid(
            f"there is no store {store!r} in the data",
            hint=f"choose one of the busiest ({busy}), or --store all",
        )
    return int(digits)


def _busiest(journey: Journey, last_past_day: int) -> int:
    """The store with most trips (household x day) in the weeks replayed; the lower number at a tie."""
    lines = journey.lines
    rows = np.flatnonzero(lines.day > last_past_day)
    if not len(rows):
        raise SettingsInvalid("the data holds nothing after week 48 to replay")
    trips = np.unique(
        np.stack([lines.store[rows], lines.household[rows], lines.day[rows]], axis=1), axis=0
    )
    stores, counts = np.unique(trips[:, 0], return_counts=True)
    # The first of the greatest: ``unique`` sorts, so the lower number wins a tie.
    return int(stores[np.argmax(counts)])
