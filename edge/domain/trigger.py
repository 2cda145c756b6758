"""A trigger: what happens to whom, what is then said, why, when at the earliest and never after when.

Storage reads triggers into it; the engine matches, `sending` judges what was queued.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from edge.domain.audience import FACTS, SOMEBODY, ConditionValue
from edge.domain.campaign import Window
from edge.domain.consent import Purpose
from edge.domain.ids import ItemKey, OfferId, Token

WEEK_DAYS = 7
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class TriggerEvent(StrEnum):
    """What can set a trigger off; a closed list, the most telling first: of two messages the earlier one is sent."""

    RESUPPLY_DUE = "resupply-due"
    BACK_IN_STOCK = "back-in-stock"
    PRICE_DROP = "price-drop"
    ANNIVERSARY = "anniversary"
    LOW_STOCK = "low-stock"
    BASKET_ABANDONED = "basket-abandoned"
    USUAL_DAY_MISSED = "usual-day-missed"
    BASKET_LINE = "basket-line"
    DWELL = "dwell"
    ARRIVAL = "arrival"
    LEAVING = "leaving"


class Timing(StrEnum):
    """When a message is due: at once, at once but on the same day or never, or on exactly that day in a week."""

    NOW = "now"
    SAME_DAY = "same-day"
    WEEK_LATER = "week-later"


class SuppressionReason(StrEnum):
    """Why a trigger said nothing; a closed list, also a metric label."""

    NO_CONSENT = "no-consent"
    NOT_MEANT = "not-meant"
    TOO_PRIVATE = "too-private"
    TOLD_ALREADY = "told-already"
    COOLING_DOWN = "cooling-down"
    OUT_OF_HOURS = "out-of-hours"
    NO_TIME_LEFT = "no-time-left"
    ENOUGH_TODAY = "enough-today"
    OUTRANKED = "outranked"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    MEANWHILE = "meanwhile"
    SOLD_OUT = "sold-out"
    OFFER_OVER = "offer-over"
    CAPPED = "capped"
    HELD_OUT = "held-out"


SIGNAL_FACTS: Mapping[str, tuple[ConditionValue, str]] = {
    "in_store": (False, "they are in the store now"),
    "category": ("", "category of the product that it is about; empty = about none"),
    "price_cents": (0, "its price now"),
    "drop_pct": (0, "by how much its price fell, 0..100"),
    "on_hand": (-1, "pieces on the shelf; -1 = nobody counts"),
    "times_bought": (0, "trips on which they bought it, 64 at most"),
    "asked": (False, "they asked to be reminded of it"),
    "dwell_minutes": (0, "whole minutes in the present zone"),
    "days_late": (0, "whole days since the day on which they were expected"),
    "ended": ("", "how the stay ended: paid, signed-out or idle"),
}
"""Further facts that a trigger's condition may read: name -> its value where it says nothing, and what it says."""

TRIGGER_FACTS: Mapping[str, tuple[ConditionValue, str]] = {**FACTS, **SIGNAL_FACTS}
SOMEBODY_ASKED: Mapping[str, ConditionValue] = {
    **SOMEBODY,
    "in_store": True,
    "category": "milk",
    "price_cents": 149,
    "drop_pct": 20,
    "on_hand": 3,
    "times_bought": 5,
    "asked": True,
    "dwell_minutes": 4,
    "days_late": 1,
    "ended": "paid",
}
"""A made-up person whom something happened to, by whom conditions are tried when they are written."""

