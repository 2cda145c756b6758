"""What the devices sent, and what came back: the outside view on which every audit of the service rests.

Stations write into it as they go; the demo's audits and its summary read it at the end.
"""

import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from devices.device_classes import DeviceClass
from devices.messages.down import Receipt, Show
from devices.simulator.floor import Spot


@dataclass(slots=True, kw_only=True)
class Sent:
    """One event that left a device; ``receipt`` is None as long as none has come."""

    id: str
    device: str
    kind: str
    at: datetime
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedContent:
    """Content of so many ``products`` that reached a device (``asked`` = as an answer), at store time ``at``."""

    device: str
    device_class: DeviceClass
    at: datetime
    decision_id: str
    kind: str
    placement: str
    asked: bool
    products: int = 0


@dataclass(slots=True)
class ReplayTally:
    """Counts and records of one replay, over all its devices.

    ``to_screen_ms`` are the machine's milliseconds from the first signal of a moment to the content
    that a screen got because of it, ``to_clear_ms`` to the order that wiped one, ``answer_ms`` those a till
    waited for its answer.
    """

    sent: dict[str, Sent] = field(default_factory=dict[str, Sent])
    shown: list[ReceivedContent] = field(default_factory=list[ReceivedContent])
    plays: int = 0
    visits: int = 0
    asks: int = 0
    late_answers: int = 0
    errors: Counter[str] = field(default_factory=Counter[str])
    to_screen_ms: list[float] = field(default_factory=list[float])
    to_clear_ms: list[float] = field(default_factory=list[float])
    answer_ms: list[float] = field(default_factory=list[float])
    _moment: float = 0.0

    def begin_moment(self) -> None:
        """The signals sent from here on belong together."""
        self._moment = time.perf_counter()

    def show(self, shown: ReceivedContent) -> None:
        """Content has come, unasked."""
        self.shown.append(shown)
        self._time(self.to_screen_ms)

    def clear(self) -> None:
        """A screen was wiped by order."""
        self._time(self.to_clear_ms)

    def answer(self, shown: ReceivedContent | None, waited_ms: float) -> None:
        """A question was answered, or not in time (None)."""
        self.answer_ms.append(waited_ms)
        if shown is None:
            self.late_answers += 1
        else:
            self.shown.append(shown)

    def _time(self, delays_ms: list[float]) -> None:
        # What comes before the first moment, such as retained content, no signal has caused.
        if self._moment:
            delays_ms.append((time.perf_counter() - self._moment) * 1000)

    @property
    def accepted(self) -> list[Sent]:
        """Events whose receipt says that they are on disk."""
        return [one for one in self.sent.values() if one.receipt and one.receipt.accepted]

    @property
    def waiting(self) -> list[Sent]:
        """Events without a receipt so far."""
        return [one for one in self.sent.values() if one.receipt is None]

    @property
    def refusals(self) -> Counter[str]:
        """Refused events by the reason in their receipt."""
        receipts = (one.receipt for one in self.sent.values())
        return Counter(str(r.reason) for r in receipts if r is not None and not r.accepted)

    @property
    def shows(self) -> int:
        """Contents that screens were sent unasked."""
        return sum(not shown.asked for shown in self.shown)

    @property
    def answers(self) -> int:
        """Questions answered in time."""
        return sum(shown.asked for shown in self.shown)


def shown_of(show: Show, *, spot: Spot, at: datetime, asked: bool) -> ReceivedContent:
    """What the tally keeps of a show: everything but its words."""
    return ReceivedContent(
        device=spot.name,
        device_class=spot.device_class,
        at=at,
        decision_id=show.decision_id,
        kind=show.kind,
        placement=show.placement,
        asked=asked,
        products=len(show.items),
    )


def percentiles(values: list[float]) -> dict[str, float | None]:
    """Median and 99th percentile, rounded to a microsecond; None without values."""
    if not values:
        return {"p50": None, "p99": None}
    ordered = sorted(values)
    # Held below the length: of few values the highest stands for the 99th percentile.
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return {"p50": round(statistics.median(ordered), 3), "p99": round(high, 3)}
