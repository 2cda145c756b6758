"""What looks at screens teach: which products people look at together in one sitting, about nobody in particular.

`OnlineLearning` hands on every transition; ``models.strategies.also_viewed`` ranks by what is counted.

A sitting is a visit or, where nobody has signed in, what happens at one device without a longer pause. It is counted
whole when it is over, and until then it is only in memory: on disk and in snapshots are counts of products alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from edge.domain.consent import Purpose
from edge.domain.exposure_memory import LOOKED_AT
from edge.domain.ids import DeviceId, ItemKey, VisitId
from edge.domain.placement import PLACEMENTS
from edge.domain.store_site import StoreSite
from edge.domain.transitions.transition import OfferReply, Transition
from edge.domain.visit import EndReason, Visit
from edge.pipeline.consent_gate import ConsentGate
from edge.state.decider import Decider
from models.items import item_key
from models.statistics.pairs import PairCounts

# Whoever comes to a screen after such a pause is somebody else.
PAUSE = timedelta(minutes=2)
# Visits that never end would stay in mind for ever; what goes is not counted.
_VISITS = 2_000
# Who takes a consent back is not counted; what was merged turned out to be somebody else's.
_UNCOUNTED = frozenset({EndReason.WITHDRAWN, EndReason.MERGED})


@dataclass(slots=True)
class _Sitting:
    """Looks at one device by nobody known; ``last`` is business time."""

    last: datetime
    items: set[ItemKey] = field(default_factory=set[ItemKey])


class ViewLearning:
    """Counts sittings. A known person's only while they agree to ``train``, by the way in which they are known."""

    def __init__(
        self,
        gate: ConsentGate,
        decider: Decider,
        site: StoreSite,
        counts: PairCounts | None = None,
    ) -> None:
        """It goes on from ``counts``; without them nobody has looked at anything yet."""
        self._gate = gate
        self._decider = decider
        self._site = site
        self.counts = counts or PairCounts()
        self._visits: OrderedDict[VisitId, set[ItemKey]] = OrderedDict()
        self._sittings: dict[DeviceId, _Sitting] = {}
        decider.pair_views(self.counts)

    def learn(self, transition: Transition, at: datetime, now: datetime) -> Mapping[int, bytes]:
        """Rows to be written because of sittings that are over by now. ``at`` is business, ``now`` real time."""
        over = [*self._paused(at), *self._ended(transition, at, now)]
        if transition.reply is not None:
            self._looked(transition.reply, at, now)
        if not over:
            return {}
        day, _ = self._site.moment(at)
        for items in over:
            self.counts.record(np.array(sorted(items), np.int64), day)
        self._decider.pair_views(self.counts)
        return self.counts.changed()

    def _looked(self, reply: OfferReply, at: datetime, now: datetime) -> None:
        """Note a look at something that a private screen showed."""
        decision, visit = reply.decision, reply.visit
        placement = PLACEMENTS.get(decision.placement)
        if placement is None or placement.public or reply.liked != LOOKED_AT:
            return
        shown = {ItemKey(item_key(s.sku)) for s in decision.slots if s.sku == reply.sku}
        if not shown:
            return
        if visit is not None:
            if self._allowed(visit, at, now):
                self._visits.setdefault(visit.id, set()).update(shown)
            while len(self._visits) > _VISITS:
                self._visits.popitem(last=False)
        # Of a visit that is over, or has become another person's, nothing is counted.
        elif decision.visit is None and decision.token is None and reply.device is not None:
            sitting = self._sittings.setdefault(reply.device, _Sitting(at))
            sitting.last = max(sitting.last, at)
            sitting.items |= shown

    def _paused(self, at: datetime) -> list[set[ItemKey]]:
        over = [name for name, one in self._sittings.items() if at - one.last > PAUSE]
        return [self._sittings.pop(name).items for name in over]

    def _ended(self, transition: Transition, at: datetime, now: datetime) -> list[set[ItemKey]]:
        """Looks of visits that are over, as far as they may be counted still."""
        found = list[set[ItemKey]]()
        for visit in transition.visits:
            items = None if visit.ended is None else self._visits.pop(visit.id, None)
            if items and visit.ended not in _UNCOUNTED and self._allowed(visit, at, now):
                found.append(items)
        return found

    def _allowed(self, visit: Visit, at: datetime, now: datetime) -> bool:
        """Whether it is nobody's, or its person's agreement holds."""
        return visit.token is None or Purpose.TRAIN in self._gate.purposes(
            visit.token, visit, at, now
        )