QUIET = Window(first_hour=21, last_hour=8)
"""Hours in which nobody is sent a message, where nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWording:
    """What a message says. ``{product}`` and ``{price}`` stand for the product that it is about.

    With an ``offer`` it counts as one showing of that offer, and is only sent where the offer may be shown.
    """

    headline: str
    text: str = ""
    offer: OfferId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """One rule: signal -> message, with its reason.

    ``when``: a condition over ``TRIGGER_FACTS``; empty = always. ``refresh``: a placement that is decided anew
    for a person who is here; ``message``: words that are queued and go out when they are due. A trigger has at
    least one of the two; with both, a message that is due while its person is here stands at that placement.
    ``reason`` is told to the person and kept. ``purpose``: the consent that it needs, asked when firing and again
    when sending. ``campaign``: whose holdout counts.

    Units: it fires for a person once in ``cooldown_days``; a message is good for ``expires_after_s`` from the
    moment it is due, and is dropped after that. ``windows`` and ``quiet`` are hours of the store's wall clock.
    Source: the central stream ``triggers``, or a file of the store's own.
    """

    id: str
    version: int
    signal: TriggerEvent
    reason: str
    when: str = ""
    refresh: str | None = None
    message: MessageWording | None = None
    purpose: Purpose = Purpose.PERSONALISE_PRIVATE
    campaign: str | None = None
    windows: tuple[Window, ...] = ()
    quiet: Window | None = None
    timing: Timing = Timing.NOW
    expires_after_s: int = 86_400
    cooldown_days: int = 7
    paused: bool = False

    def speaks(self, local: datetime) -> bool:
        """Whether it may speak at ``local``, on the store's wall clock."""
        weekday, hour = local.isoweekday(), local.hour
        open_ = not self.windows or any(w.holds(weekday, hour) for w in self.windows)
        return open_ and not (self.quiet is not None and self.quiet.holds(weekday, hour))

    def term(self, at: datetime, zone: tzinfo) -> SendWindow | None:
        """When a message that is fired at ``at`` may go out; None where that would always be too late."""
        wall = at.astimezone(zone)
        due = wall
        if self.timing is Timing.WEEK_LATER:
            # By the wall clock: the same hour a week later, though clocks are changed in between.
            due = datetime.combine(wall.date() + timedelta(days=WEEK_DAYS), wall.time(), zone)
        ends = due + timedelta(seconds=self.expires_after_s)
        if self.timing is not Timing.NOW:
            ends = min(ends, datetime.combine(due.date() + _DAY, time(), zone))
        while due < ends and not self.speaks(due):
            # Windows open on the hour, so no opening lies between two of these steps.
            due = due.replace(minute=0, second=0, microsecond=0) + _HOUR
        return (
            SendWindow(due_at=due.astimezone(at.tzinfo), ends_at=ends.astimezone(at.tzinfo))
            if due < ends
            else None
        )

    @property
    def cooldown(self) -> timedelta:
        """The rest after it has fired for a person."""
        return timedelta(days=self.cooldown_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWindow:
    """From when and until when (not included) a message may go out."""

    due_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One thing that happened to one person. ``key``: the same occasion under the same trigger is told once, ever.

    ``facts``: what the signal says, of ``SIGNAL_FACTS``; ``item``: the product that it is about.
    """

    signal: TriggerEvent
    key: str
    at: datetime
    item: ItemKey | None = None
    facts: Mapping[str, ConditionValue] = field(default_factory=dict[str, ConditionValue])


class MessageState(StrEnum):
    """What became of a message, or of a trigger that only refreshed a screen (``shown``)."""

    PENDING = "pending"
    SENT = "sent"
    SHOWN = "shown"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    WITHHELD = "withheld"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerMessage:
    """One firing of a trigger for one person: words to be sent within their term, or a screen refreshed at once.

    ``fired_at``, ``due_at`` and ``expires_at`` are business time. ``suppressed_by``: why it was not sent.
    """

    id: str
    token: Token
    trigger: str
    version: int
    occasion: str
    purpose: Purpose
    reason: str
    fired_at: datetime
    due_at: datetime
    expires_at: datetime
    headline: str = ""
    text: str = ""
    offer: OfferId | None = None
    item: ItemKey | None = None
    state: MessageState = MessageState.PENDING
    suppressed_by: SuppressionReason | None = None


def message_id(trigger: str, token: Token, occasion: str) -> str:
    """The one name of a firing, made from what it is about, so that it can never be there twice."""
    text = f"{trigger}\x00{token}\x00{occasion}".encode()
    return f"m-{hashlib.blake2b(text, digest_size=16).hexdigest()}"
