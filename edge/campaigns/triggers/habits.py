"""What a person's past says about today: their usual day, what they are due for, what they bought a year ago.

Signals of habit ask it (`signals`), the engine and the audience scan make the `PersonToday` they ask about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from edge.domain.ids import ItemKey
from edge.domain.trigger import Occasion, TriggerEvent
from models.features.profile import NOWHERE, Profile
from models.features.request import ModelRequest, no_items
from models.moment import Moment
from models.serving.ranker import Ranker, Shortlist
from models.statistics.trend import StoreTrend

# A usual day is one on which at least four of the last eight trips were made, and more than half of them.
_LATEST, _OFTEN = 8, 4
# Who has not come for longer has not missed a day, they have left.
_GONE_DAYS = 28
_WEEK = 7
# So many trips with one product make it a usual one.
REGULAR = 3
# As many as a decision scores where nothing is set, so that a message and a screen choose from the same items.
_CANDIDATES = 320


@dataclass(frozen=True, kw_only=True)
class PersonToday:
    """One person on the local day of ``at``. ``moment`` is the same instant as models count it.

    The ranker's own rules say what is due, so that a message and a screen never disagree.
    """

    profile: Profile
    at: datetime
    moment: Moment
    ranker: Ranker
    place: int = NOWHERE

    def occasion(self, signal: TriggerEvent, source: int) -> Occasion | None:
        """The likeliest product that they bought before and that ``source`` of the ranker proposes today, if any."""
        found, profile = self._shortlist, self.profile
        keys = np.intersect1d(found.keys[found.sources & source != 0], profile.keys)
        if not len(keys):
            return None
        # Of equals the first, which is the smallest key: every machine names the same product.
        item = ItemKey(int(keys[int(np.argmax(self.ranker.score(self._request, keys)))]))
        # Told once between two purchases: the key holds the local day on which they bought it last.
        since = int(profile.last_days[profile.keys == item][0])
        return Occasion(signal=signal, key=f"{item}/{since}", at=self.at, item=item)

    @cached_property
    def _request(self) -> ModelRequest:
        return ModelRequest(
            profile=self.profile,
            trend=StoreTrend.empty(),
            moment=self.moment,
            place=self.place,
        )

    @cached_property
    def _shortlist(self) -> Shortlist:
        return self.ranker.shortlist(self._request, _CANDIDATES, no_items())


def usual_weekday(profile: Profile) -> int | None:
    """The day of the week (0 = Monday) on which this person mostly comes, if there is one."""
    # The newest trips come first.
    latest = profile.days[:_LATEST]
    if len(latest) < _OFTEN:
        return None
    weekday, times = Counter(Moment(day=d, hour=0).weekday for d in latest).most_common(1)[0]
    return weekday if times >= _OFTEN and times * 2 > len(latest) else None


def missed_usual_day(profile: Profile, day: int) -> bool:
    """Whether the day before local day ``day`` was their usual one, and they came neither then nor in that week."""
    yesterday = day - 1
    if usual_weekday(profile) != Moment(day=yesterday, hour=0).weekday:
        return False
    return _WEEK <= yesterday - profile.days[0] <= _GONE_DAYS


def times_bought(profile: Profile, item: ItemKey) -> int:
    """On how many of their trips they bought it."""
    found = profile.counts[profile.keys == item]
    return int(found[0]) if len(found) else 0


def regular_items(profile: Profile, items: Iterable[ItemKey]) -> tuple[ItemKey, ...]:
    """Those of ``items`` that they buy regularly, ascending."""
    usual = frozenset(profile.keys[profile.counts >= REGULAR].tolist())
    return tuple(sorted(item for item in items if item in usual))
